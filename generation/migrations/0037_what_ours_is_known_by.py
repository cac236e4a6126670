from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0036_when_it_was_last_written")]

    operations = [
        migrations.AddField(
            model_name="publication",
            name="ours",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
    ]

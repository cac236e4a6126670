from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0024_indexes_for_the_sweep"),
    ]

    operations = [
        migrations.AddField(
            model_name="candidate",
            name="compared_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]

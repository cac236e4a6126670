from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0019_entries_about_something"),
    ]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="rights_only",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]

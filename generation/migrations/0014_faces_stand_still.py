from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0013_join_links_and_favourites"),
    ]

    operations = [
        migrations.AddField(
            model_name="finishing",
            name="alignment",
            field=models.JSONField(null=True),
        ),
        migrations.RemoveField(
            model_name="candidate",
            name="photographed",
        ),
    ]

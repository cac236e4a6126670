import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0018_sandboxes_without_members"),
        ("generation", "0027_pictures_compared_again"),
    ]

    operations = [
        migrations.AddField(
            model_name="teampage",
            name="grant",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="accounts.partnergrant",
            ),
        ),
    ]

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0018_sandboxes_without_members"),
        ("generation", "0024_indexes_for_the_sweep"),
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

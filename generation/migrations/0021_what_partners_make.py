import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_what_partners_leave"),
        ("generation", "0020_shoots_short_of_credits"),
    ]

    operations = [
        migrations.AddField(
            model_name="joinlink",
            name="grant",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="accounts.partnergrant",
            ),
        ),
        migrations.AddField(
            model_name="directory",
            name="grant",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="accounts.partnergrant",
            ),
        ),
    ]

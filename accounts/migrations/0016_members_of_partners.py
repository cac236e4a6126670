import django.db.models.deletion
from django.db import migrations, models


def _grant() -> models.ForeignKey:
    return models.ForeignKey(
        null=True,
        on_delete=django.db.models.deletion.SET_NULL,
        related_name="+",
        to="accounts.partnergrant",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_what_partners_leave"),
    ]

    operations = [
        migrations.AddField(model_name="member", name="grant", field=_grant()),
        migrations.AddField(model_name="memberinvitation", name="grant", field=_grant()),
    ]

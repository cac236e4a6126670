import django.db.models.deletion
from django.db import migrations, models

import headshots.lib.ids


def keep_what_was_replaced(apps, schema_editor):
    Invitation = apps.get_model("accounts", "Invitation")
    StaleLink = apps.get_model("accounts", "StaleLink")
    replaced = Invitation.objects.exclude(previous_hash="").values_list("pk", "previous_hash")
    StaleLink.objects.bulk_create(
        (StaleLink(invitation_id=pk, token_hash=before) for pk, before in replaced.iterator()),
        batch_size=1000,
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0013_roster_newest_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaleLink",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=headshots.lib.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                (
                    "invitation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stale_links",
                        to="accounts.invitation",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.RunPython(keep_what_was_replaced, migrations.RunPython.noop),
        migrations.RemoveField(model_name="invitation", name="previous_hash"),
    ]

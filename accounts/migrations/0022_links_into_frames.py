from datetime import timedelta

import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone

import headshots.lib.ids


def keep_those_that_were_made(apps, schema_editor):
    Invitation = apps.get_model("accounts", "Invitation")
    EmbedLink = apps.get_model("accounts", "EmbedLink")
    made = Invitation.objects.exclude(embed_origin="").values_list(
        "pk", "embed_origin", "return_url"
    )
    until = timezone.now() + timedelta(days=1)
    # What is signed in those names the invitation, so that is what the row is known by.
    EmbedLink.objects.bulk_create(
        (
            EmbedLink(id=pk, invitation_id=pk, origin=origin, return_url=back, expires_at=until)
            for pk, origin, back in made.iterator()
        ),
        batch_size=1000,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0021_deliveries_in_order"),
    ]

    operations = [
        migrations.AlterField(
            model_name="invitation",
            name="embed_origin",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="return_url",
            field=models.CharField(blank=True, db_default="", default="", max_length=2000),
        ),
        migrations.CreateModel(
            name="EmbedLink",
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
                ("origin", models.CharField(max_length=200)),
                ("return_url", models.CharField(max_length=2000)),
                ("expires_at", models.DateTimeField()),
                (
                    "invitation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="embed_links",
                        to="accounts.invitation",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.RunPython(keep_those_that_were_made, migrations.RunPython.noop),
        # Hosts of the release before ask for both columns until they are gone: a release after this
        # one drops them.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField(model_name="invitation", name="embed_origin"),
                migrations.RemoveField(model_name="invitation", name="return_url"),
            ],
        ),
    ]

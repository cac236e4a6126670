import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone

import headshots.lib.ids

GUARD = """
    CREATE FUNCTION accounts_no_sandbox() RETURNS trigger AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM accounts_organisation
            WHERE id = NEW.organisation_id AND sandbox_of_id IS NOT NULL
        ) THEN
            RAISE EXCEPTION 'a sandbox has no members' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$ LANGUAGE plpgsql;
    CREATE TRIGGER member_not_of_sandbox
        BEFORE INSERT OR UPDATE OF organisation_id ON accounts_member
        FOR EACH ROW EXECUTE FUNCTION accounts_no_sandbox();
    CREATE TRIGGER member_invitation_not_of_sandbox
        BEFORE INSERT OR UPDATE OF organisation_id ON accounts_memberinvitation
        FOR EACH ROW EXECUTE FUNCTION accounts_no_sandbox();
"""
NO_GUARD = """
    DROP TRIGGER member_not_of_sandbox ON accounts_member;
    DROP TRIGGER member_invitation_not_of_sandbox ON accounts_memberinvitation;
    DROP FUNCTION accounts_no_sandbox();
"""


def remove(apps, schema_editor):
    """Members and invitations of sandboxes go, and with them the keys of the organisations beside
    them whose secrets such a member was shown and who is none of theirs."""
    Member, Offer, Key, Entry = (
        apps.get_model("accounts", name)
        for name in ("Member", "MemberInvitation", "ApiKey", "AuditEntry")
    )
    for member in Member.objects.filter(organisation__sandbox_of__isnull=False).select_related(
        "organisation"
    ):
        real = member.organisation.sandbox_of_id
        if not Member.objects.filter(organisation=real, user=member.user_id).exists():
            shown = Entry.objects.filter(
                organisation=real,
                action__in=("key.made", "key.rotated"),
                actor_kind="user",
                actor_id=str(member.user_id),
            )
            for key in Key.objects.filter(
                organisation=real,
                revoked_at=None,
                pk__in=list(shown.values_list("object_id", flat=True)),
            ):
                key.revoked_at, key.previous_until = timezone.now(), None
                key.save(update_fields=["revoked_at", "previous_until"])
                Entry.objects.create(
                    organisation_id=real,
                    actor_kind="system",
                    actor_name="Headshots",
                    action="key.revoked",
                    object_type="apikey",
                    object_id=str(key.pk),
                    details={"name": key.name},
                )
        member.delete()
    Offer.objects.filter(organisation__sandbox_of__isnull=False).delete()
    # Nor does a partner make anybody an owner any more.
    Offer.objects.filter(
        grant__isnull=False, role="owner", accepted_at=None, revoked_at=None
    ).update(revoked_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_second_factors_sealed"),
    ]

    operations = [
        migrations.CreateModel(
            name="PartnerOrigin",
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
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.partnergrant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "origin"), name="partner_origin_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(GUARD, NO_GUARD),
        migrations.RunPython(remove, migrations.RunPython.noop),
    ]

"""The end of an organisation, as far as people and their access go."""

from __future__ import annotations

from django.db import transaction
from django.db.models import TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import SYSTEM, Actor
from accounts.developers import partners
from accounts.membership.members import lock, still_owner
from accounts.models import (
    DomainClaim,
    Employee,
    Event,
    Invitation,
    Member,
    MemberInvitation,
    Organisation,
    RosterImport,
    WebhookEndpoint,
)
from accounts.sso import providers
from headshots.lib.problems import Problem


@transaction.atomic
def shut(*, actor: Actor, organisation: Organisation, typed_name: str) -> Organisation:
    """Let nobody in any more: no member, no link; and not itself in at its customers.

    Raises Problem where the name typed is not the organisation's.
    """
    organisation = lock(organisation=organisation)
    still_owner(actor=actor, organisation=organisation)
    if " ".join(typed_name.split()).casefold() != organisation.name.casefold():
        raise Problem(
            _("Type the name as it stands here: {name}").format(name=organisation.name),
            code="name",
            field="name",
        )
    now = timezone.now()
    organisation.closed_at = now
    organisation.save(update_fields=["closed_at"])
    audit.record(
        actor=actor,
        organisation=organisation,
        action="organisation.closed",
        about=organisation,
        members=Member.objects.filter(organisation=organisation).count(),
    )
    MemberInvitation.objects.filter(
        organisation=organisation, accepted_at=None, revoked_at=None
    ).update(revoked_at=now)
    Invitation.objects.filter(employee__organisation=organisation, revoked_at=None).update(
        revoked_at=now
    )
    Member.objects.filter(organisation=organisation).delete()
    partners.withdraw_all(partner=organisation)
    return organisation


@transaction.atomic
def forget_people(*, organisation: Organisation) -> None:
    """Blank the roster of a closed organisation and note that all is destroyed.

    The rows stay, nameless: the ledger and signed releases hang on them.
    """
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if organisation.closed_at is None or organisation.destroyed_at:
        return
    RosterImport.objects.filter(organisation=organisation).delete()
    WebhookEndpoint.objects.filter(organisation=organisation).delete()
    Event.objects.filter(organisation=organisation).delete()
    # Another organisation of the same company may prove the domains anew.
    DomainClaim.objects.filter(organisation=organisation).delete()
    providers.forget(organisation=organisation)
    people = Employee.objects.filter(organisation=organisation)
    people.update(
        email=Concat(Cast("pk", TextField()), Value("@closed.invalid")),
        employee_number="",
        external_id="",
        first_name="",
        last_name="",
        preferred_name="",
        title="",
        department="",
        location="",
        language="",
        attributes={},
        status=Employee.Status.LEFT,
    )
    organisation.destroyed_at = timezone.now()
    organisation.logo = ""
    organisation.save(update_fields=["destroyed_at", "logo"])
    audit.record(
        actor=SYSTEM, organisation=organisation, action="organisation.destroyed", about=organisation
    )

"""Addresses that mail comes back from: told by a provider or by the mail server itself."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.actors import SYSTEM, Actor
from accounts.models import Employee, Organisation


@transaction.atomic
def mark(*, address: str, reason: str = "") -> int:
    """Note that mail to an address comes back, on every roster it stands on; nothing more is sent
    there. Returns how many people it concerns; told twice it changes nothing."""
    said = " ".join(reason.replace("\x00", "").split())[:200]
    people = list(
        Employee.objects.select_for_update(of=("self",))
        .select_related("organisation")
        .filter(email__iexact=address.strip(), bounced_at=None)
    )
    for employee in people:
        employee.bounced_at, employee.bounce_reason = timezone.now(), said
        employee.save(update_fields=["bounced_at", "bounce_reason"])
        audit.record(
            actor=SYSTEM,
            organisation=employee.organisation,
            action="employee.bounced",
            about=employee,
            email=employee.email,
            reason=said,
        )
    return len(people)


@transaction.atomic
def clear(*, actor: Actor, organisation: Organisation, employee: Employee) -> None:
    """Send mail there again: the mailbox works now."""
    done = Employee.objects.filter(
        organisation=organisation, pk=employee.pk, bounced_at__isnull=False
    ).update(bounced_at=None, bounce_reason="")
    if done:
        audit.record(
            actor=actor, organisation=organisation, action="employee.mail_again", about=employee
        )

"""Mail to owners and administrators about what an employee did."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from accounts.mail import letters
from accounts.mail.again import send_or_again
from accounts.models import Member
from generation.leaving import certificates
from generation.models import Certificate, Shoot

_TASK = "generation.tasks.send_headshot_withdrawn"
_SHORT = "generation.tasks.send_short_of_credits"


def headshot_withdrawn(*, shoot: Shoot) -> None:
    """Queue word that a headshot which was delivered may not be used any more, one message to
    each who is in charge, in the language they read."""
    if shoot.order.organisation.sandbox_of_id:
        return  # nobody real is behind the sandbox
    for member in letters.in_charge(shoot.order.organisation):
        async_task(_TASK, str(shoot.pk), str(member.pk))


def send_headshot_withdrawn(*, shoot_id: UUID, member_id: UUID) -> bool:
    """Send it to one of them. Returns whether it went.

    Where the mail server does not take it, it is tried again some minutes later. Nobody is told
    who is in charge no longer.
    """
    shoot = Shoot.objects.select_related("order__organisation", "release").get(pk=shoot_id)
    certificate = certificates.of(shoot)
    if certificate is None:
        return False
    organisation = shoot.order.organisation
    member = next((one for one in letters.in_charge(organisation) if one.pk == member_id), None)
    if member is None:
        return False
    return send_or_again(
        letter=_withdrawn(shoot, certificate, member),
        task=_TASK,
        args=[str(shoot_id), str(member_id)],
    )


def _withdrawn(shoot: Shoot, certificate: Certificate, member: Member) -> letters.Letter:
    organisation = shoot.order.organisation
    path = reverse("shoot", args=[organisation.slug, shoot.pk])
    with translation.override(letters.language_of(member)):
        return letters.letter(
            organisation=organisation,
            template="headshot_withdrawn",
            subject=_("{name} has withdrawn a headshot that was delivered").format(
                name=certificate.facts["name"]
            ),
            context={
                "organisation": organisation,
                "order": shoot.order,
                "name": certificate.facts["name"],
                "withdrawn_at": certificate.created_at,
                "certificate": certificate,
                "link": f"{settings.SITE_URL}{path}",
            },
            to=[member.user.email],
            headers={"Message-ID": f"<gone.{shoot.pk.hex}.{member.pk.hex}@headshots>"},
        )


def short_of_credits(*, shoot: Shoot) -> None:
    """Queue word that somebody's photos wait for credits, one message to each who is in charge.
    Part of the transaction around it."""
    organisation = shoot.order.organisation
    if organisation.sandbox_of_id:
        return
    for member in letters.in_charge(organisation):
        async_task(_SHORT, str(shoot.pk), str(member.pk))


def send_short_of_credits(*, shoot_id: UUID, member_id: UUID) -> bool:
    """Send it to one of them, in the language they read. Returns whether it went.

    Nobody is told who is in charge no longer, nor once it does not wait any more. While the mail
    server is away it is sent later.
    """
    shoot = Shoot.objects.select_related("order__organisation", "employee").get(pk=shoot_id)
    organisation = shoot.order.organisation
    member = next((one for one in letters.in_charge(organisation) if one.pk == member_id), None)
    since = shoot.short_of_credits_at
    if member is None or since is None or not shoot.waits_for_credits or organisation.closed_at:
        return False
    path = reverse("credits", args=[organisation.slug])
    with translation.override(letters.language_of(member)):
        mail = letters.letter(
            organisation=organisation,
            template="short_of_credits",
            subject=_("Headshots of {organisation} wait for credits").format(
                organisation=organisation.name
            ),
            context={
                "organisation": organisation,
                "order": shoot.order,
                "name": shoot.employee.name,
                "link": f"{settings.SITE_URL}{path}",
            },
            to=[member.user.email],
            headers={
                "Message-ID": f"<short.{shoot.pk.hex}.{int(since.timestamp())}"
                f".{member.pk.hex}@headshots>"
            },
        )
    return send_or_again(letter=mail, task=_SHORT, args=[str(shoot_id), str(member_id)])

"""The terms of an organisation: the promised turnaround, and when a low balance is told."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_q.tasks import async_task

from accounts import audit
from accounts.actors import Actor
from accounts.mail import letters
from accounts.mail.again import send_or_again
from accounts.models import Organisation
from accounts.webhooks import events
from billing import ledger
from billing.models import CreditAccount, Terms
from headshots.lib.problems import Problem

MOST_HOURS = 24 * 90
_TASK = "billing.tasks.send_low_balance"


def promised_hours(organisation: Organisation) -> int | None:
    """Hours from photos handed in to pictures to choose from; None where nothing is promised."""
    own = Terms.objects.filter(organisation=organisation).values_list("promised_hours", flat=True)
    hours = own.first()
    return (settings.PROMISED_HOURS if hours is None else hours) or None


@transaction.atomic
def promise(*, actor: Actor, organisation: Organisation, hours: int | None) -> None:
    """Promise an organisation another turnaround for its next orders; 0 promises none, None what
    everybody gets. Orders that are placed keep theirs. Raises Problem for more than 90 days."""
    if hours is not None and not 0 <= hours <= MOST_HOURS:
        raise Problem(
            _("A turnaround is between 1 and {most} hours; 0 promises none.").format(
                most=MOST_HOURS
            ),
            code="hours",
            field="hours",
        )
    Terms.objects.update_or_create(organisation=organisation, defaults={"promised_hours": hours})
    audit.record(actor=actor, organisation=organisation, action="turnaround.promised", hours=hours)


@transaction.atomic
def warn_below(*, actor: Actor, organisation: Organisation, credits: int | None) -> None:
    """Have owners and administrators told when fewer credits than that are free; None: never."""
    if credits is not None and not 1 <= credits <= ledger.MOST:
        raise Problem(
            _("Give a number of credits, at least 1, or leave it empty."),
            code="low_balance",
            field="low_balance",
        )
    Terms.objects.update_or_create(
        organisation=organisation, defaults={"low_balance": credits, "told_low_at": None}
    )
    audit.record(actor=actor, organisation=organisation, action="low_balance.set", credits=credits)


def sweep() -> int:
    """Queue a mail for each balance that has become low and tell partners, once until it has
    recovered. Returns how many."""
    free = CreditAccount.objects.filter(organisation=OuterRef("organisation"))
    watched = Terms.objects.filter(
        low_balance__isnull=False, organisation__closed_at=None
    ).annotate(free=Subquery(free.values("available")))
    watched.filter(told_low_at__isnull=False, free__gte=F("low_balance")).update(told_low_at=None)
    low = watched.filter(Q(free__lt=F("low_balance")), told_low_at=None)
    told = 0
    for terms in low.select_related("organisation"):
        with transaction.atomic():
            mine = Terms.objects.filter(pk=terms.pk, told_low_at=None)
            # Conditional, so that of two sweeps one sends it.
            if mine.update(told_low_at=timezone.now()):
                organisation = terms.organisation
                for member in letters.in_charge(organisation):
                    async_task(_TASK, str(terms.pk), str(member.pk))
                events.emit(organisation=organisation, type="credits.low", resource=organisation)
                told += 1
    return told


def send_low_balance(*, terms_id: UUID, member_id: UUID) -> bool:
    """Tell one who is in charge that few credits are left, in the language they read. Returns
    whether it went.

    Nobody is told where there are enough again. While the mail server is away it is sent later.
    """
    terms = Terms.objects.select_related("organisation").filter(pk=terms_id).first()
    if terms is None or terms.low_balance is None or terms.told_low_at is None:
        return False
    organisation = terms.organisation
    member = next((one for one in letters.in_charge(organisation) if one.pk == member_id), None)
    balance = ledger.balance(organisation=organisation)
    if member is None or organisation.closed_at or balance.available >= terms.low_balance:
        return False
    with translation.override(letters.language_of(member)):
        mail = letters.letter(
            organisation=organisation,
            template="low_balance",
            subject=ngettext(
                "{n} credit is left for {organisation}",
                "{n} credits are left for {organisation}",
                balance.available,
            ).format(n=balance.available, organisation=organisation.name),
            context={
                "organisation": organisation,
                "balance": balance,
                "low_balance": terms.low_balance,
                "link": f"{settings.SITE_URL}{reverse('credits', args=[organisation.slug])}",
            },
            to=[member.user.email],
            headers={
                "Message-ID": f"<low.{terms.pk.hex}.{int(terms.told_low_at.timestamp())}"
                f".{member.pk.hex}@headshots>"
            },
        )
    return send_or_again(letter=mail, task=_TASK, args=[str(terms_id), str(member_id)])

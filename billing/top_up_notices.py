"""What stops the automatic top-up: a charge that did not go through, or money that went back."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django_q.tasks import async_task

from accounts import audit
from accounts.actors import SYSTEM
from accounts.mail import letters
from accounts.mail.again import send_or_again
from accounts.models import Member
from billing import ledger
from billing.models import Purchase, TopUp

_TASK = "billing.tasks.send_top_up_declined"
WENT_BACK = gettext_noop("A payment was refunded or disputed, and its credits were taken back.")


def declined(*, purchase: Purchase, problem: str) -> None:
    """Begin no further top-up until somebody looks, and queue word of this one to each who is in
    charge. Part of the transaction around it; of two processes that come to it, one tells."""
    _stop(purchase, problem, "top_up.declined")


def went_back(*, purchase: Purchase) -> None:
    """The same where money of any purchase went back: the credits that went with it are not bought
    anew by themselves, from a card whose holder may just have disputed them."""
    if TopUp.objects.filter(organisation_id=purchase.organisation_id, on=True).exists():
        _stop(purchase, WENT_BACK, "top_up.stopped")


def _stop(purchase: Purchase, problem: str, action: str) -> None:
    running = TopUp.objects.filter(organisation_id=purchase.organisation_id, problem="")
    if not running.update(problem=problem[:300]):
        return
    for member in letters.in_charge(purchase.organisation):
        async_task(_TASK, str(purchase.pk), str(member.pk))
    audit.record(actor=SYSTEM, organisation=purchase.organisation, action=action, about=purchase)


def send_declined(*, purchase_id: UUID, member_id: UUID) -> bool:
    """Send it to one of them, in the language they read. Returns whether it went.

    Nobody is told who is in charge no longer, nor after somebody has looked: another card or
    saving again has it tried again. While the mail server is away it is sent later.
    """
    purchase = Purchase.objects.select_related("organisation").get(pk=purchase_id)
    organisation = purchase.organisation
    member = next((one for one in letters.in_charge(organisation) if one.pk == member_id), None)
    stopped = TopUp.objects.filter(organisation=organisation, on=True).exclude(problem="").first()
    if member is None or stopped is None or organisation.closed_at:
        return False
    return send_or_again(
        letter=_mail(purchase, stopped, member), task=_TASK, args=[str(purchase_id), str(member_id)]
    )


def _mail(purchase: Purchase, stopped: TopUp, member: Member) -> letters.Letter:
    organisation = purchase.organisation
    with translation.override(letters.language_of(member)):
        return letters.letter(
            organisation=organisation,
            template="top_up_declined",
            subject=_("{organisation} is not topped up any more: nothing was charged").format(
                organisation=organisation.name
            ),
            context={
                "organisation": organisation,
                "purchase": purchase,
                "why": _(stopped.problem),
                "went_back": stopped.problem == WENT_BACK,
                "card": stopped.method_label,
                "balance": ledger.balance(organisation=organisation),
                "link": f"{settings.SITE_URL}{reverse('top_up', args=[organisation.slug])}",
            },
            to=[member.user.email],
            headers={"Message-ID": f"<topup.{purchase.pk.hex}.{member.pk.hex}@headshots>"},
        )

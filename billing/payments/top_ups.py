"""Automatic top-up: more credits before they run out, by a stored card, within a sum a month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django_q.tasks import async_task

from accounts import audit
from accounts.actors import SYSTEM, Actor
from accounts.models import Organisation
from billing import ledger, top_up_notices
from billing.models import Purchase, TopUp
from billing.payments import catalogue, fulfilment, invoices, purchases, shapes
from billing.payments.client import REFUSED, answering, client, once
from billing.payments.customers import customer_of
from headshots.lib.money import money
from headshots.lib.problems import Problem

log = structlog.get_logger(__name__)

_OVER_CAP = gettext_noop(
    "{credits} credits cost {sum} by now, which this month’s cap has no room for."
)
# The sentences with blanks that are kept of a top-up that did not go through.
FILLED = (_OVER_CAP, REFUSED)
_SHORTEST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
_SPENT = (Purchase.State.FAILED, Purchase.State.DROPPED)


def top_up_of(organisation: Organisation) -> TopUp:
    """How it is set; off, where nobody has set it yet."""
    return TopUp.objects.filter(organisation=organisation).first() or TopUp(
        organisation=organisation
    )


@transaction.atomic
def change(
    *,
    actor: Actor,
    organisation: Organisation,
    on: bool,
    below: int,
    credits: int,
    cap_cents: int,
) -> TopUp:
    """Set it. Raises Problem for a cap that not one top-up fits under, or a stop without card."""
    client()
    price = catalogue.CREDITS.cents(credits)
    if not 1 <= below <= catalogue.MOST:
        raise Problem(_("Top up below one credit or more."), code="amount", field="below")
    if on and cap_cents < price:
        raise Problem(
            _("{credits} credits cost {sum}, which is more than the cap a month.").format(
                credits=credits, sum=money(price)
            ),
            code="cap",
            field="cap",
        )
    top_up, _made = TopUp.objects.select_for_update().get_or_create(organisation=organisation)
    if on and not top_up.method_id:
        raise Problem(_("Store a card first; it is charged then."), code="no_card", field="on")
    top_up.on, top_up.below, top_up.credits, top_up.cap_cents = on, below, credits, cap_cents
    top_up.problem, top_up.go_on_at = "", None
    top_up.save()
    audit.record(
        actor=actor,
        organisation=organisation,
        action="top_up.changed",
        on=on,
        below=below,
        credits=credits,
        cap_cents=cap_cents,
    )
    return top_up


def begin_card(*, organisation: Organisation) -> tuple[str, str]:
    """Stripe's page that stores a card, and the checkout's id for `keep_card`. Raises Problem while
    Stripe is away."""
    back = settings.SITE_URL + reverse("top_up", args=[organisation.slug])
    customer = customer_of(organisation)
    with answering(gettext_noop("No card was stored.")) as api:
        session = api.v1.checkout.sessions.create(
            params={
                "mode": "setup",
                # A bank debit would be refused days later, when the credits are long needed.
                "payment_method_types": ["card"],
                "currency": catalogue.CURRENCY,
                "customer": customer,
                "success_url": back + "?stored={CHECKOUT_SESSION_ID}",
                "cancel_url": back,
            },
            options=once("card", customer, uuid4()),
        )
    return session.url or back, session.id


def keep_card(*, actor: Actor, organisation: Organisation, session_id: str) -> TopUp:
    """Take over the card that was stored in a checkout of this organisation's customer.

    Raises Problem for another's checkout, and while none is stored there.
    """
    with answering(gettext_noop("The card is stored; open this page again.")) as api:
        card = shapes.read_stored_card(api, session_id)
    if card is None or card.customer != customer_of(organisation):
        raise Problem(_("No card was stored there."), code="no_card", status=404)
    with transaction.atomic():
        top_up, _made = TopUp.objects.select_for_update().get_or_create(organisation=organisation)
        if top_up.method_id != card.method_id:
            top_up.method_id, top_up.method_label = card.method_id, card.label
            top_up.problem, top_up.go_on_at = "", None
            top_up.save()
            audit.record(
                actor=actor, organisation=organisation, action="top_up.card", card=card.label
            )
    return top_up


def spent_cents(organisation: Organisation) -> int:
    """What top-ups have cost or may still cost this month (by UTC's calendar)."""
    return int(
        Purchase.objects.filter(
            organisation=organisation,
            kind=Purchase.Kind.TOP_UP,
            created_at__gte=_month(),
        )
        .exclude(state__in=_SPENT)
        .aggregate(cents=Sum("cents", default=0))["cents"]
    )


def waits_until(top_up: TopUp) -> datetime | None:
    """When the next month begins, where this month's cap has no room for another top-up."""
    cents = catalogue.CREDITS.cents(top_up.credits)
    if not top_up.on or top_up.problem:
        return None
    if spent_cents(top_up.organisation) + cents <= top_up.cap_cents:
        return None
    return (_month() + timedelta(days=32)).replace(day=1)


def _month() -> datetime:
    """When this month began, by UTC's calendar."""
    return datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def sweep() -> int:
    """Begin the top-ups that are due, and go on with those that broke off; returns how many."""
    begun = 0
    for top_up in TopUp.objects.filter(on=True, problem="").select_related("organisation"):
        if _is_due(top_up):
            begun += _begin(top_up.organisation) is not None
    now = timezone.now()
    waiting = TopUp.objects.filter(Q(go_on_at=None) | Q(go_on_at__lte=now))
    for purchase in Purchase.objects.filter(
        kind=Purchase.Kind.TOP_UP,
        state=Purchase.State.OPEN,
        organisation__top_up__in=waiting,
    ):
        # Not again at the next sweep, however long its message waits or Stripe is away: the pause
        # doubles with its age.
        pause = min(max(now - purchase.created_at, _SHORTEST_PAUSE), _LONGEST_PAUSE)
        TopUp.objects.filter(organisation=purchase.organisation_id).update(go_on_at=now + pause)
        async_task("billing.tasks.top_up", str(purchase.pk))
    return begun


def _is_due(top_up: TopUp) -> bool:
    """Whether few credits are left. While some are owed for money that went back, a card pays them
    only where somebody wants that."""
    balance = ledger.balance(organisation=top_up.organisation)
    return balance.available < top_up.below and not balance.debt


@transaction.atomic
def _begin(organisation: Organisation) -> Purchase | None:
    """Note a top-up, if it is still due and fits under the cap."""
    ledger.lock_account(organisation=organisation)
    top_up = TopUp.objects.select_for_update().get(organisation=organisation)
    if not top_up.on or top_up.problem or organisation.closed_at or not _is_due(top_up):
        return None
    cents = catalogue.CREDITS.cents(top_up.credits)
    if spent_cents(organisation) + cents > top_up.cap_cents:
        return None
    try:
        with transaction.atomic():
            begun = purchases.note(
                actor=SYSTEM,
                organisation=organisation,
                kind=Purchase.Kind.TOP_UP,
                credits=top_up.credits,
                cents=cents,
            )
    except IntegrityError:
        return None  # one is on its way
    top_up.go_on_at = None
    top_up.save(update_fields=["go_on_at"])
    return begun


def pay(*, purchase: Purchase) -> Purchase:
    """Charge the stored card for a top-up. Called again, it goes on where it broke off.

    A card that is declined, or that was taken out in Stripe's portal, ends this top-up and stops
    the next, until somebody looks. Nobody is charged any more once it is switched off or has
    stopped, or the organisation is closed.
    """
    top_up = TopUp.objects.get(organisation=purchase.organisation)
    if purchase.kind != Purchase.Kind.TOP_UP or purchase.state != Purchase.State.OPEN:
        return purchase
    if not top_up.on or top_up.problem or purchase.organisation.closed_at:
        return _give_up(purchase)
    customer = customer_of(purchase.organisation)
    problem = ""
    try:
        # Without the card, which may be another one when this is gone on with.
        invoice_id = invoices.write(
            purchase, customer, {"collection_method": "charge_automatically"}
        )
        with answering(gettext_noop("The top-up goes on later.")) as api:
            # Asked each time what there is to do: between two calls the card may have been charged.
            invoice = api.v1.invoices.retrieve(invoice_id)
            status = invoice.status
            if status == "draft":
                _refuse_over_cap(top_up, purchase, cents=invoice.total)
                status = api.v1.invoices.finalize_invoice(invoice_id).status
            if status == "open":
                api.v1.invoices.pay(
                    invoice_id,
                    params={"payment_method": top_up.method_id, "off_session": True},
                    options=once("top_up", purchase.pk, top_up.method_id),
                )
    except Problem as refused:
        if refused.code not in ("card_declined", "stripe_refused", "cap"):
            raise
        unpaid = _close(purchase, draft=refused.code == "cap") != "paid"
        problem = refused.sentence if unpaid else ""
    followed = purchase
    if purchase.invoice_id:
        followed = fulfilment.fulfil(source_id=purchase.invoice_id) or purchase
    if problem:
        log.warning("top_up_declined", organisation=str(purchase.organisation_id))
        with transaction.atomic():
            followed.state, followed.problem = Purchase.State.FAILED, problem
            followed.save(update_fields=["state", "problem"])
            top_up_notices.declined(purchase=followed, problem=problem)
    return followed


def _refuse_over_cap(top_up: TopUp, purchase: Purchase, *, cents: int) -> None:
    """Raises Problem where the price at Stripe is another than was reckoned with, as before the
    catalogue is brought there, and this month's cap has no room for it."""
    others = spent_cents(top_up.organisation) - purchase.cents
    if others + cents > top_up.cap_cents:
        raise Problem(
            _(_OVER_CAP).format(credits=purchase.credits, sum=money(cents)),
            code="cap",
            status=409,
        )


def _give_up(purchase: Purchase) -> Purchase:
    """End a top-up that nobody wants any more; what was charged before that is followed."""
    _close(purchase, draft=True)
    if purchase.invoice_id:
        purchase = fulfilment.fulfil(source_id=purchase.invoice_id) or purchase
    left = Purchase.objects.filter(pk=purchase.pk, state=Purchase.State.OPEN)
    if left.update(state=Purchase.State.DROPPED):
        purchase.state = Purchase.State.DROPPED
    return purchase


def _close(purchase: Purchase, *, draft: bool) -> str:
    """Have nobody charged for a top-up any more; its invoice's status before that, if it has one.
    With `draft` also of one that is not finalized, which Stripe voids afterwards alone.

    It may be paid: of two processes, one is refused as the other has paid it.
    """
    if not purchase.invoice_id:
        return ""
    with answering(gettext_noop("The top-up goes on later.")) as api:
        status = str(api.v1.invoices.retrieve(purchase.invoice_id).status)
        if status == "draft" and draft:
            status = str(api.v1.invoices.finalize_invoice(purchase.invoice_id).status)
        if status == "open":
            api.v1.invoices.void_invoice(purchase.invoice_id)
    return status

"""Buying credits by card or debit: a purchase of ours, then a checkout at Stripe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import audit
from accounts.actors import SYSTEM, Actor
from accounts.models import Organisation
from billing.models import Purchase
from billing.payments import catalogue, fulfilment, shapes, subscriptions, turns
from billing.payments.catalogue_sync import price_id
from billing.payments.client import answering, client, once
from billing.payments.customers import customer_of
from headshots.lib import numbers
from headshots.lib.problems import Problem

if TYPE_CHECKING:
    import stripe

log = structlog.get_logger(__name__)

_KEPT = gettext_noop("Your purchase is kept and nothing was charged.")
MOST_OPEN = 20


@dataclass(frozen=True)
class Checkout:
    """Where to go on with a purchase: Stripe's page, or nowhere where it is paid."""

    purchase: Purchase
    url: str | None


@transaction.atomic
def begin(
    *, actor: Actor, organisation: Organisation, credits: int, once: bool = False
) -> Purchase:
    """Note that somebody wants to buy credits. Nothing is charged; Stripe is not asked yet.

    With `once`, for a form that may be sent again, what waits to be paid is found again. Raises
    Problem outside the bounds, and where too many purchases were begun and left.
    """
    client()
    if not catalogue.LEAST <= credits <= catalogue.MOST:
        raise Problem(
            _("Between {least} and {most} credits can be bought at once.").format(
                least=numbers.grouped(catalogue.LEAST), most=numbers.grouped(catalogue.MOST)
            ),
            code="amount",
            field="credits",
        )
    if once:
        Organisation.objects.select_for_update().get(pk=organisation.pk)
        waiting = Purchase.objects.filter(
            organisation=organisation,
            kind=Purchase.Kind.PACK,
            state=Purchase.State.OPEN,
            credits=credits,
        ).first()
        if waiting is not None:
            return waiting
    refuse_hoarding(organisation)
    return note(
        actor=actor,
        organisation=organisation,
        kind=Purchase.Kind.PACK,
        credits=credits,
        cents=catalogue.CREDITS.cents(credits),
    )


def note(
    *,
    actor: Actor,
    organisation: Organisation,
    kind: Purchase.Kind,
    credits: int,
    cents: int,
    po_number: str = "",
) -> Purchase:
    """The row of a purchase that begins, and a line in the log. Raises Problem for a sandbox."""
    if organisation.sandbox_of_id:
        raise Problem(_("A sandbox has credits of its own; none can be bought."), code="sandbox")
    made: Purchase = Purchase.objects.create(
        organisation=organisation,
        kind=kind,
        credits=credits,
        cents=cents,
        currency=catalogue.CURRENCY,
        bought_by=actor.user,
        po_number=po_number,
    )
    audit.record(
        actor=actor,
        organisation=organisation,
        action="purchase.begun",
        about=made,
        kind=str(kind),
        credits=credits,
    )
    return made


def refuse_hoarding(organisation: Organisation) -> None:
    """Raises Problem where many purchases wait to be paid."""
    waiting = Purchase.objects.filter(organisation=organisation, state=Purchase.State.OPEN)
    if waiting.count() >= MOST_OPEN:
        raise Problem(
            _("{most_open} purchases wait to be paid. Pay or drop some of them first.").format(
                most_open=MOST_OPEN
            ),
            code="many_open",
            status=409,
        )


def go_on(*, purchase: Purchase) -> Checkout:
    """Begin a purchase's checkout, or find it again; a paid one is fulfilled instead.

    A month of the plan that waits for its card leads to Stripe's page of that month's invoice.
    Raises Problem where Stripe is away: the purchase stands, and this can be called again. Also
    for a plan where there is one already.
    """
    if purchase.kind not in (Purchase.Kind.PACK, Purchase.Kind.PLAN):
        raise Problem(_("This purchase is paid by its invoice."), code="by_invoice", status=409)
    if purchase.invoice_id and not purchase.session_id:
        return _to_invoice(purchase)
    plan = purchase.kind == Purchase.Kind.PLAN
    if purchase.session_id:
        with answering(_KEPT) as api:
            session = api.v1.checkout.sessions.retrieve(purchase.session_id)
        if session.status == "open":
            if plan:
                _alone(purchase)
            return Checkout(purchase, session.url)
        followed = fulfilment.fulfil(source_id=purchase.session_id) or purchase
        if followed.state not in (Purchase.State.FAILED, Purchase.State.DROPPED):
            return Checkout(followed, None)
        purchase = followed
        purchase.attempt += 1
    elif purchase.state != Purchase.State.OPEN:
        raise dropped()
    if not plan:
        return _checkout(purchase)
    subscriptions.refuse_another(purchase.organisation)
    begun = _checkout(purchase)
    _alone(purchase)
    return begun


def paid() -> Problem:
    """The refusal of a purchase that nothing is left to do for."""
    return Problem(_("This purchase is paid or on its way."), code="paid", status=409)


def dropped() -> Problem:
    """The refusal of a purchase that was given up."""
    return Problem(_("This purchase was dropped. Begin another one."), code="dropped", status=409)


def _to_invoice(purchase: Purchase) -> Checkout:
    """Stripe's page of an invoice that Stripe wrote by itself, while it can be paid."""
    with answering(_KEPT) as api:
        invoice = api.v1.invoices.retrieve(str(purchase.invoice_id))
    if invoice.status == "open":
        return Checkout(purchase, invoice.hosted_invoice_url)
    followed = fulfilment.fulfil(source_id=str(purchase.invoice_id)) or purchase
    if followed.state in (Purchase.State.FAILED, Purchase.State.DROPPED):
        raise dropped()
    return Checkout(followed, None)


def _alone(purchase: Purchase) -> None:
    """Close every other checkout of a plan, so that an organisation cannot come to two.

    Called where this one's checkout is known here: of two that begin at once, the later sees the
    earlier. Raises Problem where one of them was paid meanwhile.
    """
    others = Purchase.objects.filter(
        organisation=purchase.organisation,
        kind=Purchase.Kind.PLAN,
        state=Purchase.State.OPEN,
        session_id__isnull=False,
    ).exclude(pk=purchase.pk)
    for other in others:
        with answering(_KEPT) as api:
            _close(api, other)
        fulfilment.fulfil(source_id=str(other.session_id))
    subscriptions.refresh(purchase.organisation, _KEPT)
    try:
        subscriptions.refuse_another(purchase.organisation)
    except Problem:
        with answering(_KEPT) as api:
            _close(api, purchase)
        fulfilment.fulfil(source_id=str(purchase.session_id))
        raise


def _checkout(purchase: Purchase) -> Checkout:
    organisation = purchase.organisation
    plan = purchase.kind == Purchase.Kind.PLAN
    lookup_key = catalogue.PLAN.lookup_key if plan else catalogue.CREDITS.lookup_key
    quantity = purchase.credits // catalogue.PLAN.included if plan else purchase.credits
    price = price_id(lookup_key, _KEPT)
    marks = {"purchase": str(purchase.pk)}
    back = settings.SITE_URL + reverse("bought", args=[organisation.slug, purchase.pk])
    params: stripe.params.checkout.SessionCreateParams = {
        "mode": "subscription" if plan else "payment",
        "customer": customer_of(organisation, _KEPT),
        "client_reference_id": str(purchase.pk),
        "metadata": marks,
        "line_items": [{"price": price, "quantity": quantity}],
        "success_url": back,
        "cancel_url": settings.SITE_URL
        + reverse("plan" if plan else "credits_buy", args=[organisation.slug]),
    }
    if plan:
        params["subscription_data"] = {"metadata": marks}
    else:
        params["payment_intent_data"] = {
            "metadata": marks,
            "description": f"{purchase.credits} headshot credits",
        }
        params["invoice_creation"] = {"enabled": True, "invoice_data": {"metadata": marks}}
    with answering(_KEPT) as api:
        # With the price: where it was replaced since an answer that we never heard, nobody has that
        # checkout's address, and this is another one.
        session = api.v1.checkout.sessions.create(
            params=params, options=once("purchase", purchase.pk, purchase.attempt, price)
        )
    purchase.session_id = session.id
    purchase.state, purchase.problem = Purchase.State.OPEN, ""
    purchase.save(update_fields=["session_id", "attempt", "state", "problem"])
    return Checkout(purchase, session.url)


def came_back(*, purchase: Purchase) -> Purchase:
    """The buyer has come back from Stripe's page: see at once what became of it."""
    if purchase.session_id is None:
        return purchase
    return fulfilment.fulfil(source_id=purchase.session_id) or purchase


def drop(*, actor: Actor, purchase: Purchase) -> Purchase:
    """Give up a purchase that nobody has paid. Raises Problem where it is paid or on its way."""
    if purchase.session_id or purchase.invoice_id:
        with answering(gettext_noop("The purchase stands as it was.")) as api:
            _close(api, purchase)
        source_id = purchase.session_id or purchase.invoice_id or ""
        purchase = fulfilment.fulfil(source_id=source_id) or purchase
    if purchase.state not in (
        Purchase.State.OPEN,
        Purchase.State.FAILED,
        Purchase.State.DROPPED,
    ):
        raise paid()
    with transaction.atomic():
        purchase.state = Purchase.State.DROPPED
        purchase.save(update_fields=["state"])
        audit.record(
            actor=actor,
            organisation=purchase.organisation,
            action="purchase.dropped",
            about=purchase,
        )
    return purchase


def drop_of_closed() -> int:
    """Drop what organisations that have closed have not paid, so that nobody can pay it any more;
    returns how many. Meant for the sweep: while Stripe is away, they stay to be dropped by the
    next."""
    unpaid = Purchase.objects.filter(
        organisation__closed_at__isnull=False, state=Purchase.State.OPEN
    ).select_related("organisation")
    dropped = 0
    for purchase in turns.next_of(unpaid, name="purchases_of_closed"):
        try:
            drop(actor=SYSTEM, purchase=purchase)
        except Problem as problem:
            log.warning("purchase_not_dropped", purchase=str(purchase.pk), problem=problem.code)
            if problem.status == 503:
                break  # the others would wait for an answer as well
        else:
            dropped += 1
    return dropped


def _close(api: stripe.StripeClient, purchase: Purchase) -> None:
    """Nobody can pay it any more, if nobody has."""
    if purchase.session_id:
        if api.v1.checkout.sessions.retrieve(purchase.session_id).status == "open":
            api.v1.checkout.sessions.expire(purchase.session_id)
        return
    invoice = shapes.plain(api.v1.invoices.retrieve(str(purchase.invoice_id)))
    if invoice["status"] == "open":
        api.v1.invoices.void_invoice(str(purchase.invoice_id))

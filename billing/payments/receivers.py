"""What Stripe tells us. dj-stripe checks the signature and keeps the object; here it is only
noted which payment is to be read, in the same transaction."""

from __future__ import annotations

from typing import Any

from djstripe.event_handlers import djstripe_receiver
from djstripe.models import Event

from billing.payments import news, shapes

OF_PAYMENTS = [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
]
# dj-stripe keeps these in its own tables, from which the plan's page is made.
OF_PLANS = [
    "customer.updated",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
]
RECEIVED = [*OF_PAYMENTS, *OF_PLANS]


@djstripe_receiver(OF_PAYMENTS)  # type: ignore[untyped-decorator]
def payment_changed(sender: object, event: Event, **_: Any) -> None:
    """Have the payment read that the event is about."""
    source_id = shapes.about(event.type, event.data["object"])
    if source_id:
        news.heard(source_id=source_id)

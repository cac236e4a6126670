"""What the default cluster runs for billing. Each takes ids and calls one service."""

from __future__ import annotations

from uuid import UUID

from billing import terms, top_up_notices
from billing.models import Purchase
from billing.payments import news, reconcile, top_ups


def read_payment(source_id: str) -> bool:
    """default: read at Stripe what became of a payment."""
    return news.read(source_id=source_id)


def top_up(purchase_id: str) -> str:
    """default: charge the stored card for a top-up."""
    return top_ups.pay(purchase=Purchase.objects.get(pk=UUID(purchase_id))).state


def reconcile_payments() -> int:
    """default, each night: read every payment that something happened to lately."""
    return reconcile.reconcile()


def send_low_balance(terms_id: str, member_id: str) -> bool:
    """default: tell one who is in charge that few credits are left."""
    return terms.send_low_balance(terms_id=UUID(terms_id), member_id=UUID(member_id))


def send_top_up_declined(purchase_id: str, member_id: str) -> bool:
    """default: tell one who is in charge that a top-up did not go through."""
    return top_up_notices.send_declined(purchase_id=UUID(purchase_id), member_id=UUID(member_id))

"""What an organisation paid for a credit, and what the payment took of it, in cents."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Sum

from accounts.models import Organisation
from billing import price_tables
from billing.models import Purchase
from billing.payments import catalogue

_PAID = (Purchase.State.PAID, Purchase.State.PART_REFUNDED)


@dataclass(frozen=True)
class Revenue:
    """Of one credit. `bought` is whether any was paid for; otherwise it is the list price."""

    cents: float
    fee: float
    bought: bool

    def left(self, *, credits: int, making: float) -> float:
        """What is left of so many credits after the payment's fee and so many cents for making."""
        return credits * (self.cents - self.fee) - making


def of_a_credit(organisation: Organisation) -> Revenue:
    """The mean over everything that the organisation bought; the price of a single credit where
    it bought nothing."""
    prices = price_tables.in_force()
    percent, fixed = float(prices.payment_percent) / 100, float(prices.payment_fixed)
    paid = Purchase.objects.filter(
        organisation=organisation, state__in=_PAID, credits__gt=0
    ).aggregate(credits=Sum("credits"), cents=Sum("cents"), times=Count("pk"))
    if paid["credits"]:
        each = paid["cents"] / paid["credits"]
        return Revenue(each, each * percent + fixed * paid["times"] / paid["credits"], True)
    single = catalogue.CREDITS.cents(1)
    return Revenue(single, single * percent + fixed, False)

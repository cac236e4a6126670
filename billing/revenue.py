"""What an organisation paid for a credit, and what the payment took of it, in cents."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import BigIntegerField, Count, F, Sum
from django.db.models.functions import Cast, Greatest

from accounts.models import Organisation
from billing import price_tables
from billing.models import Purchase
from billing.payments import catalogue

# Not what is disputed: it may come back, and what was lost so cost more than the fee.
_PAID = (Purchase.State.PAID, Purchase.State.PART_REFUNDED, Purchase.State.REFUNDED)
# The same part as of the money, rounded as fulfilment takes it back.
_TAKEN_BACK = Cast("credits", BigIntegerField()) * F("refunded_cents") / Greatest(F("cents"), 1)


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
    """The mean over everything that the organisation bought and did not get its money back for;
    the price of a single credit where nothing is left of what it bought.

    The credits that are left bear the fee of every payment: Stripe keeps it after a refund.
    """
    prices = price_tables.in_force()
    percent, fixed = float(prices.payment_percent) / 100, float(prices.payment_fixed)
    paid = Purchase.objects.filter(
        organisation=organisation, state__in=_PAID, credits__gt=0
    ).aggregate(
        charged=Sum("cents"),
        kept=Sum(F("cents") - F("refunded_cents")),
        credits=Sum(F("credits") - _TAKEN_BACK),
        times=Count("pk"),
    )
    if paid["credits"]:
        fee = paid["charged"] * percent + fixed * paid["times"]
        return Revenue(paid["kept"] / paid["credits"], fee / paid["credits"], True)
    single = catalogue.CREDITS.cents(1)
    return Revenue(single, single * percent + fixed, False)

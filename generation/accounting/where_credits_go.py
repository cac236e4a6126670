"""Where a credit of an organisation goes: its price, what making takes of it, and what is left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from billing import revenue
from billing.revenue import Revenue
from generation.accounting import costs
from generation.accounting.costs import Cost
from generation.models import ENDED_WITHOUT, Shoot, State

DAYS = 365


@dataclass(frozen=True)
class Part:
    """A piece of a bar: what it is, in cents, and where it lies, in thousandths of the whole."""

    key: str
    name: str | Promise
    cents: float
    start: float
    width: float

    @property
    def per_cent(self) -> float:
        return self.width / 10


@dataclass(frozen=True)
class Story:
    """The figures of the page. All cents are for one delivered headshot."""

    headshots: int
    credits: int
    cost: Cost
    revenue: Revenue
    making: list[Part]
    price: list[Part]
    made: float
    cost_cents: float
    ended_cents: float
    # What was paid for one, and what is left of it; less than nothing where making took more.
    paid: float
    margin: float
    lost: float

    @property
    def margin_share(self) -> int:
        """Per cent of the price that is left."""
        return round(100 * self.margin / self.paid) if self.paid else 0

    @property
    def short(self) -> float:
        """What making and fee took beyond the price."""
        return max(0.0, -self.margin)


def bar(parts: Iterable[tuple[str, str | Promise, float]]) -> list[Part]:
    """Pieces side by side; those of nothing are left out."""
    found = [part for part in parts if part[2] > 0]
    whole = sum(cents for _key, _name, cents in found)
    made: list[Part] = []
    start = 0.0
    for key, name, cents in found:
        width = 1000 * cents / whole
        made.append(Part(key, name, cents, start, width))
        start += width
    return made


def of_organisation(organisation: Organisation) -> Story | None:
    """The last year's work, for one headshot on average; None where none was delivered yet.

    What was made for people who ended without a headshot is shared by the headshots: somebody
    has to pay for it, and the credit that came back does not.
    """
    since = timezone.now() - timedelta(days=DAYS)
    found = Shoot.objects.filter(order__organisation=organisation, order__created_at__gte=since)
    shoots = list(found.order_by().values_list("pk", "state", "charged"))
    # What was withdrawn later was delivered as well: it was made, and its credit was taken.
    delivered = {pk for pk, state, charged in shoots if state == State.DELIVERED or charged}
    if not delivered:
        return None
    each = costs.of_all(found)
    number = len(delivered)
    good = costs.total(each[pk] for pk in delivered)
    ended = costs.total(
        each[pk] for pk, state, _charged in shoots if state in ENDED_WITHOUT and pk not in delivered
    )
    credits = sum(charged for _pk, _state, charged in shoots)
    paid = revenue.of_a_credit(organisation)
    making: list[tuple[str, str | Promise, float]] = [
        (key, name, getattr(good, key) / number) for key, name in costs.PARTS.items()
    ]
    making.append(("ended", _("People who ended without a headshot"), ended.total / number))
    made = sum(cents for _key, _name, cents in making)
    fee = paid.fee * credits / number
    price = paid.cents * credits / number
    left = price - made - fee
    return Story(
        headshots=number,
        credits=credits,
        cost=good,
        revenue=paid,
        making=bar(making),
        price=bar(
            [
                ("making", _("Making it"), made),
                ("fee", _("Payment fee"), fee),
                ("left", _("Research, people, support, and what we earn"), left),
            ]
        ),
        made=made,
        cost_cents=good.total / number,
        ended_cents=ended.total / number,
        paid=price,
        margin=left,
        lost=good.rejected / (good.total + ended.total) if good.total + ended.total else 0.0,
    )

"""What is sold, by the lookup keys of its prices at Stripe. Amounts are in cents."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from headshots.lib import numbers
from headshots.lib.problems import Problem

CURRENCY = "usd"
LEAST, MOST = 1, 5_000
"""Credits in one purchase."""


@dataclass(frozen=True)
class Tier:
    """The price of each credit where at most `up_to` are bought at once (None: any number)."""

    up_to: int | None
    cents: int


@dataclass(frozen=True)
class VolumePrice:
    """Credits by number; the whole number costs what its tier says."""

    lookup_key: str
    product: str
    name: str
    tiers: tuple[Tier, ...]

    def tier(self, credits: int) -> Tier:
        return next(t for t in self.tiers if t.up_to is None or credits <= t.up_to)

    def cents(self, credits: int) -> int:
        """What that many cost."""
        return self.tier(credits).cents * credits


@dataclass(frozen=True)
class Pack:
    """A number of credits that is offered by name."""

    key: str
    name: str
    credits: int


@dataclass(frozen=True)
class Plan:
    """Credits each month. What is not used rolls over, up to `bound` credits in all.

    Each month's credits live for `months`; as the oldest burn first, no more than the bound can
    be there of months that were paid on time.
    """

    lookup_key: str
    product: str
    name: str
    included: int
    cents: int
    months: int

    @property
    def bound(self) -> int:
        return self.included * self.months


@dataclass(frozen=True)
class InvoiceTerms:
    """Buying by invoice: how many credits at least, and the days until it is due."""

    price: VolumePrice
    least: int
    days: int


TIERS = (Tier(9, 2900), Tier(24, 2600), Tier(99, 2300), Tier(249, 2000), Tier(None, 1800))
CREDITS = VolumePrice("headshots_credits", "headshots_credits", "Headshot credits", TIERS)
PACKS = (
    Pack("try", gettext_noop("A first look"), 5),
    Pack("team", gettext_noop("A team"), 25),
    Pack("department", gettext_noop("A department"), 50),
    Pack("office", gettext_noop("An office"), 100),
    Pack("company", gettext_noop("A company"), 250),
)
PLAN = Plan("headshots_plan", "headshots_plan", gettext_noop("Joiners plan"), 10, 19_900, 3)
INVOICE = InvoiceTerms(CREDITS, least=50, days=30)


def credits_asked(*, pack: str, credits: str) -> int:
    """How many credits a form asks for: those of a pack, or a number of one's own.

    Raises Problem for an unknown pack, and a number outside the bounds.
    """
    if pack and pack != "other":
        for known in PACKS:
            if known.key == pack:
                return known.credits
        raise Problem(
            _("There is no such pack. Choose one from the list."), code="pack", field="pack"
        )
    return whole_number(credits, field="credits", least=LEAST)


def whole_number(text: str, *, field: str, least: int, most: int = MOST) -> int:
    """A number of credits that somebody typed; Problem for what is none, or out of bounds."""
    said = numbers.whole(text)
    if said < 0:
        raise Problem(_("Give the credits as a whole number."), code="amount", field=field)
    if not least <= said <= most:
        raise Problem(
            _("Between {least} and {most} credits can be bought at once.").format(
                least=numbers.grouped(least), most=numbers.grouped(most)
            ),
            code="amount",
            field=field,
        )
    return said

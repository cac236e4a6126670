"""What a roster would cost and how long it would take, before anybody signs up.

An estimate from stated assumptions, which the page shows; what it was really is measured run by
run (generation.accounting.costs).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.utils.translation import gettext as _

from billing import price_tables, prices
from billing.payments import catalogue
from headshots.lib import numbers
from headshots.lib.problems import Problem

MOST_STAFF = 100_000
LEAST_PICTURES, MOST_PICTURES = 4, 12
MOST_HOURS = 24 * 30


@dataclass(frozen=True)
class Assumptions:
    """Of one modern data-centre GPU and an SDXL checkpoint at 1024 by 1024 pixels."""

    # 1,000 samples of a LoRA, at about half of what the card could do at most.
    training_s: float = 35.0
    # 30 steps with guidance, the check of likeness and what passes it.
    image_s: float = 1.2
    # The share of drawn images that pass the check.
    passing: float = 0.4
    # Starting, loading the model, moving photos and adapters.
    overhead: float = 0.15

    @property
    def percent(self) -> int:
        return round(100 * self.passing)

    @property
    def overhead_percent(self) -> int:
        return round(100 * self.overhead)


ASSUMED = Assumptions()


@dataclass(frozen=True)
class Estimate:
    """For a whole roster. Money in cents."""

    staff: int
    pictures: int
    hours: int
    credits: int
    cents: int
    each_cents: float
    by_invoice: bool
    # How many, as only so many credits are bought at once; in equal parts each is at this price.
    purchases: int
    drawn: int
    gpu_hours: float
    gpus: int
    making_cents: float
    fee_cents: float

    @property
    def left_cents(self) -> float:
        return self.cents - self.making_cents - self.fee_cents


def number(text: str, *, name: str, field: str, least: int, most: int) -> int:
    """A whole number that somebody typed. Raises Problem for what is none, or out of bounds."""
    said = numbers.whole(text)
    if said < 0:
        raise Problem(
            _("Give {name} as a whole number.").format(name=name), code="number", field=field
        )
    if not least <= said <= most:
        raise Problem(
            _("{name} can be {least} to {most}.").format(
                name=name[:1].upper() + name[1:],
                least=numbers.grouped(least),
                most=numbers.grouped(most),
            ),
            code="number",
            field=field,
        )
    return said


def estimate(*, staff: int, pictures: int, hours: int) -> Estimate:
    """Price and work of headshots for so many people.

    `pictures` is how many each person can choose from; beyond four it takes the add-on, once for
    each four more. `hours` is the time in which everybody's pictures shall be made once their
    photos are there, which says how many GPUs it takes at once.
    """
    more = math.ceil((pictures - LEAST_PICTURES) / 4)
    credits = staff * (prices.CREDITS_A_SHOOT + more * prices.MORE_PICTURES.credits)
    cents = catalogue.CREDITS.cents(credits)
    drawn = math.ceil(staff * pictures / ASSUMED.passing)
    seconds = (staff * ASSUMED.training_s + drawn * ASSUMED.image_s) * (1 + ASSUMED.overhead)
    table = price_tables.in_force()
    return Estimate(
        staff=staff,
        pictures=pictures,
        hours=hours,
        credits=credits,
        cents=cents,
        each_cents=cents / staff,
        by_invoice=credits >= catalogue.INVOICE.least,
        purchases=math.ceil(credits / catalogue.MOST),
        drawn=drawn,
        gpu_hours=seconds / 3600,
        gpus=max(1, math.ceil(seconds / 3600 / hours)),
        making_cents=seconds / 3600 * float(table.gpu_hour),
        fee_cents=cents * float(table.payment_percent) / 100 + float(table.payment_fixed),
    )

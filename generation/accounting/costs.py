"""What headshots cost to make: from the records of runs, storage and mail to shoots and orders.

In cents, at the prices that were in force when each piece of work was done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from django.db.models import Count, F, FloatField, Q, QuerySet, Sum, TextField, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import CreditHold
from generation.models import ENDED_WITHOUT, ComputeUsage, Order, ServiceUsage, Shoot, State
from generation.models.shoots import HOLD_KEY, MORE_KEY

KWH_J = 3.6e6
TO_COME = (State.INVITED, State.COLLECTING)
CENTS = F("seconds") / 3600.0 * F("hour_cents") + Coalesce(
    F("joules"), Value(0.0), output_field=FloatField()
) / KWH_J * F("kwh_cents")
"""What a run cost."""


@dataclass(frozen=True)
class Cost:
    """Cents by what they went into, and the figures behind them."""

    training: float = 0.0
    generating: float = 0.0
    rejected: float = 0.0
    finishing: float = 0.0
    storage: float = 0.0
    mail: float = 0.0
    # Of the worker's device alone.
    seconds: float = 0.0
    joules: float = 0.0
    images: int = 0
    # As they stand in the receipts, or stood there before they were destroyed.
    candidates: int = 0
    refused: int = 0

    @property
    def total(self) -> float:
        """Cents, all together."""
        return float(sum(getattr(self, part) for part in PARTS))

    @property
    def kwh(self) -> float:
        return self.joules / KWH_J

    @property
    def lost(self) -> float:
        """The share of the total that went into images that the gate refused, 0 to 1."""
        return self.rejected / self.total if self.total else 0.0

    @property
    def lost_per_cent(self) -> float:
        """The same of a hundred."""
        return 100 * self.lost

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Cost)))


PARTS: dict[str, str | Promise] = {
    "training": _("Training on the person’s photos"),
    "generating": _("Drawing and checking what passed"),
    "rejected": _("Images that were rejected"),
    "finishing": _("Finishing"),
    "storage": _("Storage"),
    "mail": _("Mail"),
}
NOTHING = Cost()


def total(costs: Iterable[Cost]) -> Cost:
    """The sum of several."""
    return sum(costs, NOTHING)


def of_shoots(ids: Collection[UUID]) -> dict[UUID, Cost]:
    """The cost of each of some shoots, by three queries however many they are."""
    found = _each(ids)
    return {pk: found.get(pk, NOTHING) for pk in ids}


def of_all(shoots: QuerySet[Shoot]) -> dict[UUID, Cost]:
    """The same of every shoot that a query finds, which may be too many to name each."""
    return _each(shoots.order_by().values("pk"))


def _each(among: Any) -> dict[UUID, Cost]:
    """Of identifiers, or a query of them."""
    runs: dict[UUID, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for row in (
        ComputeUsage.objects.filter(shoot__in=among)
        .order_by()
        .values("shoot_id", "phase")
        .annotate(cents=Sum(CENTS), spent=Sum("seconds"), energy=Sum("joules"), drawn=Sum("images"))
    ):
        runs[row["shoot_id"]][row["phase"]] = row
    services: dict[UUID, dict[str, float]] = defaultdict(dict)
    for shoot_id, kind, cents in (
        ServiceUsage.objects.filter(shoot__in=among)
        .order_by()
        .values_list("shoot_id", "kind")
        .annotate(cents=Sum(F("quantity") * F("unit_cents")))
    ):
        services[shoot_id][kind] = cents
    made = (
        Shoot.objects.filter(pk__in=among)
        .order_by()
        .values_list(
            "pk",
            F("destroyed") + Count("candidates"),
            F("destroyed_refused") + Count("candidates", filter=Q(candidates__passed=False)),
        )
    )
    return {
        pk: _cost(runs[pk], services[pk], candidates, refused) for pk, candidates, refused in made
    }


def _cost(
    runs: Mapping[str, Mapping[str, Any]],
    services: Mapping[str, float],
    candidates: int,
    refused: int,
) -> Cost:
    def cents(*phases: str) -> float:
        return float(sum(runs[phase]["cents"] or 0.0 for phase in phases if phase in runs))

    on_device = [row for phase, row in runs.items() if phase != "finishing"]
    drawing = cents("generating", "judging")
    lost = refused / candidates if candidates else 0.0
    return Cost(
        training=cents("training"),
        generating=drawing * (1 - lost),
        rejected=drawing * lost,
        finishing=cents("finishing"),
        storage=services.get("storage", 0.0),
        mail=services.get("mail", 0.0),
        seconds=sum(row["spent"] for row in on_device),
        joules=sum(row["energy"] or 0.0 for row in runs.values()),
        images=int(sum(row["drawn"] for row in on_device)),
        candidates=candidates,
        refused=refused,
    )


@dataclass(frozen=True)
class Credits:
    """The credits of some shoots by where they are; `held` as the ledger has it, which gives back
    at the approval what was ordered and not made."""

    to_hold: int
    held: int
    taken: int
    ended: int
    free: int


def credits(order: Order) -> Credits:
    """Where the credits of an order are: still to be held, held, taken, ended without a headshot,
    or never due as a promise was missed. Two queries."""

    def some(expression: str | CombinedExpression, **where: object) -> Sum:
        return Sum(expression, filter=Q(**where), default=0)

    rest = F("credits") - F("charged")
    text = TextField()
    own = Concat(Value(HOLD_KEY, text), Cast("pk", text))
    keys = order.shoots.order_by().annotate(own=own, more=Concat("own", Value(MORE_KEY, text)))
    holds = CreditHold.objects.filter(
        Q(source_key__in=keys.values("own")) | Q(source_key__in=keys.values("more")),
        account__organisation=order.organisation_id,
    )
    return Credits(
        held=holds.aggregate(open=Sum("open", default=0))["open"],
        **Shoot.objects.filter(order=order).aggregate(
            to_hold=some("credits", state__in=TO_COME, made_free_at=None),
            taken=Sum("charged", default=0),
            ended=some(rest, state__in=ENDED_WITHOUT, made_free_at=None),
            free=some(rest, made_free_at__isnull=False),
        ),
    )


def of_order(order: Order) -> Cost:
    """The cost of an order, by three queries."""
    return total(of_all(order.shoots.all()).values())


def so_far(order: Order) -> tuple[float, float]:
    """GPU seconds and cents of an order's runs until now; one query, for pages that ask often."""
    found = ComputeUsage.objects.filter(shoot__order=order).aggregate(
        spent=Sum("seconds", filter=~Q(phase="finishing"), default=0.0),
        cents=Sum(CENTS, default=0.0),
    )
    return float(found["spent"]), float(found["cents"])

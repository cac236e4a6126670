"""Usage by month and department: people, headshots, credits, and what it took."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, F, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from accounts import audit, clocks
from accounts.actors import Actor
from accounts.models import Organisation
from billing.models import CreditEntry
from generation.accounting.costs import CENTS, KWH_J
from generation.models import ComputeUsage, Headshot, ServiceUsage, Shoot, State
from headshots.lib.tables import write_csv

MONTHS = 12
HEADERS = (
    "Month",
    "Department",
    "People ordered",
    "Headshots",
    "Credits taken",
    "GPU hours",
    "Images made",
    "kWh",
    "Cost to make (cents)",
)


@dataclass
class Row:
    """A department in a month. Work counts in the month in which it was done, and people in the one
    in which they came into an order, as for budgets."""

    month: date
    department: str
    people: int = 0
    headshots: int = 0
    credits: int = 0
    seconds: float = 0.0
    images: int = 0
    # None where no device told; some of the work may be missing where others did not.
    joules: float | None = None
    cents: float = 0.0

    @property
    def hours(self) -> float:
        return self.seconds / 3600


@dataclass
class Month:
    """A month with its departments, the most credits first."""

    first: date
    rows: list[Row] = field(default_factory=list)

    @property
    def credits(self) -> int:
        return sum(row.credits for row in self.rows)

    @property
    def headshots(self) -> int:
        return sum(row.headshots for row in self.rows)

    @property
    def cents(self) -> float:
        return sum(row.cents for row in self.rows)


def months(*, organisation: Organisation, today: date | None = None) -> list[Month]:
    """The last twelve months, this one last, those without usage too; by six queries at most.

    They begin and end where the organisation is, as its budgets' do. What was withdrawn after its
    delivery counts in its month all the same: its credit was taken.
    """
    there = ZoneInfo(organisation.time_zone)
    last = (today or clocks.day_of(timezone.now(), organisation=organisation)).replace(day=1)
    firsts = [_before(last, back) for back in range(MONTHS - 1, -1, -1)]
    since = datetime.combine(firsts[0], time.min, tzinfo=there)
    rows: dict[tuple[date, str], Row] = {}

    def row(month: date, department: str) -> Row | None:
        first = month.date() if isinstance(month, datetime) else month
        if not firsts[0] <= first <= last:
            return None
        return rows.setdefault((first, department), Row(first, department))

    for month, department, people in (
        Shoot.objects.filter(order__organisation=organisation, created_at__gte=since)
        .order_by()
        .annotate(month=TruncMonth("created_at", tzinfo=there))
        .values_list("month", "department")
        .annotate(n=Count("pk"))
    ):
        if found := row(month, department):
            found.people = people
    for month, department, headshots, credits in (
        Headshot.objects.filter(shoot__order__organisation=organisation, approved_at__gte=since)
        .order_by()
        .annotate(month=TruncMonth("approved_at", tzinfo=there))
        .values_list("month", "shoot__department")
        .annotate(n=Count("pk"), credits=Sum("shoot__charged"))
    ):
        if found := row(month, department):
            found.headshots, found.credits = headshots, credits
    for month, department, credits in _withdrawn(organisation, since):
        if found := row(month, department):
            found.headshots += 1
            found.credits += credits
    for month, department, phase, seconds, images, joules, cents in (
        ComputeUsage.objects.filter(shoot__order__organisation=organisation, begun_at__gte=since)
        .order_by()
        .annotate(month=TruncMonth("begun_at", tzinfo=there))
        .values_list("month", "shoot__department", "phase")
        .annotate(s=Sum("seconds"), i=Sum("images"), j=Sum("joules"), cents=Sum(CENTS))
    ):
        if found := row(month, department):
            found.seconds += seconds if phase != "finishing" else 0.0
            found.images += images
            if joules is not None:
                found.joules = (found.joules or 0.0) + joules
            found.cents += cents
    for month, department, cents in (
        ServiceUsage.objects.filter(shoot__order__organisation=organisation, month__gte=firsts[0])
        .order_by()
        .values_list("month", "shoot__department")
        .annotate(cents=Sum(F("quantity") * F("unit_cents")))
    ):
        if found := row(month, department):
            found.cents += cents
    by_month: dict[date, list[Row]] = defaultdict(list)
    for one in rows.values():
        by_month[one.month].append(one)
    return [
        Month(first, sorted(by_month[first], key=lambda r: (-r.credits, -r.cents, r.department)))
        for first in firsts
    ]


def _withdrawn(organisation: Organisation, since: datetime) -> list[tuple[date, str, int]]:
    """Headshots that are gone while their credits, taken since then, stay taken: the month of it,
    as the ledger has it, department and credits of each."""
    departments = {
        key: (shoot.pk, shoot.department)
        for shoot in Shoot.objects.filter(
            # Nobody withdraws what was not delivered before.
            state_since__gte=since,
            order__organisation=organisation,
            state=State.WITHDRAWN,
            charged__gt=0,
        ).only("department")
        for key in shoot.hold_keys
    }
    if not departments:
        return []
    taken: dict[UUID, tuple[date, str, int]] = {}
    for key, at, amount in CreditEntry.objects.filter(
        account__organisation=organisation,
        kind=CreditEntry.Kind.CAPTURE,
        created_at__gte=since,
        hold__source_key__in=list(departments),
    ).values_list("hold__source_key", "created_at", "amount"):
        pk, department = departments[key]
        before = taken[pk][2] if pk in taken else 0
        taken[pk] = (
            timezone.localdate(at, since.tzinfo).replace(day=1),
            department,
            before + amount,
        )
    return list(taken.values())


@transaction.atomic
def export(*, actor: Actor, organisation: Organisation) -> bytes:
    """The same as a CSV file that spreadsheet programs run nothing of."""
    found = [row for month in months(organisation=organisation) for row in month.rows]
    audit.record(actor=actor, organisation=organisation, action="usage.exported", rows=len(found))
    return write_csv(
        HEADERS,
        [
            (
                f"{row.month:%Y-%m}",
                row.department,
                row.people,
                row.headshots,
                row.credits,
                round(row.hours, 4),
                row.images,
                "" if row.joules is None else round(row.joules / KWH_J, 4),
                round(row.cents, 4),
            )
            for row in found
        ],
    )


def _before(month: date, back: int) -> date:
    """The first of the month so many months earlier."""
    years, index = divmod(month.year * 12 + month.month - 1 - back, 12)
    return date(years, index + 1, 1)

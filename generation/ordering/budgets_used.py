"""What departments have taken of their budgets: the credits of what their people were ordered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Case, F, Sum, When

from accounts.models import Organisation
from billing import budgets
from billing.models import CreditHold, DepartmentBudget
from generation.models import ENDED_WITHOUT, Shoot
from generation.models.shoots import HOLD_KEY, MORE_KEY


@dataclass(frozen=True)
class BudgetUse:
    """A budget and what was taken of it in its current period, in credits."""

    budget: DepartmentBudget
    taken: int

    @property
    def left(self) -> int:
        return max(0, self.budget.credits - self.taken)

    @property
    def share(self) -> int:
        """Per cent, at most 100."""
        return (
            min(100, round(100 * self.taken / self.budget.credits)) if self.budget.credits else 100
        )


def taken(*, organisation: Organisation, period: str) -> dict[str, int]:
    """Credits ordered in the current period, by the organisation's own calendar, by `budgets.key`
    of the department.

    Each person counts when they came into an order, and more pictures when they were asked for.
    What was withdrawn after delivery had its credit taken and counts all the same.
    """
    since = budgets.begin(period, zone=organisation.time_zone)
    paid = Shoot.objects.filter(order__organisation=organisation, made_free_at=None)
    rows = (
        paid.filter(created_at__gte=since)
        .order_by()
        .values_list("department")
        .annotate(
            credits=Sum(
                Case(When(state__in=ENDED_WITHOUT, then="charged"), default="credits"), default=0
            )
        )
    )
    found: Counter[str] = Counter()
    for department, credits in rows:
        found[budgets.key(department)] += credits
    later = _more_pictures(organisation, since)
    earlier = paid.filter(pk__in=later, created_at__lt=since).order_by()
    for shoot_id, department in earlier.values_list("pk", "department"):
        found[budgets.key(department)] += later[shoot_id]
    return dict(found)


def _more_pictures(organisation: Organisation, since: datetime) -> dict[UUID, int]:
    """Credits that are held or were taken for more pictures asked for since then, by shoot."""
    holds = CreditHold.objects.filter(
        account__organisation=organisation, created_at__gte=since, source_key__endswith=MORE_KEY
    ).exclude(open=0, captured=0)
    return {
        UUID(key.removeprefix(HOLD_KEY).removesuffix(MORE_KEY)): kept
        for key, kept in holds.values_list("source_key", F("open") + F("captured"))
    }


def of_organisation(organisation: Organisation) -> list[BudgetUse]:
    """Every budget with what was taken of it; one query more for each kind of period."""
    found = list(DepartmentBudget.objects.filter(organisation=organisation))
    by_period = {
        period: taken(organisation=organisation, period=period)
        for period in {budget.period for budget in found}
    }
    return [
        BudgetUse(budget, by_period[budget.period].get(budgets.key(budget.department), 0))
        for budget in found
    ]


def check(*, organisation: Organisation, needed: Iterable[tuple[str, int]]) -> None:
    """Raise Problem where departments need more credits than their budgets have left.

    `needed` is (department, credits) of each person. Call it with the account locked.
    """
    found = of_organisation(organisation)
    if not found:
        return
    wanted: Counter[str] = Counter()
    for department, credits in needed:
        wanted[budgets.key(department)] += credits
    budgets.check(uses=[(use.budget, use.taken) for use in found], needed=wanted)

"""Budgets of departments: the most credits that their people take in a period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.models import Organisation
from billing import ledger
from billing.models import DepartmentBudget
from headshots.lib.problems import Problem

Period = DepartmentBudget.Period


@dataclass(frozen=True)
class Excess:
    """A budget that something does not fit into any more, in credits."""

    budget: DepartmentBudget
    taken: int
    needed: int

    @property
    def left(self) -> int:
        return max(0, self.budget.credits - self.taken)


def begin(period: str, today: date | None = None, *, zone: str = "UTC") -> datetime:
    """When the current month, quarter or year began in a time zone, by its IANA name."""
    there = ZoneInfo(zone)
    day = today or timezone.localdate(timezone=there)
    month = {Period.MONTH: day.month, Period.QUARTER: 3 * ((day.month - 1) // 3) + 1}
    first = date(day.year, month.get(Period(period), 1), 1)
    return timezone.make_aware(datetime.combine(first, time.min), there)


def key(department: str) -> str:
    """Departments that differ by case and blanks are one."""
    return " ".join(department.split()).casefold()


def check(*, uses: Iterable[tuple[DepartmentBudget, int]], needed: Mapping[str, int]) -> None:
    """Raise Problem where what is needed does not fit into a budget beside what was taken of it.

    `needed` by `key` of the department. Call it with the account locked, so that two orders do
    not fit into one place.
    """
    over = [
        Excess(budget, taken, needed[key(budget.department)])
        for budget, taken in uses
        if needed.get(key(budget.department))
    ]
    over = [excess for excess in over if excess.needed > excess.left]
    if not over:
        return
    first = over[0]
    sentence = _(
        "{department} has {left} of its {credits} credits left this {period}, and this takes "
        "{needed}. Choose fewer of its people or have its budget raised; nothing was ordered."
    ).format(
        department=first.budget.department,
        left=first.left,
        credits=first.budget.credits,
        period=str(Period(first.budget.period).label).lower(),
        needed=first.needed,
    )
    raise Problem(sentence, code="over_budget", field="employees", status=409)


@transaction.atomic
def set_budget(
    *, actor: Actor, organisation: Organisation, department: str, period: str, credits: int
) -> DepartmentBudget:
    """Give a department a budget, or change the one it has.

    What was taken before counts. Raises Problem for no department, an unknown period and a
    number of credits that cannot be meant.
    """
    department = " ".join(department.split())[:100]
    if not department:
        raise Problem(_("Choose a department."), code="department", field="department")
    if period not in Period.values:
        raise Problem(_("A budget is by month, quarter or year."), code="period", field="period")
    if not 0 <= credits <= ledger.MOST:
        raise Problem(
            _("Give the budget as a number of credits, nought or more."),
            code="credits",
            field="credits",
        )
    # The lock that orders take: a budget is not changed while one is being fitted into it.
    ledger.lock_account(organisation=organisation)
    budget, _made = DepartmentBudget.objects.update_or_create(
        organisation=organisation,
        department__iexact=department,
        defaults={"period": period, "credits": credits},
        create_defaults={"department": department, "period": period, "credits": credits},
    )
    audit.record(
        actor=actor,
        organisation=organisation,
        action="budget.set",
        about=budget,
        department=budget.department,
        period=period,
        credits=credits,
    )
    return budget


@transaction.atomic
def remove(*, actor: Actor, budget: DepartmentBudget) -> None:
    """Let a department order without a cap again."""
    audit.record(
        actor=actor,
        organisation=budget.organisation,
        action="budget.removed",
        about=budget,
        department=budget.department,
    )
    budget.delete()

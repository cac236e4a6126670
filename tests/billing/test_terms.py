"""Budgets' periods, the promise, and mail about a low balance: once a crossing."""

from __future__ import annotations

from ast import literal_eval
from datetime import date
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django_q.models import OrmQ, Schedule

from accounts.actors import SYSTEM
from accounts.models import AuditEntry, Event, Role
from billing import budgets, ledger, price_tables, tasks, terms
from billing.models import DepartmentBudget, PriceTable, Terms
from headshots.lib.problems import Problem
from tests.browser.queue import drain
from tests.world import World


@pytest.mark.parametrize(
    ("period", "today", "first"),
    [
        ("month", date(2027, 2, 28), "2027-02-01"),
        ("quarter", date(2027, 2, 28), "2027-01-01"),
        ("quarter", date(2027, 12, 31), "2027-10-01"),
        ("quarter", date(2027, 4, 1), "2027-04-01"),
        ("year", date(2027, 12, 31), "2027-01-01"),
    ],
)
def test_periods_begin_where_the_calendar_has_them(period: str, today: date, first: str) -> None:
    assert f"{budgets.begin(period, today):%Y-%m-%d %H:%M}" == f"{first} 00:00"


def test_a_department_has_one_budget_however_it_is_written(world: World) -> None:
    world.budget("Sales", 5)
    world.budget(" sales ", 7)
    (budget,) = DepartmentBudget.objects.all()
    assert (budget.department, budget.credits) == ("Sales", 7)
    assert AuditEntry.objects.filter(action="budget.set").count() == 2


@pytest.mark.parametrize(
    ("field", "value"), [("department", "  "), ("period", "week"), ("credits", -1)]
)
def test_a_budget_that_cannot_be_meant_is_refused(world: World, field: str, value: object) -> None:
    fields = {"department": "Sales", "period": "month", "credits": 3, field: value}
    with pytest.raises(Problem) as refused:
        budgets.set_budget(actor=world.actor, organisation=world.organisation, **fields)
    assert refused.value.field == field
    assert not DepartmentBudget.objects.exists()


def queued() -> int:
    return sum("send_low_balance" in str(q.task) for q in OrmQ.objects.all())


def test_a_low_balance_is_told_once_until_it_has_recovered(
    world: World, mailoutbox: list[mail.EmailMessage]
) -> None:
    who = {"actor": SYSTEM, "organisation": world.organisation}
    world.member(Role.ADMIN)
    world.member(Role.VIEWER)
    terms.warn_below(**who, credits=50)
    assert terms.sweep() == 0
    ledger.hold(**who, amount=51, source_key="s")
    assert [terms.sweep(), terms.sweep()] == [1, 0]
    assert queued() == 2
    assert Event.objects.filter(type="credits.low").count() == 1
    world.owner.language = "de"
    world.owner.save()
    drain()
    assert len(mailoutbox) == 2
    said = {m.to[0]: m.subject for m in mailoutbox}
    assert said.pop(world.owner.email) == "Für Acme sind noch 49 Credits übrig"
    assert set(said.values()) == {"49 credits are left for Acme"}
    assert world.owner.email in {m.to[0] for m in mailoutbox}
    assert f"/o/{world.organisation.slug}/credits" in mailoutbox[0].body
    ledger.release(**who, source_key="s")
    assert terms.sweep() == 0
    assert Terms.objects.get().told_low_at is None
    ledger.hold(**who, amount=60, source_key="t")
    assert terms.sweep() == 1
    # Nothing is sent for what is no longer so.
    ledger.release(**who, source_key="t")
    drain()
    assert len(mailoutbox) == 2


def test_word_of_a_low_balance_waits_for_the_mail_server(
    world: World, mailoutbox: list[mail.EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes one mail and refuses the other; that one alone is sent again."""
    admin = world.member(Role.ADMIN)
    terms.warn_below(actor=SYSTEM, organisation=world.organisation, credits=500)
    assert terms.sweep() == 1
    real = EmailMultiAlternatives.send

    def away(letter: EmailMultiAlternatives, *args: Any, **kwargs: Any) -> Any:
        if letter.to == [world.owner.email]:
            raise ConnectionRefusedError
        return real(letter, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(EmailMultiAlternatives, "send", away)
        drain()
    assert [letter.to for letter in mailoutbox] == [[admin.email]]
    (later,) = Schedule.objects.filter(func="billing.tasks.send_low_balance")
    assert tasks.send_low_balance(*literal_eval(later.args))
    assert [letter.to for letter in mailoutbox] == [[admin.email], [world.owner.email]]


def test_the_promise_is_the_organisations_own_or_everybodys(world: World, settings: object) -> None:
    settings.PROMISED_HOURS = 24  # type: ignore[attr-defined]
    assert terms.promised_hours(world.organisation) == 24
    terms.promise(actor=SYSTEM, organisation=world.organisation, hours=2)
    assert terms.promised_hours(world.organisation) == 2
    terms.promise(actor=SYSTEM, organisation=world.organisation, hours=0)
    assert terms.promised_hours(world.organisation) is None
    with pytest.raises(Problem):
        terms.promise(actor=SYSTEM, organisation=world.organisation, hours=100_000)


def test_prices_change_by_a_new_version_and_only_then(db: None, settings: object) -> None:
    first = price_tables.in_force()
    assert price_tables.update().pk == first.pk
    settings.COST_CENTS = {**settings.COST_CENTS, "gpu_hour": 199}  # type: ignore[attr-defined]
    assert price_tables.in_force().pk == first.pk
    second = price_tables.update()
    assert (second.version, float(second.gpu_hour)) == (first.version + 1, 199.0)
    assert price_tables.in_force().pk == second.pk
    assert PriceTable.objects.count() == 2
    assert (second.hour("cuda:0 NVIDIA H100"), second.hour("cpu")) == (199.0, 5.0)

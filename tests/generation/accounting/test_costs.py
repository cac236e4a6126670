"""What is written down of runs, and what headshots, orders and months cost by it."""

from __future__ import annotations

import csv
import io
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actors import SYSTEM
from billing import price_tables, revenue
from billing.models import Purchase
from billing.templatetags.cost import cost
from generation.accounting import costs, usage, usage_chart, usage_report, where_credits_go
from generation.accounting.usage_report import Month, Row
from generation.dispatch import energy
from generation.dispatch.claims import Claim
from generation.dispatch.heartbeat import Heartbeat
from generation.inviting import notices
from generation.leaving import withdrawals
from generation.models import Candidate, ComputeUsage, Order, Selfie, ServiceUsage, Shoot, State
from generation.ordering import orders, progress
from generation.storage import vault
from headshots.lib.vault import Vault
from tests.world import World, bring


def ran(shoot: Shoot, phase: str, seconds: float, **more: Any) -> None:
    ComputeUsage.objects.create(
        shoot=shoot, phase=phase, seconds=seconds, **{"fence": 1, "hour_cents": 360.0, **more}
    )


def test_a_headshots_cost_is_told_apart(world: World) -> None:
    """At 360 cents an hour, ten seconds are a cent."""
    shoot = world.shoot(State.CHOOSING)
    ran(shoot, "training", 400)
    ran(shoot, "generating", 60, images=8)
    ran(shoot, "judging", 20)
    ran(shoot, "generating", 20, fence=2, images=2, joules=3.6e6, kwh_cents=30)
    ran(shoot, "finishing", 10, hour_cents=36.0)
    Candidate.objects.filter(shoot=shoot, number=3).delete()
    for number in range(3, 6):
        Candidate.objects.create(
            shoot=shoot, round=1, number=number, seed=1, passed=False, receipt={}
        )
    cost = costs.of_shoots([shoot.pk])[shoot.pk]
    assert cost.training == pytest.approx(40)
    # 100 seconds and a kWh, half of it for what was rejected.
    assert (cost.generating, cost.rejected) == (pytest.approx(20), pytest.approx(20))
    assert cost.finishing == pytest.approx(0.1)
    assert (cost.seconds, cost.images, cost.candidates, cost.refused) == (500, 10, 6, 3)
    assert cost.kwh == pytest.approx(1)
    assert cost.total == pytest.approx(80.1)
    assert cost.lost == pytest.approx(20 / 80.1)


def test_prices_of_later_change_nothing_of_before(world: World, settings: Any) -> None:
    shoot = world.shoot(State.CHOOSING)
    usage.count_finishing(shoot=shoot, seconds=3600)
    settings.COST_CENTS = {**settings.COST_CENTS, "cpu_hour": 50}
    price_tables.update()
    assert costs.of_shoots([shoot.pk])[shoot.pk].finishing == pytest.approx(5)
    other = world.shoot(State.CHOOSING)
    usage.count_finishing(shoot=other, seconds=3600)
    assert costs.of_shoots([other.pk])[other.pk].finishing == pytest.approx(50)


class Counting:
    """A meter that gives ten joules each time it is looked at."""

    total = 0.0

    def joules(self) -> float:
        self.total += 10
        return self.total


class Device:
    type = "cpu"

    def __str__(self) -> str:
        return "cpu"


@pytest.fixture
def beating(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setattr(energy, "meter", lambda device: Counting())
    return SimpleNamespace(
        device=Device(),
        recipe=SimpleNamespace(name="test"),
    )


@pytest.mark.django_db(transaction=True)
def test_a_run_is_written_down_with_its_price(beating: SimpleNamespace) -> None:
    """Seconds by phase as they pass, energy and images, shared by who is worked on."""
    from tests.world import make_world

    world = make_world()
    held = [Claim(world.shoot(State.TRAINING).pk, 1) for _ in range(2)]
    table = price_tables.in_force()
    start = time.monotonic()
    with Heartbeat(worker="gpu@test:1", base=beating, claims=held) as heart:  # type: ignore[arg-type]
        time.sleep(0.3)
        heart.phase = "generating"
        for claim in (*held, held[0]):
            heart.made(claim)
        time.sleep(0.1)
    passed = time.monotonic() - start
    rows = {(r.shoot_id, r.phase): r for r in ComputeUsage.objects.all()}
    assert len(rows) == 4
    for claim in held:
        training, drawing = rows[claim.shoot_id, "training"], rows[claim.shoot_id, "generating"]
        assert training.seconds >= 0.15
        assert drawing.seconds >= 0.05
        assert (training.images, training.joules, drawing.joules) == (0, 5, 5)
        assert (training.price_table, training.hour_cents) == (table, float(table.cpu_hour))
    # Shared, not counted for each: two people's seconds are no more than have passed.
    assert sum(row.seconds for row in rows.values()) <= passed
    assert rows[held[0].shoot_id, "generating"].images == 2
    assert rows[held[1].shoot_id, "generating"].images == 1


def test_the_packages_counters_are_added_and_begin_anew(tmp_path: Path) -> None:
    for name, value in (("intel-rapl:0", 900), ("intel-rapl:1", 5), ("intel-rapl:0:0", 7)):
        zone = tmp_path / name
        zone.mkdir()
        (zone / "energy_uj").write_text(f"{value * 1_000_000}\n")
        (zone / "max_energy_range_uj").write_text("1000000000")
    meter = energy.Rapl(tmp_path)
    assert meter.joules() == 0
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("950000000")
    (tmp_path / "intel-rapl:0:0" / "energy_uj").write_text("500000000")
    assert meter.joules() == 50
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("20000000")
    assert meter.joules() == 50 + 70
    assert energy.Rapl(tmp_path / "nowhere").joules() is None


def test_mail_and_storage_are_counted(world: World, settings: Any) -> None:
    shoot = world.shoot(State.CHOOSING)
    notices.send(shoot=Shoot.objects.get(pk=shoot.pk), kind="choose")
    notices.send(shoot=Shoot.objects.get(pk=shoot.pk), kind="choose")
    mails = ServiceUsage.objects.get(kind="mail")
    assert (mails.quantity, mails.unit_cents) == (2, pytest.approx(0.01))
    # The first photo came six days ago.
    first = Selfie.objects.filter(shoot=shoot).earliest("created_at")
    Selfie.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(days=6))
    assert [usage.count_storage(), usage.count_storage()] == [1, 0]
    stored = ServiceUsage.objects.filter(kind="storage")
    folder = settings.PRIVATE_ROOT / shoot.folder
    size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    assert stored.get().quantity == pytest.approx(size / 1e9 / 5, rel=0.01)
    stored.update(counted_at=timezone.now() - timedelta(days=15))
    assert usage.count_storage() == 1
    months = 1 / 5 + 1 / 2
    assert sum(row.quantity for row in stored) == pytest.approx(size / 1e9 * months, rel=0.01)
    cost = costs.of_shoots([shoot.pk])[shoot.pk]
    assert cost.mail == pytest.approx(0.02)
    assert cost.storage == pytest.approx(size / 1e9 * months * 2, rel=0.01)


def test_storage_that_two_sweeps_are_at_is_counted_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep takes minutes and another begins: both have listed the same people as due."""
    shoots = [world.shoot(State.CHOOSING) for _ in range(2)]
    Selfie.objects.update(created_at=timezone.now() - timedelta(days=6))
    size = Vault.size
    others: list[int] = []

    def meanwhile(self: Vault, key: str) -> int:
        if not others:
            others.append(0)
            others[0] = usage.count_storage()
        return size(self, key)

    monkeypatch.setattr(Vault, "size", meanwhile)
    assert (usage.count_storage(), others) == (0, [2])
    for shoot in shoots:
        sizes = [size(vault(), key) for key in vault().keys(shoot.folder)]
        quantity = ServiceUsage.objects.get(kind="storage", shoot=shoot).quantity
        assert quantity == pytest.approx(sum(sizes) / 1e9 / 5, rel=0.01)


def test_where_a_credit_goes_adds_up(world: World, client: Client) -> None:
    assert where_credits_go.of_organisation(world.organisation) is None
    order = world.order(people=2)
    good, gone = order.shoots.all()
    bring(good, State.DELIVERED)
    bring(gone, State.CHOOSING)
    for shoot in (good, gone):
        ran(shoot, "training", 1000)
    from generation.ordering import orders

    orders.cancel_shoot(actor=SYSTEM, shoot=gone)
    story = where_credits_go.of_organisation(world.organisation)
    assert story is not None
    making = {part.key: part.cents for part in story.making}
    assert (making["training"], making["ended"]) == (pytest.approx(100), pytest.approx(100))
    assert (story.headshots, story.credits, story.revenue.bought) == (1, 1, False)
    assert story.paid == pytest.approx(story.revenue.cents)
    assert sum(p.cents for p in story.price) == pytest.approx(story.revenue.cents)
    for parts in (story.making, story.price):
        assert sum(part.width for part in parts) == pytest.approx(1000)
        assert parts[-1].start + parts[-1].width == pytest.approx(1000)
    assert story.margin_share == round(100 * story.margin / story.revenue.cents)
    # Where making takes more than the price, the price stays what it is.
    ran(good, "judging", 10 * 60 * 60)
    dear = where_credits_go.of_organisation(world.organisation)
    assert dear is not None
    assert dear.paid == pytest.approx(story.revenue.cents)
    assert dear.margin == pytest.approx(story.margin - 3600)
    assert dear.margin < 0
    client.force_login(world.owner)
    page = client.get(reverse("credit_costs", args=[world.organisation.slug])).content.decode()
    assert f"Making it took {cost(dear.short)} more than was paid for it." in page


def test_usage_by_department_and_month_and_its_file(world: World, client: Client) -> None:
    client.force_login(world.owner)
    people = world.hire(2)
    for person, department in zip(people, ("=HYPERLINK(1)", "Legal"), strict=True):
        person.department = department
        person.save()
    one, two = world.order(employees=people).shoots.order_by("employee__employee_number")
    bring(one, State.DELIVERED)
    ran(one, "training", 3600, images=3)
    ran(two, "training", 1800)
    ComputeUsage.objects.filter(shoot=two).update(begun_at=timezone.now() - timedelta(days=70))
    ran(two, "generating", 0, joules=3.6e6)
    months = usage_report.months(organisation=world.organisation)
    assert len(months) == 12
    assert [(r.department, r.people, r.headshots, r.credits) for r in months[-1].rows] == [
        ("=HYPERLINK(1)", 1, 1, 1),
        ("Legal", 1, 0, 0),
    ]
    assert sum(m.rows[0].seconds for m in months[:-1] if m.rows) == 1800
    answer = client.get(reverse("usage_csv", args=[world.organisation.slug]))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    mine = next(row for row in rows if "HYPERLINK" in row[1])
    assert mine[1] == "'=HYPERLINK(1)"
    # Its device told nothing of energy, which is not nought.
    assert mine[2:8] == ["1", "1", "1", "1.0", "3", ""]
    theirs = next(row for row in rows[::-1] if row[1] == "Legal")
    assert theirs[7] == "1.0"
    page = client.get(reverse("usage", args=[world.organisation.slug])).content.decode()
    assert "Legal" in page
    assert "<svg" in page


def test_who_comes_into_an_old_order_counts_when_they_come(world: World) -> None:
    """As their department's budget does."""
    first = world.shoot()
    then = timezone.now() - timedelta(days=70)
    Order.objects.filter(pk=first.order_id).update(created_at=then)
    Shoot.objects.filter(pk=first.pk).update(created_at=then)
    orders.add_people(actor=world.actor, order=first.order, employees=world.hire(2))
    told = usage_report.months(organisation=world.organisation)
    assert told[-1].rows[0].people == 2
    assert sum(row.people for month in told[:-1] for row in month.rows) == 1
    # What is older than the months shown is not among them.
    long_ago = timezone.now() - timedelta(days=400)
    Shoot.objects.filter(pk=first.pk).update(created_at=long_ago)
    told = usage_report.months(organisation=world.organisation)
    assert sum(row.people for month in told for row in month.rows) == 2


def test_a_month_turns_where_the_organisation_is_at_home(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As its budgets do: the morning of the first in Auckland is still the month before in UTC."""
    first = datetime(2031, 4, 30, 20, tzinfo=UTC)
    world.organisation.time_zone = "Pacific/Auckland"
    world.organisation.save()
    monkeypatch.setattr(timezone, "now", lambda: first)
    shoot = world.shoot(State.DELIVERED)
    ran(shoot, "training", 1800)
    ComputeUsage.objects.filter(shoot=shoot).update(begun_at=first)
    usage.count_mail(shoot=shoot)
    *_, april, may = usage_report.months(organisation=world.organisation)
    assert (april.first, may.first) == (date(2031, 4, 1), date(2031, 5, 1))
    assert (len(april.rows), len(may.rows)) == (0, 1)
    (row,) = may.rows
    assert (row.people, row.headshots, row.seconds) == (1, 1, 1800)
    world.organisation.time_zone = "UTC"
    assert usage_report.months(organisation=world.organisation)[-1].first == date(2031, 4, 1)


def test_what_is_withdrawn_after_delivery_stays_in_the_figures(world: World) -> None:
    """The credit was taken, so a month that was told once does not change afterwards."""
    gone, kept = (world.shoot(State.DELIVERED) for _ in range(2))
    for shoot in (gone, kept):
        ran(shoot, "training", 1000)
        ran(shoot, "generating", 500)
        Candidate.objects.create(
            shoot=shoot, round=1, number=99, seed=1, passed=False, receipt={"reasons": []}
        )

    def told() -> tuple[list[tuple[str, int, int]], object]:
        month = usage_report.months(organisation=world.organisation)[-1]
        story = where_credits_go.of_organisation(world.organisation)
        assert story is not None
        price = {part.key: part.cents for part in story.price}
        rows = [(row.department, row.headshots, row.credits) for row in month.rows]
        cost = costs.of_shoots([gone.pk])[gone.pk]
        assert cost.rejected > 0
        return rows, (story.headshots, story.credits, story.ended_cents, price, cost)

    before = told()
    assert before[0][0][1:] == (2, 2)
    withdrawals.withdraw(actor=SYSTEM, shoot=gone)
    assert told() == before


def test_the_chart_stacks_the_largest_departments_and_adds_up() -> None:
    first, second = date(2027, 1, 1), date(2027, 2, 1)
    months = [
        Month(first, [Row(first, f"D{n}", credits=10 - n) for n in range(8)]),
        Month(second, [Row(second, "D7", credits=1), Row(second, "D0", credits=90)]),
    ]
    chart = usage_chart.of(months)
    assert [(b.department, b.credits) for b in chart.bands[:2]] == [("D0", 100), ("D1", 9)]
    assert (chart.bands[-1].rest, chart.bands[-1].credits) == (True, 5 + 4 + 3 + 1)
    assert sum(band.credits for band in chart.bands) == 52 + 91
    small, large = chart.months
    assert sum(float(p.height) for p in large.pieces) == pytest.approx(usage_chart.HIGHEST)
    assert sum(float(p.height) for p in small.pieces) == pytest.approx(
        usage_chart.HIGHEST * 52 / 91, abs=0.1
    )
    # One stands on the other, the first on the ground.
    tops = [float(p.y) for p in small.pieces]
    assert tops == sorted(tops, reverse=True)
    assert tops[0] + float(small.pieces[0].height) == pytest.approx(usage_chart.GROUND, abs=0.01)
    assert usage_chart.of([Month(first)]).bands == []


def test_another_organisations_usage_is_not_counted(world: World) -> None:
    from tests.world import make_world

    ran(make_world("Other").shoot(State.DELIVERED), "training", 100)
    assert not any(m.rows for m in usage_report.months(organisation=world.organisation))
    assert where_credits_go.of_organisation(world.organisation) is None


@pytest.mark.parametrize("route", ["usage", "credit_costs", "budgets"])
def test_these_pages_ask_as_often_for_many_people(world: World, client: Client, route: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(world.owner)
    url = reverse(route, args=[world.organisation.slug])

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get(url).status_code == 200
        return len(found)

    world.budget("Sales", 2)
    ran(world.shoot(State.DELIVERED), "training", 1)
    client.get(url)
    few = asked()
    world.budget("Legal", 2)
    for _ in range(3):
        ran(world.shoot(State.DELIVERED), "training", 1)
    assert asked() == few


def test_progress_says_what_it_cost(world: World, client: Client) -> None:
    client.force_login(world.owner)
    shoot = world.shoot(State.CHOOSING)
    ran(shoot, "training", 25)
    assert progress.of_shoots([shoot])[0].cost_cents == pytest.approx(2.5)
    page = client.get(reverse("order", args=[world.organisation.slug, shoot.order_id]))
    assert "2.5 ¢" in page.content.decode()


def test_the_margin_is_what_was_really_paid_less_fee_and_making(
    world: World, client: Client
) -> None:
    """At 360 cents an hour a thousand seconds are a dollar; of payments of $3,360, $2,060 for 100
    credits did not go back."""
    for credits, cents, state, refunded in (
        (10, 26_000, "paid", 0),
        (135, 270_000, "part_refunded", 90_000),
        (50, 40_000, "refunded", 40_000),
        (50, 999_999, "open", 0),
        (50, 999_999, "failed", 0),
    ):
        Purchase.objects.create(
            organisation=world.organisation,
            kind="pack",
            credits=credits,
            cents=cents,
            state=state,
            refunded_cents=refunded,
        )
    table = price_tables.in_force()
    fee = 3360 * float(table.payment_percent) / 100 + float(table.payment_fixed) * 3 / 100
    found = revenue.of_a_credit(world.organisation)
    assert (found.cents, found.fee, found.bought) == (2060, pytest.approx(fee), True)
    assert 0 < fee < 100
    order = world.order(people=2)
    for shoot in order.shoots.all():
        bring(shoot, State.DELIVERED)
        ran(shoot, "training", 1000)
    client.force_login(world.owner)
    slug = world.organisation.slug
    page = client.get(reverse("shoot", args=[slug, shoot.pk])).content.decode()
    assert f"<dd>{cost(2060 - fee - 100)}</dd>" in page
    page = " ".join(client.get(reverse("order", args=[slug, order.pk])).content.decode().split())
    assert "2 credits were taken; one is worth $20.60." in page
    assert f"the making, {cost(2 * (2060 - fee - 100))} of it is left" in page

"""What departments may take, and what orders say of bookkeeping."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actors import SYSTEM
from accounts.models import Employee
from billing import ledger
from billing.models import CreditHold
from generation.models import Order, Shoot, State
from generation.ordering import add_ons, budgets_used, orders
from headshots.lib.problems import Problem
from tests.world import World, bring


def sales(world: World, count: int, department: str = "Sales") -> list[Employee]:
    people = world.hire(count)
    for person in people:
        person.department = department
        person.save()
    return people


def left(world: World) -> int:
    (use,) = budgets_used.of_organisation(world.organisation)
    return use.left


def test_an_order_beyond_the_budget_is_refused_whole(world: World) -> None:
    world.budget("Sales", 2)
    with pytest.raises(Problem) as refused:
        world.order(employees=[*sales(world, 3), *world.hire(2)])
    assert refused.value.code == "over_budget"
    assert "Sales has 2 of its 2 credits left this month" in refused.value.sentence
    assert not Order.objects.exists()
    world.order(employees=[*sales(world, 2, "SALES "), *world.hire(2)])
    assert left(world) == 0
    with pytest.raises(Problem):
        world.order(employees=sales(world, 1))


def test_a_month_ends_at_midnight_where_the_organisation_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at(moment: str) -> None:
        monkeypatch.setattr(timezone, "now", lambda: datetime.fromisoformat(moment))

    world.budget("Sales", 1)
    world.organisation.time_zone = "Asia/Tokyo"
    world.organisation.save()
    at("2027-03-31T14:59:00+00:00")
    world.order(employees=sales(world, 1))
    assert left(world) == 0
    at("2027-03-31T15:01:00+00:00")
    assert left(world) == 1
    world.order(employees=sales(world, 1))
    # Midnight in Greenwich begins nothing there.
    at("2027-04-01T00:01:00+00:00")
    assert left(world) == 0
    with pytest.raises(Problem, match="0 of its 1 credits left this month"):
        world.order(employees=sales(world, 1))


def test_add_ons_count(world: World) -> None:
    world.budget("Sales", 3)
    with pytest.raises(Problem):
        world.order(employees=sales(world, 2), more_pictures=True)
    world.order(employees=sales(world, 1), more_pictures=True)
    assert left(world) == 1


def test_latecomers_have_what_the_order_has_and_must_fit_as_well(world: World) -> None:
    world.budget("Sales", 3)
    order = world.order(employees=sales(world, 1), more_pictures=True)
    with pytest.raises(Problem) as refused:
        orders.add_people(actor=world.actor, order=order, employees=sales(world, 1))
    assert refused.value.code == "over_budget"
    world.budget("Sales", 4)
    (late,) = orders.add_people(actor=world.actor, order=order, employees=sales(world, 1))
    assert (late.credits, late.wanted, left(world)) == (2, 8, 0)


def test_what_comes_back_makes_room_and_what_was_taken_does_not(world: World) -> None:
    world.budget("Sales", 2)
    order = world.order(employees=sales(world, 2))
    one, two = order.shoots.all()
    orders.cancel_shoot(actor=SYSTEM, shoot=one)
    assert left(world) == 1
    bring(two, State.DELIVERED)
    assert left(world) == 1
    Shoot.objects.filter(pk=two.pk).update(state=State.WITHDRAWN)
    assert left(world) == 1


def test_last_months_orders_leave_this_months_budget_alone(world: World) -> None:
    world.budget("Sales", 1)
    world.order(employees=sales(world, 1))
    long_ago()
    assert left(world) == 1


def long_ago() -> None:
    """All that was ordered so far was ordered in another period."""
    for model in (Order, Shoot, CreditHold):
        model.objects.update(created_at="2020-01-01T00:00:00Z")


def test_who_comes_into_an_old_order_counts_now(world: World) -> None:
    world.budget("Sales", 3)
    order = world.order(employees=sales(world, 1))
    long_ago()
    orders.add_people(actor=world.actor, order=order, employees=sales(world, 2))
    assert left(world) == 1
    with pytest.raises(Problem) as refused:
        orders.add_people(actor=world.actor, order=order, employees=sales(world, 2))
    assert refused.value.code == "over_budget"
    assert order.shoots.count() == 3


def test_more_pictures_of_an_old_order_count_when_they_are_asked_for(world: World) -> None:
    order = world.order(employees=sales(world, 2))
    one, two = (bring(shoot, State.CHOOSING) for shoot in order.shoots.all())
    long_ago()
    world.budget("Sales", 1)
    assert left(world) == 1
    add_ons.more_pictures(actor=world.actor, shoot=one)
    assert left(world) == 0
    with pytest.raises(Problem) as refused:
        add_ons.more_pictures(actor=world.actor, shoot=two)
    assert refused.value.code == "over_budget"
    # Given up, it makes room; taken, it does not.
    orders.cancel_shoot(actor=SYSTEM, shoot=one)
    assert left(world) == 1
    add_ons.more_pictures(actor=world.actor, shoot=two)
    ledger.capture(actor=SYSTEM, organisation=world.organisation, source_key=two.hold_keys[1])
    assert left(world) == 0


def test_moving_to_another_department_moves_no_money(world: World) -> None:
    world.budget("Sales", 1)
    (person,) = sales(world, 1)
    world.order(employees=[person])
    person.department = "Legal"
    person.save()
    assert left(world) == 0


def test_an_order_by_the_page_keeps_cost_centre_and_number(world: World, client: Client) -> None:
    client.force_login(world.owner)
    (person,) = sales(world, 1)
    world.budget("Sales", 1)
    fields = {
        "look": world.look.pk,
        "employees": [person.pk],
        "due": str(timezone.localdate() + timedelta(days=30)),
        "cost_centre": " CC  4711 ",
        "po_number": "PO-9",
        "more_pictures": "yes",
    }
    url = reverse("order_new", args=[world.organisation.slug])
    refused = client.post(url, fields)
    assert refused.status_code == 409
    assert "Sales has 1 of its 1 credits left" in refused.content.decode()
    assert 'value=" CC  4711 "' in refused.content.decode()
    del fields["more_pictures"]
    placed = client.post(url, fields, follow=True)
    order = Order.objects.get()
    assert (order.cost_centre, order.po_number) == ("CC 4711", "PO-9")
    assert "Cost centre CC 4711." in placed.content.decode()
    assert "1 credit will be held" in placed.content.decode()


def test_budgets_are_set_and_removed_on_their_page(world: World, client: Client) -> None:
    client.force_login(world.owner)
    url = reverse("budgets", args=[world.organisation.slug])
    wrong = client.post(url, {"department": "Sales", "period": "month", "credits": "-1"})
    assert wrong.status_code == 422
    assert "whole number" in wrong.content.decode()
    client.post(url, {"department": "Sales", "period": "quarter", "credits": "40"})
    world.order(employees=sales(world, 2))
    page = client.get(url).content.decode()
    assert "2 of 40 taken this quarter, 38 left" in page
    budget = world.organisation.budgets.get()
    client.post(reverse("budget_remove", args=[world.organisation.slug, budget.pk]))
    assert not world.organisation.budgets.exists()

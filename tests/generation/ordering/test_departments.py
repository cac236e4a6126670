"""Departments get their own look, and whoever leaves gives the credit back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee, RosterImport
from accounts.staff import roster_imports, roster_people, roster_reading
from billing import ledger
from generation import states
from generation.leaving import leavers
from generation.models import Order, Shoot, State
from generation.ordering import department_looks, looks, orders
from headshots.lib.problems import Problem
from tests.world import DIRECTION, World, make_world


def hire(world: World, *departments: str) -> list[Employee]:
    people = world.hire(len(departments))
    for person, department in zip(people, departments, strict=True):
        person.department = department
        person.save()
    return people


def test_each_department_gets_its_own_look(world: World, client: Client) -> None:
    people = hire(world, "Sales", "Sales", "Legal", "")
    client.force_login(world.owner)
    slug = world.organisation.slug
    warm = looks.save_look(
        actor=world.actor,
        organisation=world.organisation,
        name="Warm",
        **{**DIRECTION, "attire": "white shirt"},
    )
    page = reverse("department_looks", args=[slug])
    assert client.get(page).context["departments"] == [("Legal", None), ("Sales", None)]
    client.post(page, {"department": ["Sales", "Nowhere"], "look": [warm.pk, warm.pk]})
    newest = looks.save_look(
        actor=world.actor, organisation=world.organisation, name="Warm", **DIRECTION
    )
    assert client.get(page).context["departments"][1] == ("Sales", newest)
    form = {
        "look": world.look.pk,
        "due": str(timezone.localdate() + timedelta(days=30)),
        "name": "Autumn",
        "by_department": "yes",
        "employees": ",".join(person.pk.hex for person in people),
    }
    answer = client.post(reverse("order_new", args=[slug]), form)
    assert answer["Location"] == reverse("overview", args=[slug])
    placed = {order.look: order for order in Order.objects.all()}
    assert set(placed) == {newest, world.look}
    sales = placed[newest]
    assert sales.name == "Autumn, Warm"
    assert {shoot.employee for shoot in sales.shoots.all()} == set(people[:2])
    # Without asking for it everybody gets the order's look.
    form.pop("by_department")
    form["twice"] = "yes"
    client.post(reverse("order_new", args=[slug]), form)
    assert Order.objects.filter(name="Autumn").get().shoots.count() == 4


def test_all_orders_are_placed_or_none(db: None) -> None:
    world = make_world(credits=3)
    people = hire(world, "Sales", "Sales", "Legal", "Legal")
    other = looks.save_look(
        actor=world.actor,
        organisation=world.organisation,
        name="Warm",
        **{**DIRECTION, "attire": "white shirt"},
    )
    department_looks.assign(
        actor=world.actor, organisation=world.organisation, looks={"Sales": other}
    )
    with pytest.raises(Problem, match="1 credit is missing"):
        department_looks.place_orders(
            actor=world.actor,
            organisation=world.organisation,
            look=world.look,
            employees=people,
            due_at=timezone.now() + timedelta(days=3),
        )
    assert not Order.objects.exists()
    foreign = make_world("Other").look
    with pytest.raises(Problem):
        department_looks.assign(
            actor=world.actor, organisation=world.organisation, looks={"Legal": foreign}
        )


def test_a_leavers_open_part_is_cancelled_and_the_credit_comes_back(
    world: World, client: Client
) -> None:
    working, done, staying = (
        world.shoot(state) for state in (State.QUEUED, State.DELIVERED, State.INVITED)
    )
    held = ledger.balance(organisation=world.organisation).held
    assert held == 1
    Employee.objects.filter(pk__in=[working.employee_id, done.employee_id]).update(status="left")
    # The preview of a file that leaves them out says so.
    found = roster_reading.start_import(
        actor=world.actor,
        organisation=world.organisation,
        data=b"Email\nsomebody@else.example\n",
        filename="staff.csv",
    )
    found = roster_imports.map_columns(
        actor=world.actor, roster_import=found, meanings=["email"], mark_leavers=True
    )
    client.force_login(world.owner)
    page = reverse("roster_import", args=[world.organisation.slug, found.pk])
    assert "1 of those who leave is in an open order" in client.get(page).content.decode()
    assert leavers.cancel() == 1
    assert leavers.cancel() == 0
    states = {shoot.pk: shoot.state for shoot in Shoot.objects.all()}
    assert states[working.pk] == State.CANCELLED
    assert states[done.pk] == State.DELIVERED
    assert states[staying.pk] == State.INVITED
    assert ledger.balance(organisation=world.organisation).held == 0
    assert orders.credits_promised(organisation=world.organisation) == 1


def test_old_roster_files_are_forgotten(world: World) -> None:
    old, new = world.roster_file(), world.roster_file()
    RosterImport.objects.filter(pk=old.pk).update(
        created_at=timezone.now() - roster_imports.KEPT_FOR - timedelta(minutes=1)
    )
    assert roster_imports.forget_old() == 1
    assert list(RosterImport.objects.all()) == [new]


def test_leavers_who_had_a_headshot_before_are_warned_of_as_well(
    world: World, client: Client
) -> None:
    assert set(roster_people.UNDER_WAY) == set(State.values) - states.ENDED
    before = [world.shoot(state) for state in (State.DELIVERED, State.DELIVERED, State.QUEUED)]
    orders.cancel_shoot(actor=world.actor, shoot=before[2])
    people = [shoot.employee for shoot in before]
    world.order(employees=people[:2])
    found = world.roster_file("Email\nsomebody@else.example\n")
    roster_imports.map_columns(
        actor=world.actor, roster_import=found, meanings=["email"], mark_leavers=True
    )
    client.force_login(world.owner)
    page = reverse("roster_import", args=[world.organisation.slug, found.pk])
    assert "2 of those who leave are in open orders" in client.get(page).content.decode()
    assert roster_imports.apply_import(actor=world.actor, roster_import=found).done
    assert leavers.cancel() == 2

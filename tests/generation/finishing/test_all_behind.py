"""A new plate for all orders of a look: begun by one button, each decided by itself."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_q.models import OrmQ

from accounts.actors import SYSTEM
from accounts.developers import partners
from generation import pieces, tasks
from generation.finishing import all_behind, refinishing
from generation.models import Finish, Finishing, Order, Refinish, State
from generation.views import finishes as pages
from headshots.lib.problems import Problem
from tests.api.program import Program
from tests.generation.finishing.test_refinishing import finish_in
from tests.world import World, bring, give_files, make_world


def delivered(world: World, count: int) -> list[Order]:
    """Orders of one person each, whose headshots have files."""
    orders = []
    for _number in range(count):
        shoot = bring(world.order().shoots.get(), State.DELIVERED)
        give_files(shoot)
        orders.append(Order.objects.get(pk=shoot.order_id))
    return orders


@pytest.fixture
def orders(world: World) -> list[Order]:
    finish_in(world, "#204060")
    return delivered(world, 3)


@pytest.fixture
def finish(world: World, orders: list[Order]) -> Finish:
    """Newer than that of the orders."""
    return finish_in(world, "#f0e0d0")


def page(world: World, client: Client) -> str:
    client.force_login(world.owner)
    place = reverse("look_finish", args=[world.organisation.slug, world.look.pk])
    return client.get(place).content.decode()


def test_all_of_them_are_begun_but_what_is_undecided(
    world: World, client: Client, orders: list[Order], finish: Finish
) -> None:
    said = page(world, client)
    assert "3 orders have an earlier finish" in said
    assert "Render 3 orders anew" in said
    one = refinishing.start(actor=SYSTEM, order=orders[0], finish=finish)
    said = page(world, client)
    # What is undecided leads to where it is decided, and has no button that is refused.
    assert "Render 2 orders anew" in said
    assert reverse("refinish", args=[world.organisation.slug, one.pk]) in said
    start = [reverse("refinish_start", args=[world.organisation.slug, o.pk]) for o in orders]
    assert [address in said for address in start] == [False, True, True]
    address = reverse("look_render_anew", args=[world.organisation.slug, world.look.pk])
    answer = client.post(address, follow=True)
    assert "2 orders are rendered anew" in answer.content.decode()
    assert set(Refinish.objects.filter(finish=finish).values_list("order", flat=True)) == {
        order.pk for order in orders
    }
    said = page(world, client)
    assert "3 orders have an earlier finish" in said
    assert address not in said
    assert not any(each in said for each in start)
    assert client.post(address).status_code == 409
    # Each is decided by itself.
    Finishing.objects.filter(refinish=one).update(state=Finishing.State.DONE)
    refinishing.approve(actor=SYSTEM, refinish=one)
    assert "2 orders have an earlier finish" in page(world, client)


def test_more_than_are_listed_are_counted_and_begun(
    world: World,
    client: Client,
    orders: list[Order],
    finish: Finish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "MOST_ORDERS", 2)
    said = page(world, client)
    assert "3 orders have an earlier finish" in said
    assert "1 more is not listed here." in said
    assert all_behind.start(actor=SYSTEM, look=world.look).count == 3


def test_many_people_are_begun_by_tasks(
    world: World, orders: list[Order], finish: Finish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "AT_ONCE", 2)
    OrmQ.objects.all().delete()
    begun = all_behind.start(actor=world.actor, look=world.look)
    assert (begun.count, begun.later) == (3, True)
    assert not Refinish.objects.exists()
    # Somebody was faster with one of them.
    refinishing.start(actor=SYSTEM, order=orders[1], finish=finish)
    messages = [m.task for m in OrmQ.objects.order_by("pk")]
    pieces_of = [m for m in messages if m["func"] == "generation.tasks.refinish_some"]
    assert len(pieces_of) == 2
    assert sum(tasks.refinish_some(*m["args"]) for m in pieces_of) == 2
    assert Refinish.objects.count() == 3
    assert set(Refinish.objects.exclude(order=orders[1]).values_list("made_by", flat=True)) == {
        world.owner.pk
    }
    with pytest.raises(Problem, match="Decide about those first"):
        all_behind.start(actor=world.actor, look=world.look)


def test_what_a_partner_began_for_many_stops_with_its_grant(
    world: World, orders: list[Order], finish: Finish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "AT_ONCE", 2)
    partner = make_world("Partner")
    grant = partners.grant(
        actor=world.actor,
        organisation=world.organisation,
        partner_id=str(partner.organisation.pk),
        wanted=["headshots:write"],
    )
    program = Program.of(partner.organisation)
    program.headers["Headshots-Organisation"] = str(world.organisation.pk)
    OrmQ.objects.all().delete()
    assert program.post(f"looks/{world.look.pk}/finish/behind").status_code == 202
    first, second = [
        m.task for m in OrmQ.objects.order_by("pk") if m.task["func"].endswith("refinish_some")
    ]
    assert tasks.refinish_some(*first["args"]) == 2
    partners.withdraw(actor=world.actor, grant=grant)
    assert tasks.refinish_some(*second["args"]) == 0
    assert Refinish.objects.count() == 2


def test_the_page_asks_as_little_for_many_orders_as_for_one(
    world: World, client: Client, orders: list[Order], finish: Finish
) -> None:
    page(world, client)
    asked = []
    for _number in range(2):
        with CaptureQueriesContext(connection) as found:
            page(world, client)
        asked.append(len(found))
        old = orders[0].finish
        assert old is not None
        for order in delivered(world, 2):
            Order.objects.filter(pk=order.pk).update(finish=old)
            Finishing.objects.filter(headshot__shoot__order=order).update(finish=old)
    assert "7 orders have an earlier finish" in page(world, client)
    assert asked[0] == asked[1]

"""Whose part was cancelled or failed does not come back into an order; it is said, and the way to
another order is there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actors import SYSTEM
from accounts.models import Role
from generation import states
from generation.leaving import leavers
from generation.models import Order, Shoot, State
from tests.forms import hidden
from tests.world import World, make_world


@pytest.fixture
def order(world: World, client: Client) -> Order:
    """Three people; two were marked as having left by a slip, and the minute has passed."""
    client.force_login(world.owner)
    found = world.order(3)
    slipped = list(found.shoots.all())[:2]
    said = {"act": "left", "employees": [shoot.employee_id for shoot in slipped]}
    client.post(reverse("roster_act", args=[world.organisation.slug]), said)
    assert leavers.cancel() == 2
    return found


def bring_back(world: World, client: Client) -> str:
    """Everybody who has left comes back; what is said."""
    said = {"act": "back", "status": "left", "everybody": "1"}
    done = client.post(reverse("roster_act", args=[world.organisation.slug]), said, follow=True)
    return done.content.decode()


def test_leaving_and_coming_back_say_what_does_not_go_on(
    world: World, client: Client, order: Order
) -> None:
    roster = client.get(reverse("roster", args=[world.organisation.slug])).content.decode()
    assert "what was cancelled does not go on: it takes a new order" in roster
    said = bring_back(world, client)
    assert "2 people are back on the roster. What was cancelled as they left" in said


def test_a_slip_undone_within_the_minute_needs_no_words(world: World, client: Client) -> None:
    client.force_login(world.owner)
    shoot = world.shoot()
    said = {"act": "left", "employees": [shoot.employee_id]}
    client.post(reverse("roster_act", args=[world.organisation.slug]), said)
    assert "does not go on; it takes" not in bring_back(world, client)
    assert leavers.cancel() == 0


def test_they_are_ordered_for_anew_from_where_one_looks_for_them(
    world: World, client: Client, order: Order
) -> None:
    slug = world.organisation.slug
    bring_back(world, client)
    back = {shoot.employee_id for shoot in order.shoots.filter(state=State.CANCELLED)}
    anew = f"{reverse('order_new', args=[slug])}?ended={order.pk}"
    # On the page to add people, which lists nobody, and on the order's page.
    adding = client.get(reverse("order_add_people", args=[slug, order.pk])).content.decode()
    assert "2 people of this order were cancelled or failed" in adding
    assert anew in adding
    assert "Everybody is in this order" not in adding
    place = reverse("order", args=[slug, order.pk])
    assert anew in client.get(place, {"stage": "ended"}).content.decode()
    assert anew not in client.get(place).content.decode()
    # Their own page leads to an order for them alone.
    shoot = order.shoots.filter(state=State.CANCELLED).first()
    page = client.get(reverse("shoot", args=[slug, shoot.pk])).content.decode()
    one = f"{reverse('order_new', args=[slug])}?employees={shoot.employee_id}"
    assert one in page
    assert client.get(one).context["chosen"] == {shoot.employee_id}
    # They are chosen there, and ordering for them is an order like any other.
    form = client.get(anew)
    assert form.context["chosen"] == back
    sent = {
        **hidden(form, reverse("order_new", args=[slug])),
        "employees": form.context["chosen_words"],
        "look": world.look.pk,
        "due": (timezone.localdate() + timedelta(days=9)).isoformat(),
    }
    assert client.post(reverse("order_new", args=[slug]), sent).status_code == 302
    again = Shoot.objects.exclude(order=order)
    assert {shoot.employee_id for shoot in again} == back
    assert {shoot.state for shoot in again} == {State.INVITED}


@pytest.mark.parametrize("end", [State.OPTED_OUT, State.DELIVERED])
def test_whoever_stepped_out_or_is_done_is_not_led_there(
    world: World, client: Client, end: State
) -> None:
    client.force_login(world.owner)
    shoot = world.shoot(end if end == State.DELIVERED else State.COLLECTING)
    if end == State.OPTED_OUT:
        with transaction.atomic():
            states.move(actor=SYSTEM, shoot=states.locked(shoot.pk), to=end)
    slug = world.organisation.slug
    page = client.get(reverse("shoot", args=[slug, shoot.pk])).content.decode()
    assert "Place a new order" not in page
    form = client.get(reverse("order_new", args=[slug]), {"ended": str(shoot.order_id)})
    assert form.context["chosen"] == set()


def test_others_orders_and_nonsense_choose_nobody(
    world: World, client: Client, order: Order
) -> None:
    place = reverse("order_new", args=[world.organisation.slug])
    assert client.get(place, {"ended": "x"}).context["chosen"] == set()
    foreign = make_world("Other").order()
    assert client.get(place, {"ended": str(foreign.pk)}).status_code == 404
    # Viewers are shown no way that they may not go.
    client.force_login(world.member(Role.VIEWER))
    page = client.get(
        reverse("order", args=[world.organisation.slug, order.pk]), {"stage": "ended"}
    )
    assert "?ended=" not in page.content.decode()

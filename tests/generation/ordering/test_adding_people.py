"""More people for an order that is under way: by its page, by API, with what it costs said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, Role
from generation.models import Order, Shoot, State
from generation.ordering import orders
from headshots.lib.problems import Problem
from tests.api.program import Program
from tests.browser.queue import drain
from tests.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def place(world: World, order: Order) -> str:
    return reverse("order_add_people", args=[world.organisation.slug, order.pk])


def test_people_are_added_by_the_orders_page(world: World, client: Client) -> None:
    order = world.order(2, more_pictures=True)
    new, other = world.hire(2)
    client.force_login(world.owner)
    page = client.get(reverse("order", args=[world.organisation.slug, order.pk])).content.decode()
    assert place(world, order) in page
    form = client.get(place(world, order)).content.decode()
    assert new.email in form
    assert not any(shoot.employee.email in form for shoot in order.shoots.all())
    done = client.post(place(world, order), {"employees": new.pk.hex}, follow=True)
    assert "1 person is in the order now" in done.content.decode()
    shoot = order.shoots.get(employee=new)
    assert (shoot.state, shoot.wanted, shoot.credits) == (State.INVITED, 8, 2)
    again = client.post(place(world, order), {"employees": new.pk.hex}, follow=True)
    assert "They are in the order already; nobody was added." in again.content.decode()
    assert "on their way" not in again.content.decode()
    assert not Shoot.objects.filter(employee=other).exists()
    drain()
    assert [new.email] in [sent.to for sent in mail.outbox]
    assert AuditEntry.objects.get(action="order.people_added").details["employees"] == 1


def test_the_list_on_the_form_finds_pages_and_names_all(world: World, client: Client) -> None:
    order = world.order(1)
    people = world.hire(60)
    client.force_login(world.owner)
    second = client.get(place(world, order), {"page": 2}).content.decode()
    assert second.count('type="checkbox"') == 10
    assert "<html" not in second
    found = client.get(place(world, order), {"all": 1, "q": people[7].email}).json()
    assert found == {"employees": [people[7].pk.hex]}
    everybody = client.get(place(world, order), {"all": 1}).json()["employees"]
    assert len(everybody) == 60


@pytest.mark.parametrize("what", ["nobody", "due", "credits", "another's"])
def test_what_cannot_be_adds_nobody_and_says_why(world: World, client: Client, what: str) -> None:
    order = world.order(1)
    (new,) = world.hire(1)
    said, sentence = {"employees": new.pk.hex}, ""
    if what == "nobody":
        said, sentence = {"employees": ""}, "Choose at least one employee."
    elif what == "due":
        Order.objects.update(due_at=timezone.now() - timedelta(minutes=1))
        sentence = "due already"
    elif what == "credits":
        said = {"employees": ",".join(one.pk.hex for one in world.hire(120))}
        sentence = "credits are missing"
    else:
        said = {"employees": make_world("Other").hire(1)[0].pk.hex}
        sentence = "Choose at least one employee."
    client.force_login(world.owner)
    answer = client.post(place(world, order), said)
    assert answer.status_code in (402, 409, 422)
    assert sentence in answer.content.decode()
    assert order.shoots.count() == 1


def test_a_viewer_adds_nobody(world: World, client: Client) -> None:
    order = world.order(1)
    client.force_login(world.member(Role.VIEWER))
    page = client.get(reverse("order", args=[world.organisation.slug, order.pk])).content.decode()
    assert place(world, order) not in page
    assert client.post(place(world, order), {"employees": "x"}).status_code == 403


def test_people_are_added_by_api_and_twice_is_once(world: World) -> None:
    order = world.order(1)
    people = [str(one.pk) for one in world.hire(2)]
    program = Program.of(world.organisation)
    address = f"orders/{order.pk}/people"
    said = {"employees": people, "invite": False}
    assert program.post(address, said).json() == {"count": 2}
    again = program.post(address, {"employees": [*people, str(world.hire()[0].pk)]})
    assert again.json() == {"count": 1}
    assert order.shoots.count() == 4
    drain()
    asked = {sent.to[0] for sent in mail.outbox}
    assert len(asked) == 2  # the first, and the last; the two were to be brought in otherwise


def test_whoever_is_in_stays_as_they_are(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    added = orders.add_people(actor=world.actor, order=shoot.order, employees=[shoot.employee])
    assert added == []
    shoot.refresh_from_db()
    assert shoot.state == State.CHOOSING
    with pytest.raises(Problem):
        orders.add_people(actor=world.actor, order=shoot.order, employees=[])

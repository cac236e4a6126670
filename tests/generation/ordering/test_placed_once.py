"""The same order is not placed twice: by Back and another press, or by two administrators."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from accounts.models import Employee, Role
from billing import ledger
from generation.models import Look, Order, Shoot, State
from generation.ordering import another_look, department_looks, looks, orders
from generation.storage import vault
from headshots.lib.problems import Problem
from tests.forms import hidden
from tests.world import DIRECTION, World, bring


def filled(world: World, client: Client, people: list[Employee], **more: str) -> dict[str, str]:
    """The order's form, opened and filled in."""
    place = reverse("order_new", args=[world.organisation.slug])
    return {
        **hidden(client.get(place), place),
        "look": str(world.look.pk),
        "due": (timezone.localdate() + timedelta(days=9)).isoformat(),
        "employees": ",".join(person.pk.hex for person in people),
        **more,
    }


def warm(world: World) -> Look:
    return looks.save_look(
        actor=world.actor,
        organisation=world.organisation,
        name="Warm",
        **{**DIRECTION, "attire": "white shirt"},
    )


def test_a_form_sent_again_leads_to_what_it_placed(world: World, client: Client) -> None:
    client.force_login(world.owner)
    place = reverse("order_new", args=[world.organisation.slug])
    form = filled(world, client, world.hire(3))
    first = client.post(place, form)
    (order,) = Order.objects.all()
    assert first["Location"] == reverse("order", args=[world.organisation.slug, order.pk])
    assert "The order is placed" in client.get(first["Location"]).content.decode()
    OrmQ.objects.all().delete()
    # Back, and pressed again; other people are not ordered silently either.
    for people in (form["employees"], world.hire()[0].pk.hex):
        again = client.post(place, {**form, "employees": people, "twice": "yes"})
        assert again["Location"] == first["Location"]
        page = client.get(again["Location"]).content.decode()
        assert "Nothing was ordered a second time" in page
        assert "The order is placed" not in page
    assert Order.objects.get().shoots.count() == 3
    assert not OrmQ.objects.exists()
    # A form opened anew is another order.
    assert client.post(place, filled(world, client, world.hire())).status_code == 302
    assert Order.objects.count() == 2


def test_so_do_the_orders_of_departments(world: World, client: Client) -> None:
    client.force_login(world.owner)
    people = world.hire(3)
    Employee.objects.filter(pk=people[0].pk).update(department="Sales")
    department_looks.assign(
        actor=world.actor, organisation=world.organisation, looks={"Sales": warm(world)}
    )
    place = reverse("order_new", args=[world.organisation.slug])
    form = filled(world, client, people, by_department="yes")
    client.post(place, form)
    assert Order.objects.count() == 2
    # Neither whole nor in part.
    for employees in (form["employees"], people[0].pk.hex, people[1].pk.hex):
        again = client.post(place, {**form, "employees": employees, "twice": "yes"})
        assert again["Location"] == reverse("overview", args=[world.organisation.slug])
    assert (Order.objects.count(), Shoot.objects.count()) == (2, 3)


def test_whoever_is_in_an_open_order_of_the_look_is_asked_about(
    world: World, client: Client
) -> None:
    people = world.hire(3)
    first = world.order(employees=people[:2], name="Autumn")
    Order.objects.update(created_at=timezone.now() - timedelta(minutes=4))
    client.force_login(world.member(Role.ADMIN))
    place = reverse("order_new", args=[world.organisation.slug])
    form = filled(world, client, people)
    asked = client.post(place, form)
    assert asked.status_code == 409
    said = asked.content.decode().replace("\xa0", " ")
    assert "2 of these people are in an open order of this look already" in said
    assert "“Autumn”, placed 4 minutes ago" in said
    assert 'name="twice"' in said
    assert Order.objects.get() == first
    # The question keeps the form; the answer places it.
    assert hidden(asked, place)["once_key"] == form["once_key"]
    assert client.post(place, {**form, "twice": "yes"}).status_code == 302
    assert Shoot.objects.count() == 5


def test_another_look_or_an_ended_part_asks_nothing(world: World, client: Client) -> None:
    client.force_login(world.owner)
    people = world.hire(2)
    world.order(employees=people[:1])
    orders.cancel_order(actor=world.actor, order=world.order(employees=people[1:]))
    place = reverse("order_new", args=[world.organisation.slug])
    other = filled(world, client, people[:1], look=str(warm(world).pk))
    assert 'name="twice"' not in client.get(place).content.decode()
    assert client.post(place, other).status_code == 302
    assert client.post(place, filled(world, client, people[1:])).status_code == 302


def test_a_key_is_each_organisations_own_and_kept_by_the_database(world: World) -> None:
    key = uuid4()
    order = world.order(once_key=key)
    with pytest.raises(Problem) as refused:
        world.order(once_key=key)
    assert refused.value.code == "placed_already"
    with pytest.raises(IntegrityError, match="order_placed_once"):
        Order.objects.create(
            organisation=world.organisation,
            look=order.look,
            frozen_look={},
            due_at=order.due_at,
            once_key=key,
        )


def having_pictures(world: World, people: int) -> Order:
    """An order whose people have pictures to choose from, and what another look is made of."""
    order = world.order(people)
    for shoot in order.shoots.all():
        bring(shoot, State.CHOOSING)
        key = f"{shoot.folder}/adapter/1/adapter.safetensors"
        vault().put(key, b"weights")
        Shoot.objects.filter(pk=shoot.pk).update(adapter=key)
    return order


def test_another_look_is_ordered_once(world: World, client: Client) -> None:
    client.force_login(world.owner)
    order = having_pictures(world, 2)
    first, second = order.shoots.all()
    look = warm(world)
    place = reverse("order_another_look", args=[world.organisation.slug, order.pk])
    form = {**hidden(client.get(place), place), "look": look.pk, "shoots": [first.pk]}
    done = client.post(place, form)
    made = order.extensions.get()
    for shoot in made.shoots.all():
        assert another_look.begin(shoot_id=shoot.pk)
    held = ledger.balance(organisation=world.organisation).held
    # Back, and pressed again.
    again = client.post(place, form, follow=True)
    assert again.redirect_chain[-1][0] == done["Location"]
    assert "Nothing was ordered a second time" in again.content.decode()
    # From a page opened anew, with somebody else as well: nobody has it made twice.
    fresh = {**form, **hidden(client.get(place), place), "shoots": [first.pk, second.pk]}
    refused = client.post(place, fresh)
    assert refused.status_code == 409
    assert "1 of these people is having this look made already" in refused.content.decode()
    assert refused.context["chosen"] == [str(second.pk)]
    assert refused.context["look_id"] == str(look.pk)
    assert order.extensions.count() == 1
    assert ledger.balance(organisation=world.organisation).held == held
    assert client.post(place, {**fresh, "shoots": refused.context["chosen"]}).status_code == 302
    assert order.extensions.count() == 2

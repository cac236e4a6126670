"""Partners hear of what happens: of everything, of it once, and of nothing that did not happen."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django_q.models import OrmQ

from accounts.actors import SYSTEM
from accounts.models import Event, WebhookDelivery
from accounts.webhooks import endpoints, events, payloads
from accounts.webhooks.types import CHOICES, TYPES
from generation import states, tasks
from generation.approving import choosing
from generation.models import Shoot, State
from generation.ordering import orders
from headshots.lib.problems import Problem
from tests.world import World, bring, make_world


def told(world: World) -> list[str]:
    rows = Event.objects.filter(organisation=world.organisation).order_by("pk")
    return list(rows.values_list("type", flat=True))


def note_completed() -> None:
    """What the default cluster does with the messages that wait."""
    for message in OrmQ.objects.all():
        if message.func() == "generation.tasks.note_order_completed":
            tasks.note_order_completed(*message.task["args"])


def test_whoever_joins_a_finished_order_finishes_it_again(world: World) -> None:
    first = world.shoot(State.DELIVERED)
    note_completed()
    orders.add_people(actor=world.actor, order=first.order, employees=world.hire(2))
    late = list(first.order.shoots.exclude(pk=first.pk))
    orders.cancel_shoot(actor=world.actor, shoot=late[0])
    note_completed()
    assert told(world).count("order.completed") == 1
    orders.cancel_shoot(actor=world.actor, shoot=late[1])
    note_completed()
    note_completed()
    assert told(world).count("order.completed") == 2


def test_a_whole_shoot_is_told_step_by_step(world: World) -> None:
    shoot = world.shoot(State.DELIVERED)
    note_completed()
    assert told(world) == [
        "order.placed",
        "shoot.invited",
        "release.signed",
        "shoot.collecting",
        "shoot.queued",
        "shoot.training",
        "shoot.generating",
        "shoot.choosing",
        "shoot.approving",
        "headshot.picked",
        "shoot.delivered",
        "headshot.approved",
        "order.completed",
    ]
    event = Event.objects.get(type="shoot.delivered")
    assert event.object_id == str(shoot.pk)
    assert event.payload.endswith(f'/api/v1/shoots/{shoot.pk}"}}}}')
    # Thin: nothing about a person goes out.
    for name in (shoot.employee.email, shoot.employee.first_name, shoot.employee.last_name):
        assert not Event.objects.filter(payload__contains=name).exists()


@pytest.mark.parametrize("end", [State.FAILED, State.CANCELLED, State.OPTED_OUT, State.WITHDRAWN])
def test_every_end_is_told(world: World, end: State) -> None:
    shoot = world.shoot(State.COLLECTING)
    with transaction.atomic():
        states.move(actor=SYSTEM, shoot=states.locked(shoot.pk), to=end)
    note_completed()
    note_completed()
    assert f"shoot.{end}" in told(world)
    assert told(world).count("order.completed") == 1
    assert ("release.withdrawn" in told(world)) == (end == State.WITHDRAWN)


def test_every_state_is_a_type_and_no_other(world: World) -> None:
    known = {name for name in TYPES if name.startswith("shoot.")}
    assert known == {f"shoot.{state}" for state in State}


def test_an_order_is_completed_with_its_last_shoot_alone(world: World) -> None:
    order = world.order(2)
    first, second = order.shoots.all()
    choosing.approve(actor=SYSTEM, shoot=bring(first, State.APPROVING))
    note_completed()
    assert "order.completed" not in told(world)
    orders.cancel_shoot(actor=SYSTEM, shoot=second)
    note_completed()
    assert told(world)[-1] == "order.completed"


def test_cancelling_an_order_is_told_once(world: World) -> None:
    order = world.order(3)
    orders.cancel_order(actor=SYSTEM, order=order)
    orders.cancel_order(actor=SYSTEM, order=order)
    note_completed()
    assert told(world).count("shoot.cancelled") == 3
    assert told(world).count("order.cancelled") == 1
    assert told(world).count("order.completed") == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_was_never_told(settings: Any) -> None:
    settings.ALLOW_LOOPBACK = True
    world = make_world()
    endpoints.add(actor=SYSTEM, organisation=world.organisation, url="http://127.0.0.1:9/")
    shoot = world.shoot(State.CHOOSING)
    before, deliveries = told(world), WebhookDelivery.objects.count()
    picked = choosing.short_list(shoot=shoot)[0]
    try:
        with transaction.atomic():
            choosing.pick(actor=SYSTEM, shoot=shoot, candidate=picked)
            assert "shoot.approving" in told(world)
            raise LookupError
    except LookupError:
        pass
    assert told(world) == before
    assert WebhookDelivery.objects.count() == deliveries
    with pytest.raises(RuntimeError, match="transaction"):
        events.emit(organisation=world.organisation, type="shoot.queued", resource=shoot)


def test_endpoints_hear_what_they_asked_for_of_their_own(world: World, settings: Any) -> None:
    settings.ALLOW_LOOPBACK = True
    other = make_world("Other")

    def add(url: str, where: World = world, **more: Any) -> Any:
        return endpoints.add(
            actor=SYSTEM, organisation=where.organisation, url=f"http://127.0.0.1{url}", **more
        )[0]

    everything = add("/all")
    picky = add("/picky", types=["shoot.collecting", "order.completed"])
    quiet = add("/quiet")
    endpoints.disable(actor=SYSTEM, endpoint=quiet)
    foreign = add("/foreign", other)
    world.shoot(State.QUEUED)

    def heard(endpoint: Any) -> list[str]:
        rows = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("pk")
        return list(rows.values_list("event__type", flat=True))

    assert heard(everything) == told(world)
    assert heard(picky) == ["shoot.collecting"]
    assert heard(quiet) == heard(foreign) == []


def test_a_large_order_is_told_in_few_statements(world: World, settings: Any) -> None:
    settings.ALLOW_LOOPBACK = True
    endpoints.add(actor=SYSTEM, organisation=world.organisation, url="http://127.0.0.1/")
    few, many = world.order(2), world.order(40)
    counts = []
    for order in (few, many):
        with (
            CaptureQueriesContext(
                connection,
            ) as queries,
            transaction.atomic(),
        ):
            events.emit_all(
                organisation=world.organisation,
                type="shoot.invited",
                resources=Shoot.objects.filter(order=order),
            )
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_unknown_type_is_refused(world: World, settings: Any) -> None:
    settings.ALLOW_LOOPBACK = True
    with pytest.raises(Problem, match=r"no event “shoot.exploded”"):
        endpoints.add(
            actor=SYSTEM,
            organisation=world.organisation,
            url="http://127.0.0.1/",
            types=["shoot.exploded"],
        )
    assert all(each.description.endswith(".") for each in CHOICES)


def test_every_event_leads_to_an_address_of_the_api() -> None:
    for each in TYPES.values():
        url = payloads.example(each.name)["data"]["url"]  # type: ignore[index]
        found = resolve(urlsplit(url).path)
        assert found.namespace == "api"
        assert found.url_name, each.name

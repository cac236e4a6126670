"""An endpoint that is switched on again hears of what has happened meanwhile."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.actors import SYSTEM
from accounts.models import Event, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import deliveries, endpoints, events, sending
from generation.models import Order
from tests.accounts.webhooks.receiver import Receiver
from tests.api.program import Program
from tests.world import World

Disabled = WebhookEndpoint.Disabled


def add(world: World, receiver: Receiver) -> WebhookEndpoint:
    return endpoints.add(
        actor=world.actor,
        organisation=world.organisation,
        url=receiver.url,
        types=["order.placed"],
    )[0]


def placed(*orders: Order) -> list[str]:
    found = Event.objects.filter(
        type="order.placed", object_id__in=[str(order.pk) for order in orders]
    )
    return [str(event.pk) for event in found.order_by("created_at")]


def test_what_happens_while_it_is_off_comes_once_it_is_on(world: World, receiver: Receiver) -> None:
    before = world.order()
    endpoint = add(world, receiver)
    receiver.answer = lambda got: 410
    refused = world.order()
    sending.send_due()
    endpoint.refresh_from_db()
    assert endpoint.disabled_because == Disabled.GONE
    meanwhile = [world.order() for _ in range(3)]
    assert sending.send_due() == 0
    receiver.got.clear()
    receiver.answer = lambda got: 200
    program = Program.of(world.organisation)
    place = f"webhook-endpoints/{endpoint.pk}"
    assert program.patch(place, {"enabled": True}).json()["enabled"]
    assert program.patch(place, {"enabled": True}).json()["enabled"]
    sending.send_due()
    assert sorted(receiver.ids) == sorted(placed(*meanwhile))
    endpoint.refresh_from_db()
    # What was before, and what was given up, comes where somebody asks for it.
    since = Event.objects.earliest("created_at").created_at
    assert deliveries.replay_since(actor=world.actor, endpoint=endpoint, since=since) == 2
    sending.send_due()
    assert set(receiver.ids) == set(placed(before, refused, *meanwhile))


def test_what_is_too_much_at_once_is_named(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST_AT_ONCE", 2)
    endpoint = add(world, receiver)
    client = Client()
    client.force_login(world.owner)
    at = {"slug": world.organisation.slug, "endpoint_id": endpoint.pk}
    client.post(reverse("webhook_switch", kwargs=at))
    first, second, third = placed(*[world.order() for _ in range(3)])
    page = client.post(reverse("webhook_switch", kwargs=at), {"on": "yes"}, follow=True)
    assert "the first 2 events that waited are being sent" in page.content.decode()
    told = WebhookDelivery.objects.order_by("pk").values_list("event", flat=True)
    assert [str(pk) for pk in told] == [first, second]
    endpoints.disable(actor=world.actor, endpoint=endpoint)
    left = endpoints.enable(actor=world.actor, endpoint=endpoint)
    assert left is None
    assert WebhookDelivery.objects.filter(event=third).exists()


def test_a_partner_that_was_shut_out_gets_nothing_of_that_time(
    world: World, receiver: Receiver
) -> None:
    endpoint = add(world, receiver)
    endpoints.disable(actor=SYSTEM, endpoint=endpoint, because=Disabled.PARTNER)
    world.order()
    endpoints.enable(actor=world.actor, endpoint=endpoint)
    assert not WebhookDelivery.objects.exists()


def test_it_takes_the_same_statements_however_much_there_was(
    world: World, receiver: Receiver
) -> None:
    endpoint = add(world, receiver)
    counts = []
    for more in (1, 6):
        endpoints.disable(actor=world.actor, endpoint=endpoint)
        for _ in range(more):
            world.order()
        with CaptureQueriesContext(connection) as statements:
            endpoints.enable(actor=world.actor, endpoint=endpoint)
        counts.append(len(statements))
    assert WebhookDelivery.objects.count() == 7
    assert counts[0] == counts[1]

"""Secrets of endpoints: two sign at most, and one that has leaked ends when it is told to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from accounts.models import AuditEntry, Event, WebhookEndpoint, WebhookSecret
from accounts.webhooks import endpoints, events, sending
from tests.accounts.webhooks.receiver import Receiver
from tests.accounts.webhooks.times import pass_time
from tests.api.program import Program, problem
from tests.world import World


def add(world: World, receiver: Receiver) -> tuple[WebhookEndpoint, str]:
    return endpoints.add(
        actor=world.actor,
        organisation=world.organisation,
        url=receiver.url,
        types=["order.placed"],
    )


def test_however_often_it_is_rotated_two_sign(world: World, receiver: Receiver) -> None:
    endpoint, first = add(world, receiver)
    made = [endpoints.rotate(actor=world.actor, endpoint=endpoint) for _ in range(30)]
    world.order()
    sending.send_due()
    got = receiver.got[0]
    assert len(got.headers["webhook-signature"].split()) == 2
    for secret in made[-2:]:
        Webhook(secret).verify(got.body, got.headers)
    for secret in (first, made[-3]):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(got.body, got.headers)
    assert WebhookSecret.objects.count() == 2


def test_a_secret_that_has_leaked_ends_at_once(world: World, receiver: Receiver) -> None:
    endpoint, _ = add(world, receiver)
    leaked = endpoints.rotate(actor=world.actor, endpoint=endpoint)
    new = endpoints.rotate(actor=world.actor, endpoint=endpoint, overlap=timedelta(0))
    world.order()
    sending.send_due()
    Webhook(new).verify(receiver.got[0].body, receiver.got[0].headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(leaked).verify(receiver.got[0].body, receiver.got[0].headers)


@contextmanager
def ends_after(program: Program, place: str, span: timedelta) -> Iterator[list[str]]:
    """What is rotated inside signs for `span` more; up to its minute, the end that is said."""
    minute: list[str] = []
    before = timezone.now()
    yield minute
    until = program.get(place).json()["previous_until"]
    assert before + span <= datetime.fromisoformat(until) <= timezone.now() + span
    minute.append(until[:16])


def test_a_rotation_says_how_long_both_are_good(world: World) -> None:
    program = Program.of(world.organisation)
    place = f"webhook-endpoints/{world.endpoint().pk}"
    read = program.get(place)
    assert read.json()["previous_until"] is None
    with ends_after(program, place, timedelta(hours=168)) as until:
        assert program.post(f"{place}/rotate", {"overlap_hours": 168}).status_code == 200
    after = program.get(place)
    assert after["ETag"] != read["ETag"]
    for field in ("secret_made_at", "updated_at"):
        assert after.json()[field] > read.json()[field]
    assert AuditEntry.objects.filter(details__old_until__startswith=until[0]).count() == 1
    pass_time(timedelta(hours=169))
    assert program.get(place).json()["previous_until"] is None
    for hours in (-1, 169, "24"):
        problem(program.post(f"{place}/rotate", {"overlap_hours": hours}), 422, "invalid")
    # Where nothing is said, a day.
    with ends_after(program, place, timedelta(days=1)):
        assert program.post(f"{place}/rotate").status_code == 200
    assert program.post(f"{place}/rotate", {"overlap_hours": 0}).status_code == 200
    assert program.get(place).json()["previous_until"] is None


def test_the_page_asks_how_long_the_old_one_signs(world: World) -> None:
    endpoint = world.endpoint()
    client = Client()
    client.force_login(world.owner)
    where = {"slug": world.organisation.slug, "endpoint_id": endpoint.pk}
    page = client.get(reverse("webhook_endpoint", kwargs=where)).content.decode()
    assert re.findall(r'<option value="(\d+)">', page) == ["24", "168", "0"]
    assert "This one is from" in page

    def rotate(**said: Any) -> tuple[int, str]:
        answer = client.post(reverse("webhook_rotate", kwargs=where), said)
        return answer.status_code, answer.content.decode()

    assert "The one before is good until" in rotate(overlap_hours="168")[1]
    status, page = rotate(overlap_hours="0")
    assert (status, "whsec_" in page) == (200, True)
    assert "The one before is good until" not in page
    for wrong in ("169", "-1", "soon", "9" * 400, ""):
        status, page = rotate(overlap_hours=wrong)
        assert status == 422
        assert "counts for 7 days at most" in page
        assert "whsec_" not in page


def test_a_secret_that_cannot_be_read_ends_with_the_next(world: World, receiver: Receiver) -> None:
    endpoint, _ = add(world, receiver)
    WebhookSecret.objects.update(sealed="of another key")
    new = endpoints.rotate(actor=world.actor, endpoint=endpoint)
    world.order()
    sending.send_due(linger=False)
    Webhook(new).verify(receiver.got[0].body, receiver.got[0].headers)


def test_events_from_before_are_sent_as_they_were_written(world: World, receiver: Receiver) -> None:
    endpoint, secret = add(world, receiver)
    old = '{"id":"x","type":"order.placed","timestamp":"x","data":{"object":"order","id":"x"}}'
    event = Event.objects.create(
        organisation=world.organisation, type="order.placed", object="order", payload=old
    )
    events.hand_over(events=[event], endpoints=[endpoint])
    sending.send_due(linger=False)
    assert receiver.got[0].body.decode() == old
    Webhook(secret).verify(receiver.got[0].body, receiver.got[0].headers)

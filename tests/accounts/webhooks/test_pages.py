"""Administrators add endpoints, see what was sent, and send it again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import tasks
from accounts.models import AuditEntry, Event, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import endpoints, sending
from generation.models import State
from tests.accounts.webhooks.receiver import Receiver
from tests.api.program import Program
from tests.world import World


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(world.owner)
    return client


def at(world: World, name: str, **arguments: Any) -> str:
    return reverse(name, kwargs={"slug": world.organisation.slug, **arguments})


def text(response: Any) -> str:
    return str(response.content.decode())


def test_from_adding_to_what_was_answered(world: World, client: Client, receiver: Receiver) -> None:
    receiver.answer = lambda got: (418, {"X-Reason": "<script>alert(1)</script>"})
    added = client.post(
        at(world, "webhook_add"),
        {"url": receiver.url, "which": "some", "types": ["order.placed", "shoot.queued"]},
    )
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.types == ["order.placed", "shoot.queued"]
    secret = re.search(r'value="(whsec_[^"]+)"', text(added))
    assert secret
    assert "no-store" in added["Cache-Control"]
    page = client.get(at(world, "webhook_endpoint", endpoint_id=endpoint.pk))
    assert secret[1] not in text(page)
    shown = client.post(at(world, "webhook_secret", endpoint_id=endpoint.pk))
    assert secret[1] in text(shown)
    tested = client.post(at(world, "webhook_test", endpoint_id=endpoint.pk))
    assert "on its way" in text(client.get(tested["Location"]))
    sending.send_due(linger=False)
    page = text(client.get(tested["Location"]))
    assert "answer 418" in page
    assert "webhook-signature" in page
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page
    receiver.answer = lambda got: 200
    client.post(f"{tested['Location']}/replay")
    sending.send_due()
    assert "answer 200" in text(client.get(tested["Location"]))
    assert WebhookDelivery.objects.get().state == WebhookDelivery.State.DELIVERED


def test_what_cannot_be_called_is_said_at_the_field(world: World, client: Client) -> None:
    for url, sentence in (
        ("http://example.com/", "has to begin with https://"),
        ("https://127.0.0.1/", "is this machine itself"),
        ("https://169.254.169.254/latest", "is not a public address"),
        ("https://localhost/", "leads to"),
        ("", "Give the address"),
    ):
        answer = client.post(at(world, "webhook_add"), {"url": url, "which": "all"})
        assert answer.status_code == 422
        assert sentence in text(answer)
        assert 'id="wrong_url"' in text(answer)
    assert not WebhookEndpoint.objects.exists()
    good = {"url": "https://192.0.1.1/", "which": "some"}
    assert "at least one event" in text(client.post(at(world, "webhook_add"), good))


def test_finding_and_sending_again(world: World, client: Client, receiver: Receiver) -> None:
    endpoint = world.endpoint(url=receiver.url)
    shoot = world.shoot(State.QUEUED)
    sending.send_due()
    page = at(world, "webhook_endpoint", endpoint_id=endpoint.pk)

    def found(**words: str) -> list[str]:
        return re.findall(r"<code>([a-z]+\.[a-z_]+)</code></a>", text(client.get(page, words)))

    assert len(found()) == 5
    assert found(type="shoot.queued") == ["shoot.queued"]
    about = set(found(about=str(shoot.pk)))
    assert about == {"shoot.invited", "shoot.collecting", "shoot.queued"}
    assert found(about="nonsense") == found(state="failed") == []
    assert len(found(state="delivered")) == 5
    answer = client.post(
        at(world, "webhook_replay_since", endpoint_id=endpoint.pk),
        {"since": f"{timezone.now() - timedelta(hours=1):%Y-%m-%dT%H:%M}", "which": "all"},
        follow=True,
    )
    assert "5 events are on their way" in text(answer)
    sending.send_due()
    assert len(receiver.got) == 10
    assert len(set(receiver.ids)) == 5


def test_sending_again_what_lies_between_two_moments(
    world: World, client: Client, receiver: Receiver
) -> None:
    endpoint = world.endpoint(url=receiver.url, types=["order.placed"])
    orders = [world.order() for _ in range(2)]
    ends = timezone.now().replace(second=0, microsecond=0)
    early = Event.objects.filter(type="order.placed", object_id=str(orders[0].pk))
    early.update(created_at=ends - timedelta(minutes=1))
    Event.objects.exclude(pk__in=early).update(created_at=ends)
    said = {
        "since": f"{ends - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "until": f"{ends:%Y-%m-%dT%H:%M}",
        "which": "all",
    }
    place = at(world, "webhook_replay_since", endpoint_id=endpoint.pk)
    assert "1 event is on its way" in text(client.post(place, said, follow=True))
    # What is wrong is said at the field, and what was typed stays.
    for until, sentence in (("soon", "no date and time"), (said["since"], "not after the begin")):
        answer = client.post(place, {**said, "until": until})
        assert answer.status_code == 422
        page = text(answer)
        assert sentence in page
        assert 'id="wrong_until"' in page
        assert f'value="{said["since"]}"' in page
        assert 'value="all" checked' in page


@pytest.mark.parametrize("since", ["", "yesterday", "2026-13-45T99:99", "9999-01-01T00:00"])
def test_a_moment_that_is_none_is_said(world: World, client: Client, since: str) -> None:
    endpoint = world.endpoint()
    answer = client.post(
        at(world, "webhook_replay_since", endpoint_id=endpoint.pk), {"since": since}
    )
    assert answer.status_code == 422


def test_switching_changing_rotating_deleting(
    world: World, client: Client, receiver: Receiver
) -> None:
    endpoint = world.endpoint(url=receiver.url)
    where = {"endpoint_id": endpoint.pk}
    client.post(at(world, "webhook_switch", **where))
    page = text(client.get(at(world, "webhook_endpoint", **where)))
    assert "Switched off by a member" in page
    assert at(world, "webhook_test", **where) not in page
    world.order()
    assert sending.send_due() == 0
    client.post(at(world, "webhook_switch", **where), {"on": "yes"})
    changed = {"url": receiver.url + "/v2", "which": "some", "types": "order.placed"}
    client.post(at(world, "webhook_change", **where), changed)
    rotated = client.post(at(world, "webhook_rotate", **where))
    assert "The one before is good until" in text(rotated)
    world.order()
    sending.send_due()
    # Of the time when it was off, too, all that it heard of then.
    assert sorted(receiver.types) == ["order.placed", "order.placed", "shoot.invited"]
    assert {got.path for got in receiver.got} == {"/hooks/v2"}
    client.post(at(world, "webhook_remove", **where))
    assert not WebhookEndpoint.objects.exists()
    acts = AuditEntry.objects.filter(action__startswith="webhook.").order_by("created_at")
    assert [act.action.removeprefix("webhook.") for act in acts] == [
        "added", "disabled", "enabled", "changed", "secret_rotated", "removed",
    ]  # fmt: skip


def test_lists_take_the_same_statements_however_long(
    world: World, client: Client, settings: Any
) -> None:
    settings.ALLOW_LOOPBACK = True
    endpoint = world.endpoint()
    counts = []
    for more in (1, 12):
        world.order(more)
        with CaptureQueriesContext(connection) as one:
            client.get(at(world, "webhook_endpoint", endpoint_id=endpoint.pk))
        with CaptureQueriesContext(connection) as all_of_them:
            client.get(at(world, "webhooks"))
        counts.append((len(one), len(all_of_them)))
        for number in range(more):
            endpoints.add(
                actor=world.actor,
                organisation=world.organisation,
                url=f"http://127.0.0.1/{number}",
            )
    assert counts[0] == counts[1]


def test_an_endpoint_of_the_sandbox_hears_of_the_sandbox_alone(
    world: World, client: Client, receiver: Receiver
) -> None:
    client.post(at(world, "webhook_add"), {"url": receiver.url, "which": "all", "world": "sandbox"})
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.organisation.sandbox_of == world.organisation
    assert "Sandbox" in text(client.get(at(world, "webhook_endpoint", endpoint_id=endpoint.pk)))
    assert "sandbox" in text(client.get(at(world, "webhooks")))
    world.order()
    assert sending.send_due() == 0
    # A live key does not see it; the administrators are told when it is switched off.
    assert Program.of(world.organisation).get("webhook-endpoints").json()["data"] == []
    receiver.answer = lambda got: 410
    client.post(at(world, "webhook_test", endpoint_id=endpoint.pk))
    sending.send_due()
    tasks.send_webhook_disabled(str(endpoint.pk))
    assert [message.to for message in mail.outbox] == [[world.owner.email]]
    assert f"/o/{world.organisation.slug}/webhooks/{endpoint.pk}" in mail.outbox[0].body

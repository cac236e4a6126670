"""Endpoints and deliveries by the API, as on the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from standardwebhooks import Webhook

from accounts.models import KeptAnswer, WebhookEndpoint, WebhookSecret
from accounts.webhooks import sending
from generation.models import State
from tests.accounts.webhooks.conftest import receiver
from tests.accounts.webhooks.receiver import Receiver
from tests.api.program import Program, problem
from tests.world import World

__all__ = ["receiver"]


def test_an_endpoints_life(program: Program, world: World, receiver: Receiver) -> None:
    made = program.post(
        "webhook-endpoints", {"url": receiver.url, "types": ["order.placed"]}, Idempotency_Key="k"
    )
    assert made.status_code == 201
    said = made.json()
    # The answer that is kept for the key does not give the secret away.
    assert said["secret"] not in KeptAnswer.objects.get().body
    again = program.post(
        "webhook-endpoints", {"url": receiver.url, "types": ["order.placed"]}, Idempotency_Key="k"
    )
    assert again.json() == said
    place = f"webhook-endpoints/{said['id']}"
    read = program.get(place).json()
    assert "secret" not in read
    assert {**read, "secret": said["secret"]} == said
    world.order()
    sending.send_due()
    new = program.post(f"{place}/rotate").json()["secret"]
    assert program.post(f"{place}/test").status_code == 202
    sending.send_due()
    assert receiver.types == ["order.placed", "webhook.test"]
    for secret in (said["secret"], new):
        Webhook(secret).verify(receiver.got[1].body, receiver.got[1].headers)
    old = program.get(place)["ETag"]
    changed = program.patch(place, {"enabled": False, "types": []}, If_Match=old)
    assert (changed.json()["enabled"], changed.json()["types"]) == (False, [])
    problem(program.patch(place, {"enabled": True}, If_Match=old), 412, "changed")
    problem(program.post(f"{place}/test"), 409, "disabled")
    assert program.patch(place, {"enabled": True}).json()["enabled"]
    assert program.delete(place).status_code == 204
    assert not WebhookEndpoint.objects.exists()
    assert not WebhookSecret.objects.exists()


def test_deliveries_are_found_by_what_they_are_about(program: Program, world: World) -> None:
    world.endpoint()
    shoot = world.shoot()
    world.shoot()
    (told,) = program.get(f"webhook-deliveries?about={shoot.pk}").json()["data"]
    assert told["type"] == "shoot.invited"
    assert program.get(f"webhook-deliveries?about={told['event']}").json()["data"] == [told]
    other = program.get(f"webhook-deliveries?about={shoot.pk}&type=order.placed").json()
    assert other["data"] == []
    problem(program.get("webhook-deliveries?about=somebody"), 422, "invalid")


def test_what_was_sent(program: Program, world: World, receiver: Receiver) -> None:
    endpoint = world.endpoint(url=receiver.url)
    receiver.answer = lambda got: 500
    world.shoot(State.COLLECTING)
    sending.send_due(linger=False)
    listed = program.get("webhook-deliveries?limit=2").json()
    assert listed["has_more"]
    row = listed["data"][0]
    assert (row["state"], row["status"], row["attempts"]) == ("waiting", 500, 1)
    assert row["type"] == "shoot.collecting"
    found = program.get("webhook-deliveries?type=order.placed").json()["data"]
    assert [each["type"] for each in found] == ["order.placed"]
    full = program.get(f"webhook-deliveries/{row['id']}").json()
    assert full["log"][0]["answer"] == "answer 500"
    assert full["payload"].encode() in [got.body for got in receiver.got]
    receiver.answer = lambda got: 200
    assert program.post(f"webhook-deliveries/{row['id']}/replay").status_code == 202
    sending.send_due(linger=False)
    assert program.get(f"webhook-deliveries/{row['id']}").json()["state"] == "delivered"
    since = (timezone.now() - timedelta(hours=1)).isoformat()
    replayed = program.post(f"webhook-endpoints/{endpoint.pk}/replay", {"since": since})
    assert replayed.json() == {"count": 3}
    until = (timezone.now() - timedelta(minutes=30)).isoformat()
    said = {"since": since, "until": until, "all": True}
    none = program.post(f"webhook-endpoints/{endpoint.pk}/replay", said)
    assert none.json() == {"count": 0}


def test_what_is_wrong_is_said(program: Program, settings: Any) -> None:
    for url in ("https://127.0.0.1/", "http://example.com/", "https://[::ffff:10.0.0.1]/"):
        problem(program.post("webhook-endpoints", {"url": url}), 422, "url")
    unknown = {"url": "https://192.0.1.1/", "types": ["shoot.exploded"]}
    said = problem(program.post("webhook-endpoints", unknown), 422, "invalid")
    assert said["field"].startswith("types")
    for _ in range(16):
        assert program.post("webhook-endpoints", {"url": "https://192.0.1.1/"}).status_code == 201
    problem(
        program.post("webhook-endpoints", {"url": "https://192.0.1.1/"}), 422, "too_many_endpoints"
    )


def test_every_event_stands_in_the_description(program: Program) -> None:
    from accounts.webhooks.types import TYPES

    said = program.get("openapi.json").json()
    assert set(said["webhooks"]) == set(TYPES)
    import jsonschema

    for event in said["webhooks"].values():
        content = event["post"]["requestBody"]["content"]["application/json"]
        schema = said["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
        jsonschema.validate(content["examples"]["event"]["value"], schema)

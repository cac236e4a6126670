"""Of webhook endpoints a partner has its own: of others' it learns the host, and uses none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import WebhookEndpoint, WebhookSecret
from accounts.webhooks import endpoints, sending, signing
from tests.accounts.webhooks.conftest import receiver
from tests.accounts.webhooks.receiver import Receiver
from tests.api.program import Program, problem
from tests.api.test_partners import Standing, endpoint, standing
from tests.world import make_world

__all__ = ["receiver", "standing"]
OWN = "https://hooks:word@192.0.1.1:8443/own?token=SECRET"
HOST = "https://192.0.1.1:8443"


def log_too(standing: Standing) -> Program:
    """The partner's program, with the log in its grant."""
    standing.grant.scopes = [*standing.grant.scopes, "audit:read"]
    standing.grant.save()
    return standing.program


@pytest.mark.parametrize("whose", ["customer", "another partner"])
def test_endpoints_of_others_are_out_of_reach(standing: Standing, whose: str) -> None:
    program = log_too(standing)
    own = standing.customer.endpoint(url="https://192.0.1.1:8443/own?token=SECRET")
    if whose == "another partner":
        other = standing.customer.partner_grant()
        WebhookEndpoint.objects.filter(pk=own.pk).update(grant=other)
        own.refresh_from_db()
    delivery = endpoints.send_test(actor=standing.customer.actor, endpoint=own)
    secret = signing.current_secret(endpoint=own)
    place = f"webhook-endpoints/{own.pk}"
    since = {"since": timezone.now().isoformat()}
    for answer in (
        program.patch(place, {"url": "https://192.0.1.1/partners"}),
        program.patch(place, {"types": ["order.placed"]}),
        program.patch(place, {"enabled": False}),
        program.delete(place),
        program.post(f"{place}/rotate", {"overlap_hours": 0}),
        program.post(f"{place}/test"),
        program.post(f"{place}/replay", since),
    ):
        problem(answer, 403, "endpoint_of_another")
    before = WebhookEndpoint.objects.get()
    assert (before.url, before.updated_at) == (own.url, own.updated_at)
    assert signing.current_secret(endpoint=own) == secret
    # What it reads.
    assert program.get(place).json()["url"] == HOST
    assert [each["url"] for each in program.get("webhook-endpoints").json()["data"]] == [HOST]
    assert program.get("webhook-deliveries").json()["data"] == []
    assert program.get(f"webhook-deliveries?endpoint={own.pk}").json()["data"] == []
    for method, path in (("get", ""), ("post", "/replay")):
        problem(program.send(method, f"webhook-deliveries/{delivery.pk}{path}"), 404, "not_found")
    entries = program.get("audit-entries").content.decode()
    assert "webhook.added" in entries
    assert "SECRET" not in entries


def test_what_it_named_itself_is_its_own(standing: Standing) -> None:
    program = log_too(standing)
    made = endpoint(program, "https://192.0.1.1/mine?token=MINE")
    place = f"webhook-endpoints/{made}"
    assert program.get(place).json()["url"].endswith("MINE")
    delivery = program.post(f"{place}/test").json()["id"]
    assert [each["id"] for each in program.get("webhook-deliveries").json()["data"]] == [delivery]
    assert program.post(f"webhook-deliveries/{delivery}/replay").status_code == 202
    assert program.post(f"{place}/rotate").status_code == 200
    secret = WebhookSecret.objects.get(expires_at=None)
    assert program.patch(place, {"url": "https://192.0.1.1/there"}).status_code == 200
    # Whoever named both addresses keeps the secret.
    assert WebhookSecret.objects.get(expires_at=None) == secret
    customers = Program.of(standing.customer.organisation)
    assert customers.get(place).json()["url"] == "https://192.0.1.1/there"
    assert customers.get(f"webhook-deliveries/{delivery}").status_code == 200
    assert customers.post(f"{place}/rotate").status_code == 200
    assert program.delete(place).status_code == 204


def test_the_customers_own_log_has_the_whole_address(standing: Standing) -> None:
    standing.customer.endpoint(url="https://192.0.1.1/own?token=SECRET")
    customers = Program.of(standing.customer.organisation)
    said = customers.get("audit-entries?action=webhook.added").json()["data"]
    assert [each["details"]["url"] for each in said] == ["https://192.0.1.1/own?token=SECRET"]


def test_a_host_is_told_without_names_and_passwords() -> None:
    assert endpoints.host_of(OWN) == HOST
    assert endpoints.host_of("https://[2001:db8::1]/x#y") == "https://[2001:db8::1]"


def test_secrets_that_a_partner_knew_end_with_its_hold(standing: Standing) -> None:
    kept = WebhookEndpoint.objects.get(pk=endpoint(standing.program))
    taken = WebhookEndpoint.objects.get(pk=endpoint(standing.program))
    known = {signing.current_secret(endpoint=each) for each in (kept, taken)}
    customers = Program.of(standing.customer.organisation)
    customers.patch(f"webhook-endpoints/{taken.pk}", {"url": "https://192.0.1.1/taken"})
    assert signing.current_secret(endpoint=taken) not in known
    standing.withdraw()
    assert signing.current_secret(endpoint=kept) not in known
    # At once: neither signs with what the partner knew for another day.
    assert WebhookSecret.objects.count() == 2


@pytest.mark.parametrize("test", [False, True])
def test_an_event_says_for_whom_it_is(standing: Standing, receiver: Receiver, test: bool) -> None:
    """One receiver hears of two customers, and reads each event's resource from it alone."""
    second = make_world("Second")
    grant = standing.grant
    grant.__class__.objects.create(
        organisation=second.organisation, partner=grant.partner, scopes=grant.scopes
    )
    key = Program.of(grant.partner, test=test)
    customers = [str(each.organisation.pk) for each in (standing.customer, second)]
    for customer in customers:
        named = {"Headshots_Organisation": customer}
        made = key.post(
            "webhook-endpoints", {"url": receiver.url, "types": ["order.placed"]}, **named
        )
        assert made.status_code == 201
        assert key.post(f"webhook-endpoints/{made.json()['id']}/test", **named).status_code == 202
    sending.send_due(linger=False)
    said: list[dict[str, Any]] = [json.loads(got.body) for got in receiver.got]
    assert sorted(each["organisation"] for each in said) == sorted(customers)
    assert {each["test"] for each in said} == {test}
    for each in said:
        read = each["data"]["url"].split("/api/v1/", 1)[1]
        for customer in customers:
            found = key.get(read, Headshots_Organisation=customer).status_code
            assert found == (200 if customer == each["organisation"] else 404)

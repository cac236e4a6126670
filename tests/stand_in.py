"""The stand-in for Stripe as a real process, and what people and banks do there."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import stripe
from django.test import Client
from django.urls import reverse

from accounts.models import Organisation
from billing.models import Purchase
from billing.payments import catalogue_sync, purchases, receivers
from billing.payments.client import client
from billing.sandbox.delivery import signature

ACCEPTED, DECLINED = "4242 4242 4242 4242", "4000 0000 0000 0002"
DECLINED_LATER, DISPUTED = "4000 0000 0000 0341", "4000 0000 0000 0259"
AUTHENTICATED = "4000 0027 6000 3184"


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running stand-in."""
    state = tmp_path_factory.mktemp("stripe") / "state.sqlite"
    process, address = start(state)
    yield address
    process.terminate()
    process.wait(timeout=10)


def start(state: Path, port: int = 0) -> tuple[subprocess.Popen[str], str]:
    """Start a stand-in and wait until it says where it is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "billing.sandbox", "--port", str(port), "--state", str(state)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().split()[-1]


@pytest.fixture
def shop(stand_in: str, settings: Any) -> Iterator[Shop]:
    """A Stripe account of this test's own, with the catalogue there."""
    before = stripe.api_base
    settings.STRIPE_SECRET_KEY = f"sk_test_{secrets.token_hex(12)}"
    settings.STRIPE_SANDBOX = settings.STRIPE_API_HOST = stand_in
    stripe.api_base = stand_in
    yield Shop(stand_in)
    stripe.api_base = before


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass
class Shop:
    """What a buyer, a bank or somebody in the dashboard does, and Stripe's calls to us."""

    address: str
    seen: set[str] = field(default_factory=set)
    endpoint: Any = None

    @property
    def api(self) -> stripe.StripeClient:
        return client()

    @property
    def desk(self) -> str:
        from django.conf import settings

        return f"/desk/{settings.STRIPE_SECRET_KEY}"

    def open(self) -> Shop:
        """Bring the catalogue there."""
        catalogue_sync.sync_catalogue()
        return self

    def post(self, path: str, **form: str) -> tuple[int, str]:
        """Send a form of the stand-in's pages; the status, and where it leads or what it says."""
        data = urllib.parse.urlencode(form).encode()
        opener = urllib.request.build_opener(_Stay)
        try:
            with opener.open(urllib.parse.urljoin(self.address, path), data=data) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers.get("Location") or answer.read().decode()

    def pay(self, purchase: Purchase, number: str = ACCEPTED, how: str = "card") -> tuple[int, str]:
        """Somebody pays at the checkout."""
        checkout = purchases.go_on(purchase=purchase)
        assert checkout.url is not None
        return self.post(checkout.url, number=number, how=how)

    def does(self, act: str, thing: str = "", **form: str) -> None:
        """A button of the desk."""
        status, said = self.post(self.desk, act=act, id=thing, **form)
        assert status == 303, said

    def events(self) -> list[dict[str, Any]]:
        """All that has happened, the earliest first."""
        listed = self.api.v1.events.list(params={"limit": 100}).auto_paging_iter()
        return [json.loads(str(event)) for event in listed][::-1]

    def deliver(self, events: list[dict[str, Any]] | None = None) -> list[int]:
        """Stripe calls us with events (those that are new), signed; the answers' statuses."""
        if self.endpoint is None:
            self.endpoint = make_endpoint()
        new = [e for e in self.events() if e["id"] not in self.seen] if events is None else events
        wanted = [event for event in new if event["type"] in receivers.RECEIVED]
        self.seen |= {event["id"] for event in new}
        return [self.call(event) for event in wanted]

    def call(self, event: dict[str, Any], **how: Any) -> int:
        """One call of Stripe's; `secret` and `at` are what it is signed with."""
        payload = json.dumps(event)
        header = signature(
            payload, how.get("secret", self.endpoint.secret), how.get("at", int(time.time()))
        )
        response = Client(raise_request_exception=False).post(
            reverse(
                "djstripe:djstripe_webhook_by_uuid",
                args=[how.get("uuid", self.endpoint.djstripe_uuid)],
            ),
            payload,
            content_type="application/json",
            headers={"Stripe-Signature": header},
        )
        return response.status_code


def make_endpoint() -> Any:
    from djstripe.models import WebhookEndpoint

    from billing.payments.endpoint import ensure_endpoint

    ensure_endpoint()
    return WebhookEndpoint.objects.get()


def buy(world: Any, credits: int = 25) -> Purchase:
    """A purchase that has begun."""
    organisation: Organisation = world.organisation
    return purchases.begin(actor=world.actor, organisation=organisation, credits=credits)

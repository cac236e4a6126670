"""Stripe's own command line tool makes things happen at the stand-in, and dj-stripe takes it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from billing.models import CreditEntry, Purchase
from billing.payments import receivers
from tests.browser.queue import drain
from tests.stand_in import Shop
from tests.tools import STRIPE as TOOL


def charged(card: str) -> dict[str, Any]:
    return {
        "name": "intent",
        "path": "/v1/payment_intents",
        "method": "post",
        "params": {
            "amount": 2000,
            "currency": "usd",
            "payment_method": card,
            "confirm": "true",
            "expand": ["latest_charge"],
        },
    }


def asked(name: str, path: str, **params: Any) -> dict[str, Any]:
    return {"name": name, "path": path, "method": "post", "params": params}


REFUND = asked("refund", "/v1/refunds", payment_intent="${intent:id}")
# What the tool knows no steps for; it takes them with the event's name.
STEPS: dict[str, list[dict[str, Any]]] = {
    "refund.created": [charged("pm_card_visa"), REFUND],
    "refund.updated": [
        charged("pm_card_visa"),
        REFUND,
        asked("changed", "/v1/refunds/${refund:id}", metadata={"said": "sorry"}),
    ],
    "refund.failed": [charged("pm_card_refundFail"), REFUND],
    "charge.dispute.funds_withdrawn": [charged("pm_card_createDispute")],
    "charge.dispute.funds_reinstated": [
        charged("pm_card_createDispute"),
        asked(
            "won",
            "/v1/disputes/${intent:latest_charge.dispute}",
            evidence={"uncategorized_text": "winning_evidence"},
        ),
    ],
}

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.processes,
    pytest.mark.skipif(
        TOOL is None,
        reason="Stripe's command line tool is not there: make stripe-cli installs it (needs npm)",
    ),
]


def test_every_event_that_we_receive_comes_from_its_trigger_and_is_taken(
    shop: Shop, settings: Any, tmp_path: Path
) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_" + settings.STRIPE_SECRET_KEY[-24:]
    for event in receivers.RECEIVED:
        before = len(shop.events())
        steps = {"_meta": {"template_version": 0}, "fixtures": STEPS.get(event)}
        done = subprocess.run(
            [
                str(TOOL), "trigger", event,
                *(["--raw", json.dumps(steps)] if event in STEPS else []),
                "--api-base", shop.address, "--api-key", settings.STRIPE_SECRET_KEY,
            ],
            capture_output=True,
            text=True,
            timeout=60,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
                "STRIPE_DEVICE_NAME": "tests",
            },
        )  # fmt: skip
        assert done.returncode == 0, (event, done.stdout[-600:], done.stderr[-600:])
        assert event in [one["type"] for one in shop.events()[before:]]

    assert set(shop.deliver()) == {200}
    drain()
    # These are customers of nobody here, so no credits came of it.
    assert not CreditEntry.objects.exists()
    assert not Purchase.objects.exists()

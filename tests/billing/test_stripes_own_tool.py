"""Stripe's own command line tool makes things happen at the stand-in, and dj-stripe takes it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from billing.models import CreditEntry, Purchase
from billing.payments import receivers
from tests.browser.queue import drain
from tests.stand_in import Shop

ROOT = Path(__file__).parent.parent.parent
TOOL = shutil.which("stripe") or shutil.which(
    "stripe", path=str(ROOT / "var" / "tools" / "node_modules" / ".bin")
)
# What the tool has no trigger for happens beside others: refunds and money of disputes.
TRIGGERS = [
    event
    for event in receivers.RECEIVED
    if not event.startswith(("refund.", "charge.dispute.funds_"))
]

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
    for event in TRIGGERS:
        done = subprocess.run(
            [
                str(TOOL), "trigger", event,
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
    charge = next(
        one
        for one in shop.api.v1.charges.list(params={"limit": 100}).data
        if one.status == "succeeded" and not one.disputed and not one.amount_refunded
    )
    refund = shop.api.v1.refunds.create(params={"charge": charge.id, "amount": 10})
    shop.does("refund_fails", refund.id)
    shop.does("dispute", charge.id)
    dispute = shop.api.v1.disputes.list(params={"charge": charge.id}).data[0]
    shop.does("won", dispute.id)

    happened = {event["type"] for event in shop.events()}
    assert set(receivers.RECEIVED) <= happened
    assert set(shop.deliver()) == {200}
    drain()
    # These are customers of nobody here, so no credits came of it.
    assert not CreditEntry.objects.exists()
    assert not Purchase.objects.exists()

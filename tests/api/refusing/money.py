"""Refusals about buying."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse

from billing.models import Purchase
from billing.payments import subscriptions, top_ups
from billing.payments.shapes import PlanState
from tests.api.program import Program
from tests.api.refusing.kit import put, recipe
from tests.world import World


def with_key(patch: pytest.MonkeyPatch) -> None:
    """Buying is set up; nothing here gets as far as calling Stripe."""
    patch.setattr(settings, "STRIPE_SECRET_KEY", "sk_test_x")


def begin(program: Program, patch: pytest.MonkeyPatch, **body: Any) -> HttpResponse:
    with_key(patch)
    return program.post("invoices", body)


put("payments_off", lambda p, w, m: p.post("invoices", {"credits": 5}))
put("amount", lambda p, w, m: begin(p, m, kind="invoice", credits=5))
put(
    "sandbox_buys_nothing",
    lambda p, w, m: begin(Program.of(w.organisation, test=True), m, credits=5),
)


@recipe("has_plan")
def _plan(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    running = PlanState("sub_1", "active", 1, datetime(2026, 12, 1, tzinfo=UTC), False)
    patch.setattr(subscriptions, "plan_of", lambda organisation: running)
    return begin(program, patch, kind="plan", units=1)


def bought(world: World, **changes: str) -> Purchase:
    return Purchase.objects.create(
        organisation=world.organisation, credits=50, cents=100, **{"kind": "pack", **changes}
    )


put("paid", lambda p, w, m: p.delete(f"invoices/{bought(w, state='paid').pk}"))
put(
    "dropped",
    lambda p, w, m: p.post(f"invoices/{bought(w, kind='invoice', state='dropped').pk}/send", {}),
)
put("by_card", lambda p, w, m: p.post(f"invoices/{bought(w).pk}/send", {}))
put(
    "by_invoice",
    lambda p, w, m: p.post(f"invoices/{bought(w, kind='invoice').pk}/checkout"),
)


def top_up(program: Program, patch: pytest.MonkeyPatch, **body: Any) -> HttpResponse:
    with_key(patch)
    return program.patch("credits/top-up", body)


put("cap", lambda p, w, m: top_up(p, m, on=True, cap_cents=100))
put("no_card", lambda p, w, m: top_up(p, m, on=True))


@recipe("many_open")
def _many(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    for _ in range(20):
        bought(world)
    return begin(program, patch, credits=5)


@recipe("no_card_there")
def _no_card(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    with_key(patch)
    patch.setattr(top_ups.shapes, "read_stored_card", lambda api, session: None)
    return program.send("PUT", "credits/top-up/card", {"session": "cs_live_x"})


@recipe("sandbox_pays_nothing")
def _sandbox(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    with_key(patch)
    return Program.of(world.organisation, test=True).post("credits/portal")


@recipe("vat_id")
def _vat(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    with_key(patch)
    place = f"invoices/{bought(world, kind='invoice').pk}/send"
    # Two letters each, once they are capitals.
    return program.post(place, {"vat_id": "ß" * 16})

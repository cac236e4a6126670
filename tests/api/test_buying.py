"""Buying by API, against the stand-in for Stripe: what a program asks for, and a person pays."""

from __future__ import annotations

import pytest

from billing.models import Purchase
from billing.payments import top_ups
from tests.api.program import Program, problem
from tests.billing.payment_steps import credits, refund, told
from tests.browser.queue import drain
from tests.stand_in import ACCEPTED, Shop
from tests.world import World, make_world


@pytest.fixture
def world(db: None) -> World:
    """An organisation without credits."""
    return make_world(credits=0)


@pytest.fixture
def open_shop(world: World, shop: Shop) -> Shop:
    return shop.open()


def test_from_prices_to_credits(program: Program, world: World, open_shop: Shop) -> None:
    prices = program.get("credits/prices").json()
    assert prices["on"]
    pack = prices["packs"][1]
    body = {"credits": pack["credits"]}
    made = program.post("invoices", body, Idempotency_Key="once").json()
    assert (made["state"], made["cents"]) == ("open", pack["cents"])
    assert program.post("invoices", body, Idempotency_Key="once").json() == made
    checkout = program.post(f"invoices/{made['id']}/checkout").json()
    assert checkout["url"].startswith(open_shop.address)
    # Asked again, it is the same page.
    assert program.post(f"invoices/{made['id']}/checkout").json() == checkout
    assert Purchase.objects.count() == 1
    assert open_shop.post(checkout["url"], number=ACCEPTED, how="card")[0] == 303
    told(open_shop)
    assert credits(world) == (pack["credits"], 0)
    assert program.get(f"invoices/{made['id']}").json()["state"] == "paid"
    assert program.get("credits").json()["available"] == pack["credits"]
    after = program.post(f"invoices/{made['id']}/checkout").json()
    assert (after["state"], after["url"]) == ("paid", None)
    problem(program.delete(f"invoices/{made['id']}"), 409, "paid")
    assert program.get(f"invoices/{made['id']}").json()["refunded_cents"] == 0
    refund(open_shop, Purchase.objects.get(), 1_000)
    told(open_shop)
    after = program.get(f"invoices/{made['id']}").json()
    assert (after["state"], after["refunded_cents"]) == ("part_refunded", 1_000)


def test_what_is_given_up_cannot_be_paid(program: Program, world: World, open_shop: Shop) -> None:
    made = program.post("invoices", {"credits": 5}).json()
    url = program.post(f"invoices/{made['id']}/checkout").json()["url"]
    assert program.delete(f"invoices/{made['id']}").json()["state"] == "dropped"
    open_shop.post(url, number=ACCEPTED, how="card")
    told(open_shop)
    assert credits(world) == (0, 0)


def test_an_invoice_is_written_and_sent(program: Program, world: World, open_shop: Shop) -> None:
    body = {"kind": "invoice", "credits": 100, "po_number": "PO-77"}
    made = program.post("invoices", body).json()
    assert made["number"] == ""
    problem(program.post(f"invoices/{made['id']}/send", {"vat_id": "DE1"}), 422, "stripe_refused")
    sent = program.post(f"invoices/{made['id']}/send", {"vat_id": "DE123456789"}).json()
    assert sent["number"]
    assert sent["invoice_url"].startswith(open_shop.address)
    assert (sent["state"], sent["po_number"]) == ("open", "PO-77")
    assert sent["due_at"]


def test_the_plan_begins_and_is_changed_at_stripes(
    program: Program, world: World, open_shop: Shop
) -> None:
    assert program.get("credits/plan").json()["runs"] is False
    made = program.post("invoices", {"kind": "plan", "units": 2}).json()
    url = program.post(f"invoices/{made['id']}/checkout").json()["url"]
    assert open_shop.post(url, number=ACCEPTED, how="card")[0] == 303
    told(open_shop)
    plan = program.get("credits/plan").json()
    assert (plan["runs"], plan["units"], plan["credits"]) == (True, 2, 20)
    assert credits(world) == (20, 0)
    problem(program.post("invoices", {"kind": "plan", "units": 1}), 409, "has_plan")
    assert program.post("credits/portal").json()["url"].startswith(open_shop.address)


def test_a_card_is_stored_and_tops_up(program: Program, world: World, open_shop: Shop) -> None:
    problem(program.patch("credits/top-up", {"on": True}), 422, "no_card")
    card = program.post("credits/top-up/card").json()
    session = {"session": card["session"]}
    problem(program.send("PUT", "credits/top-up/card", session), 404, "no_card")
    assert open_shop.post(card["url"], number=ACCEPTED)[0] == 303
    kept = program.send("PUT", "credits/top-up/card", session).json()
    assert "4242" in kept["card"]
    other = make_world("Other")
    problem(
        Program.of(other.organisation).send("PUT", "credits/top-up/card", session), 404, "no_card"
    )
    wanted = {"on": True, "below": 5, "credits": 25, "cap_cents": 120_000}
    said = program.patch("credits/top-up", wanted).json()
    assert {name: said[name] for name in wanted} == wanted
    top_ups.sweep()
    drain()
    told(open_shop)
    assert credits(world) == (25, 0)
    assert program.get("credits/top-up").json()["spent_cents"] == 57_500


def test_bodies_say_what_they_buy(program: Program) -> None:
    for body, field in (
        ({}, "credits"),
        ({"kind": "plan", "credits": 5}, "units"),
        ({"kind": "pack", "credits": 5, "units": 1}, "units"),
        ({"kind": "pack", "credits": 5, "po_number": "x"}, "po_number"),
    ):
        assert problem(program.post("invoices", body), 422, "invalid")["field"] == field

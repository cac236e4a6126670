"""The stand-in itself: it refuses what Stripe refuses, and its calls arrive."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import stripe

from billing.sandbox.api import _routes, load
from tests.stand_in import ACCEPTED, DECLINED, Shop, start


def raw(
    shop: Shop, path: str, body: str, *, method: str = "POST", **headers: str
) -> tuple[int, dict[str, Any]]:
    """A call without the SDK, which would not let a wrong one through."""
    request = urllib.request.Request(
        shop.address + path,
        data=body.encode() if method == "POST" else None,
        method=method,
        headers={"Authorization": f"Bearer {shop.desk.rpartition('/')[2]}", **headers},
    )
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("customers", "nmae=Ada", "Received unknown parameter: nmae"),
        ("customers", "address[contry]=SE", "Received unknown parameter: address[contry]"),
        ("customers", "address=Stockholm&address[city]=x", "a value and fields of it"),
        ("checkout/sessions", "mode=buy&success_url=x", "Invalid mode"),
        ("prices", "unit_amount=5", "Missing required param: currency"),
        ("payment_intents", "amount=many&currency=usd", "is not an integer"),
        ("payment_intents", "amount=10&currency=usd", "at least $0.50"),
        ("payment_intents", "amount=1000&currency=xyz", "Invalid currency: xyz"),
        ("subscriptions", "customer=cus_none", "No such customer"),
        ("nonsense", "", "Unrecognized request URL"),
    ],
)
def test_what_stripe_would_refuse_is_refused(shop: Shop, path: str, body: str, said: str) -> None:
    status, answer = raw(shop, f"/v1/{path}", body)
    assert status in (400, 404)
    assert said in answer["error"]["message"]


def test_every_operation_asks_the_sdks_types_what_it_may_be_asked(shop: Shop) -> None:
    """But for the pages that a browser calls, which the SDK does not know."""
    load()
    # Each is asked before the thing is looked for.
    for route in _routes:
        path = re.sub(r"\(\?P<\w+>\[\^/\]\+\)", "x", route.pattern.pattern)
        pages = path.startswith("/v1/payment_pages/")
        assert (route.params is None) == pages, path
        query = "?nonsense=1" if route.method != "POST" else ""
        status, answer = raw(shop, path + query, "" if query else "nonsense=1", method=route.method)
        assert (status, answer["error"].get("param")) == (400, "nonsense"), (route.method, path)


def test_an_idempotency_key_does_a_thing_once_and_refuses_another(shop: Shop) -> None:
    one = raw(shop, "/v1/customers", "name=Ada", **{"Idempotency-Key": "k"})
    assert raw(shop, "/v1/customers", "name=Ada", **{"Idempotency-Key": "k"}) == one
    status, answer = raw(shop, "/v1/customers", "name=Eve", **{"Idempotency-Key": "k"})
    assert (status, answer["error"]["type"]) == (400, "idempotency_error")
    assert len(shop.api.v1.customers.list().data) == 1


def test_a_declined_card_is_kept_under_its_key_and_its_traces_stay(shop: Shop) -> None:
    body = "amount=1000&currency=usd&payment_method=pm_card_chargeDeclined&confirm=true"
    one = raw(shop, "/v1/payment_intents", body, **{"Idempotency-Key": "k"})
    assert one[0] == 402
    assert raw(shop, "/v1/payment_intents", body, **{"Idempotency-Key": "k"}) == one
    (charge,) = shop.api.v1.charges.list().data
    assert (charge.status, charge.failure_code) == ("failed", "card_declined")


def test_keys_are_accounts_that_do_not_see_each_other(shop: Shop, settings: Any) -> None:
    customer = shop.api.v1.customers.create(params={"name": "Ada"})
    settings.STRIPE_SECRET_KEY = "sk_test_somebodyelse"
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        shop.api.v1.customers.retrieve(customer.id)
    settings.STRIPE_SECRET_KEY = "sk_live_real"
    with pytest.raises(stripe.AuthenticationError, match="use a test key"):
        shop.api.v1.customers.list()


def test_a_form_of_another_site_and_another_host_do_nothing(shop: Shop) -> None:
    for headers, status in (({"Origin": "https://evil.example"}, 403), ({"Host": "evil"}, 400)):
        request = urllib.request.Request(shop.address + shop.desk, b"act=clock&days=9")
        for name, value in headers.items():
            request.add_header(name, value)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        assert refused.value.code == status


def test_test_clocks_renew_their_own_subscriptions_alone(shop: Shop) -> None:
    api = shop.api
    clock = api.v1.test_helpers.test_clocks.create(params={"frozen_time": 1_800_000_000})
    price = api.v1.prices.create(
        params={
            "currency": "usd",
            "unit_amount": 900,
            "recurring": {"interval": "month"},
            "product_data": {"name": "Plan"},
        }
    )
    subs = []
    for extra in ({"test_clock": clock.id}, {}):
        customer = api.v1.customers.create(params={"payment_method": "pm_card_visa", **extra})  # type: ignore[typeddict-item]
        subs.append(
            api.v1.subscriptions.create(
                params={"customer": customer.id, "items": [{"price": price.id}]}
            )
        )
    api.v1.test_helpers.test_clocks.advance(
        clock.id, params={"frozen_time": 1_800_000_000 + 70 * 86_400}
    )
    invoices = [len(api.v1.invoices.list(params={"subscription": sub.id}).data) for sub in subs]
    assert invoices == [3, 1]


@pytest.mark.processes
def test_calls_are_signed_and_sent_again_until_they_are_accepted(
    shop: Shop, tmp_path: Path
) -> None:
    got: list[tuple[str, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            got.append((body, self.headers["Stripe-Signature"]))
            self.send_response(500 if len(got) == 1 else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = shop.api.v1.webhook_endpoints.create(
        params={
            "url": f"http://127.0.0.1:{server.server_port}/",
            "enabled_events": ["customer.created"],
        }
    )
    shop.api.v1.products.create(params={"name": "not wanted there"})
    shop.api.v1.customers.create(params={"name": "Ada"})
    end = time.monotonic() + 15
    while len(got) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    server.shutdown()
    assert len(got) == 2
    assert got[0][0] == got[1][0]
    for body, signature in got:
        event = stripe.Webhook.construct_event(body, signature, str(endpoint.secret))  # type: ignore[no-untyped-call]
        assert event.type == "customer.created"


@pytest.mark.processes
def test_it_remembers_after_a_restart(tmp_path: Path, settings: Any) -> None:
    state = tmp_path / "state.sqlite"
    settings.STRIPE_SECRET_KEY = "sk_test_again"
    for _ in range(2):
        process, address = start(state)
        settings.STRIPE_SANDBOX = address
        Shop(address).api.v1.customers.create(params={"name": "Ada"})
        count = len(Shop(address).api.v1.customers.list().data)
        process.kill()
        process.wait()
    assert count == 2


@pytest.mark.processes
@pytest.mark.parametrize("start_it", [["-m", "billing.sandbox"], ["manage.py", "stripe_sandbox"]])
@pytest.mark.parametrize("named", ["STRIPE_SECRET_KEY", "STRIPE_SECRET_KEY_FILE"])
def test_it_refuses_beside_a_live_key(tmp_path: Path, start_it: list[str], named: str) -> None:
    for key in ("sk_live_x", "rk_live_x"):
        file = tmp_path / "key"
        file.write_text(key + "\n")
        where = ["--port", "0"]
        if start_it[0] == "-m":
            where += ["--state", str(tmp_path / "state.sqlite")]
        refused = subprocess.run(
            [sys.executable, *start_it, *where],
            env={
                **os.environ,
                "SECRET_KEY": "x" * 50,
                "DJANGO_SETTINGS_MODULE": "headshots.settings",
                named: str(file) if named.endswith("_FILE") else key,
            },
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert refused.returncode == 1
        assert "is a live key" in refused.stderr


def test_the_settings_refuse_a_key_beside_the_stand_in_and_one_elsewhere() -> None:
    for changes, said in (
        (
            {"STRIPE_SECRET_KEY": "sk_live_x", "HEADSHOTS_STRIPE_SANDBOX": "http://127.0.0.1:1"},
            "both set",
        ),
        ({"HEADSHOTS_STRIPE_SANDBOX": "https://stripe.example"}, "not on this machine"),
        ({"STRIPE_SECRET_KEY": "pk_live_x"}, "no secret key"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", "import headshots.settings"],
            env={"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 50, **changes},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode != 0
        assert said in done.stderr


def test_an_invoice_is_a_pdf_that_says_what_it_is(shop: Shop) -> None:
    customer = shop.api.v1.customers.create(params={"name": "Ada (AB)", "email": "a@b.example"})
    made = shop.api.v1.invoices.create(
        params={"customer": customer.id, "collection_method": "send_invoice", "days_until_due": 30}
    )
    shop.api.v1.invoice_items.create(
        params={"customer": customer.id, "invoice": made.id, "amount": 5000, "currency": "usd"}
    )
    invoice = shop.api.v1.invoices.finalize_invoice(made.id)
    with urllib.request.urlopen(str(invoice.invoice_pdf)) as response:
        body = response.read()
    assert response.headers["Content-Type"] == "application/pdf"
    assert body.startswith(b"%PDF-1.4")
    for word in (b"50.00 USD", rb"Ada \(AB\)", str(invoice.number).encode(), b"no money moves"):
        assert word in body


@pytest.mark.parametrize("number", [ACCEPTED, DECLINED, "1234", ""])
def test_the_checkout_pages_say_that_no_money_moves(shop: Shop, number: str) -> None:
    price = shop.api.v1.prices.create(
        params={"currency": "usd", "unit_amount": 900, "product_data": {"name": "<b>Credits</b>"}}
    )
    session = shop.api.v1.checkout.sessions.create(
        params={
            "line_items": [{"price": price.id, "quantity": 1}],
            "mode": "payment",
            "success_url": "https://x.example/?s={CHECKOUT_SESSION_ID}",
        }
    )
    with urllib.request.urlopen(str(session.url)) as response:
        page = response.read().decode()
    assert "No money moves here" in page
    assert "<b>Credits" not in page
    status, said = shop.post(str(session.url), number=number)
    if number == ACCEPTED:
        assert (status, said) == (303, f"https://x.example/?s={session.id}")
    else:
        assert status == 402
        assert "declined" in said or "no test card" in said

"""The desk: what at Stripe happens by itself, by a bank or in the dashboard."""

from __future__ import annotations

from collections.abc import Callable

from billing.sandbox.common import need
from billing.sandbox.errors import Refused
from billing.sandbox.resources import checkout, disputes, invoices, refunds, subscriptions
from billing.sandbox.store import Account, Obj

_DAY = 86_400


def bank_account(customer: str) -> str:
    """The number that a customer's transfers go to, made of their id."""
    digits = "".join(str(ord(letter) % 10) for letter in customer[-16:])
    return " ".join(["US00", digits[:4], digits[4:8], digits[8:12], digits[12:16]])


def seen(account: Account) -> Obj:
    """What the desk shows, the newest first."""
    return {
        "now": account.now,
        "charges": account.all("charge")[:25],
        "refunds": account.all("refund")[:25],
        "disputes": account.all("dispute")[:25],
        "settling": [
            one
            for one in account.all("checkout.session", status="complete", payment_status="unpaid")
            if need(account, "payment_intent", one["payment_intent"])["status"] == "processing"
        ],
        "invoices": account.all("invoice", status="open")[:25],
        "plans": account.all("subscription")[:25],
        "events": account.all("event")[:40],
        "deliveries": account.store.rows.execute("SELECT count(*) FROM delivery").fetchone()[0],
    }


def act(account: Account, form: dict[str, str]) -> None:
    """One of the desk's buttons."""
    does = _ACTS.get(form.get("act", ""))
    if does is None:
        raise Refused("The desk has no such button.", status=404)
    does(account, form.get("id", ""), form)


def _refund(account: Account, thing: str, form: dict[str, str]) -> None:
    charge = need(account, "charge", thing)
    left = charge["amount"] - charge["amount_refunded"]
    part = {"amount": left // 2} if form.get("part") == "half" else {}
    refunds.create(account, {"charge": thing, **part})


def _dispute(account: Account, thing: str, form: dict[str, str]) -> None:
    charge = need(account, "charge", thing)
    disputes.begin(account, charge, charge["amount"] - charge["amount_refunded"])


def _move_clock(account: Account, thing: str, form: dict[str, str]) -> None:
    account.move_clock(int(form.get("days") or 0) * _DAY)
    subscriptions.renew_due(account)


_ACTS: dict[str, Callable[[Account, str, dict[str, str]], object]] = {
    "refund": _refund,
    "refund_fails": lambda account, thing, form: refunds.fail(
        account, need(account, "refund", thing)
    ),
    "dispute": _dispute,
    "won": lambda account, thing, form: disputes.decide(
        account, need(account, "dispute", thing), won=True
    ),
    "lost": lambda account, thing, form: disputes.decide(
        account, need(account, "dispute", thing), won=False
    ),
    "settle": lambda account, thing, form: checkout.settle(
        account, need(account, "checkout.session", thing)
    ),
    "transfer": lambda account, thing, form: invoices.transfer(
        account, need(account, "invoice", thing)
    ),
    "clock": _move_clock,
}

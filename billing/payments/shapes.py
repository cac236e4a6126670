"""How Stripe's objects look. The one place that knows; the rest reads what is made here.

Objects are read at Stripe each time, since an event tells only that something happened, in any
order. dj-stripe's own accessors are left alone, where they expect shapes of earlier years.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import stripe

Shape = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """What was bought: a quantity of a price that the catalogue may know by `lookup_key`.

    `begins` is when the period that it pays for begins, if it pays for one.
    """

    source_key: str
    lookup_key: str
    quantity: int
    begins: datetime | None = None


@dataclass(frozen=True)
class Reversal:
    """Money that goes back, by a refund or a dispute; `stands` is whether it is gone, by now."""

    cents: int
    stands: bool
    disputed: bool


@dataclass(frozen=True)
class Payment:
    """A payment as it is now. `state` is open, settling, paid, failed or dropped.

    `purchase_id` is what we wrote on it when it was begun, if we did; `payable` is whether it has
    an invoice that waits for money, also after a card was declined.
    """

    session_id: str | None
    invoice_id: str | None
    payment_intent_id: str
    customer: str
    purchase_id: str
    state: str
    cents: int
    currency: str
    lines: tuple[Line, ...]
    reversals: tuple[Reversal, ...] = ()
    number: str = ""
    invoice_url: str = ""
    pdf_url: str = ""
    receipt_url: str = ""
    problem: str = ""
    due_at: datetime | None = None
    paid_at: datetime | None = None
    payable: bool = False


@dataclass(frozen=True)
class StoredCard:
    """A card that may be charged later."""

    method_id: str
    label: str
    customer: str


@dataclass(frozen=True)
class PlanState:
    """A subscription: whether it runs, until when, and whether it ends then."""

    id: str
    status: str
    quantity: int
    until: datetime | None
    ends: bool

    @property
    def runs(self) -> bool:
        return self.status in ("active", "past_due", "trialing")


def plain(made: Any) -> dict[str, Any]:
    """An object of the SDK as plain dictionaries and lists."""
    found: dict[str, Any] = json.loads(str(made))
    return found


def read_payment(api: stripe.StripeClient, source_id: str) -> Payment | None:
    """The payment behind a checkout session, an invoice or a payment intent.

    None for what is no purchase of ours: a stored card, a subscription that was not paid, an
    invoice that only documents a checkout or that somebody wrote by hand.
    """
    if source_id.startswith("cs_"):
        return _of_session(api, source_id)
    if source_id.startswith("in_"):
        return _of_invoice(api, source_id)
    if source_id.startswith("pi_"):
        found = _source_of_intent(api, source_id)
        return read_payment(api, found) if found else None
    return None


def _of_session(api: stripe.StripeClient, session_id: str) -> Payment | None:
    wanted = ["line_items", "payment_intent.latest_charge", "invoice"]
    session = plain(api.v1.checkout.sessions.retrieve(session_id, params={"expand": wanted}))
    if session["mode"] == "setup" or not session["customer"]:
        return None
    if session["mode"] == "subscription" and session["invoice"]:
        return _of_invoice(api, _id(session["invoice"]), session=session)
    intent = session["payment_intent"] or {}
    charge = intent.get("latest_charge") or {}
    invoice = session["invoice"] or {}
    paid = session["payment_status"] == "paid"
    return Payment(
        session_id=session_id,
        invoice_id=invoice.get("id"),
        payment_intent_id=intent.get("id", ""),
        customer=_id(session["customer"]),
        purchase_id=session["metadata"].get("purchase", ""),
        state="paid" if paid else _unpaid(session, intent),
        cents=session["amount_total"] or 0,
        currency=session["currency"],
        lines=tuple(
            Line(
                source_key=f"checkout:{session_id}" + (f":{number}" if number else ""),
                lookup_key=_lookup_key(item["price"]),
                quantity=item["quantity"] or 0,
            )
            for number, item in enumerate(session["line_items"]["data"])
        ),
        reversals=_reversals(api, intent.get("id")) if paid else (),
        number=invoice.get("number") or "",
        invoice_url=invoice.get("hosted_invoice_url") or "",
        pdf_url=invoice.get("invoice_pdf") or "",
        receipt_url=charge.get("receipt_url") or "",
        problem=_problem(intent),
        paid_at=_moment(charge.get("created")) if paid else None,
    )


def _unpaid(session: Shape, intent: Shape) -> str:
    if session["status"] == "expired":
        return "dropped"
    if session["status"] == "open":
        return "open"
    return "settling" if intent.get("status") == "processing" else "failed"


def _of_invoice(
    api: stripe.StripeClient, invoice_id: str, session: Shape | None = None
) -> Payment | None:
    wanted = ["lines.data.pricing.price_details.price", "payments"]
    invoice = plain(api.v1.invoices.retrieve(invoice_id, params={"expand": wanted}))
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    reason = invoice["billing_reason"]
    if reason not in ("subscription_create", "subscription_cycle") and not invoice["metadata"].get(
        "credits"
    ):
        return None
    of_plan = details.get("metadata") or {} if reason == "subscription_create" else {}
    intent_id = next(
        (
            _id(one["payment"]["payment_intent"])
            for one in invoice["payments"]["data"]
            if one["payment"].get("payment_intent")
        ),
        "",
    )
    intent = (
        plain(api.v1.payment_intents.retrieve(intent_id, params={"expand": ["latest_charge"]}))
        if intent_id
        else {}
    )
    paid = invoice["status"] == "paid"
    return Payment(
        session_id=session["id"] if session else None,
        invoice_id=invoice_id,
        payment_intent_id=intent_id,
        customer=_id(invoice["customer"]),
        purchase_id=invoice["metadata"].get("purchase") or of_plan.get("purchase", ""),
        state=_invoice_state(invoice, intent),
        cents=invoice["total"],
        currency=invoice["currency"],
        lines=tuple(
            Line(
                source_key=f"invoice:{invoice_id}:line:{line['id']}",
                lookup_key=_lookup_key(
                    ((line["pricing"] or {}).get("price_details") or {}).get("price")
                ),
                quantity=line["quantity"] or 0,
                begins=_moment(line["period"]["start"]) if details else None,
            )
            for line in invoice["lines"]["data"]
            if not _is_proration(line)
        ),
        reversals=_reversals(api, intent_id) if paid else (),
        number=invoice["number"] or "",
        invoice_url=invoice["hosted_invoice_url"] or "",
        pdf_url=invoice["invoice_pdf"] or "",
        receipt_url=(intent.get("latest_charge") or {}).get("receipt_url") or "",
        problem="" if paid else _problem(intent),
        due_at=_moment(invoice["due_date"]),
        paid_at=_moment((invoice["status_transitions"] or {}).get("paid_at")),
        payable=invoice["status"] == "open",
    )


def _invoice_state(invoice: Shape, intent: Shape) -> str:
    if invoice["status"] == "paid":
        return "paid"
    if invoice["status"] in ("void", "uncollectible"):
        return "failed" if intent.get("last_payment_error") else "dropped"
    if intent.get("status") == "processing":
        return "settling"
    declined = intent.get("status") == "requires_payment_method" and intent.get(
        "last_payment_error"
    )
    return "failed" if declined and invoice["collection_method"] != "send_invoice" else "open"


def _is_proration(line: Shape) -> bool:
    parent = line["parent"] or {}
    return any((parent.get(kind) or {}).get("proration") for kind in parent if kind != "type")


def _source_of_intent(api: stripe.StripeClient, intent_id: str) -> str | None:
    sessions = api.v1.checkout.sessions.list(params={"payment_intent": intent_id, "limit": 1})
    for session in sessions.data:
        return session.id
    payments = api.v1.invoice_payments.list(
        params={"payment": {"type": "payment_intent", "payment_intent": intent_id}, "limit": 1}
    )
    for payment in payments.data:
        return _id(plain(payment)["invoice"])
    return None


def _reversals(api: stripe.StripeClient, intent_id: str | None) -> tuple[Reversal, ...]:
    """Refunds and disputes of a payment, the earliest first."""
    if not intent_id:
        return ()
    refunds = api.v1.refunds.list(params={"payment_intent": intent_id, "limit": 100})
    disputes = api.v1.disputes.list(params={"payment_intent": intent_id, "limit": 100})
    found = [
        (one.created, one.id, Reversal(one.amount, one.status not in _CAME_TO_NOTHING, False))
        for one in refunds.auto_paging_iter()
    ] + [
        (one.created, one.id, Reversal(one.amount, one.status in _LOST_SO_FAR, True))
        for one in disputes.auto_paging_iter()
    ]
    return tuple(reversal for _created, _id, reversal in sorted(found, key=lambda one: one[:2]))


_CAME_TO_NOTHING = ("failed", "canceled")
# A bank that only asks (warning_…) has not taken the money.
_LOST_SO_FAR = ("needs_response", "under_review", "lost")


def read_stored_card(api: stripe.StripeClient, session_id: str) -> StoredCard | None:
    """The card that somebody stored in a checkout; None while they have not."""
    wanted = ["setup_intent.payment_method"]
    session = plain(api.v1.checkout.sessions.retrieve(session_id, params={"expand": wanted}))
    intent = session["setup_intent"] or {}
    if intent.get("status") != "succeeded":
        return None
    method = intent["payment_method"]
    return StoredCard(method["id"], card_label(method), _id(session["customer"]))


def card_label(method: Shape) -> str:
    """“Visa ending in 4242”."""
    card = method.get("card")
    if not card:
        return str(method["type"]).replace("_", " ").capitalize()
    return f"{str(card['brand']).capitalize()} ending in {card['last4']}"


def plan_state(subscription: Shape) -> PlanState:
    """A subscription, as Stripe or dj-stripe's `stripe_data` have it."""
    items = subscription["items"]["data"]
    return PlanState(
        id=subscription["id"],
        status=subscription["status"],
        quantity=items[0]["quantity"] if items else 1,
        until=_moment(min((i["current_period_end"] for i in items), default=None)),
        ends=bool(subscription["cancel_at_period_end"] or subscription["cancel_at"]),
    )


def about(event_type: str, subject: Shape) -> str | None:
    """Which payment an event is about, as `read_payment` takes it."""
    kind = subject.get("object")
    if kind in ("checkout.session", "invoice", "payment_intent"):
        return subject.get("id")
    if kind in ("charge", "refund", "dispute"):
        return _id(subject.get("payment_intent")) or None
    return None


def price_differs(price: Shape, wanted: Shape) -> bool:
    """Whether a price at Stripe is another than the parameters that it would be made of."""
    tiers = [
        {"up_to": tier["up_to"] or "inf", "unit_amount": tier["unit_amount"]}
        for tier in price.get("tiers") or []
    ]
    every = (price.get("recurring") or {}).get("interval")
    return (
        not price["active"]
        or price["currency"] != wanted["currency"]
        or tiers != wanted.get("tiers", [])
        or (not tiers and price["unit_amount"] != wanted.get("unit_amount"))
        or every != (wanted.get("recurring") or {}).get("interval")
    )


def _lookup_key(price: Any) -> str:
    # A price that was replaced has given its lookup key away; it keeps ours among its metadata.
    if not isinstance(price, dict):
        return ""
    return str((price.get("metadata") or {}).get("lookup_key") or price.get("lookup_key") or "")


def _problem(intent: Shape) -> str:
    return str((intent.get("last_payment_error") or {}).get("message") or "")[:300]


def _id(value: Any) -> str:
    return str(value["id"] if isinstance(value, dict) else value or "")


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None

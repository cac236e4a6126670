"""Checkout sessions: what is bought, and what becomes of it when somebody pays."""

from __future__ import annotations

from billing.sandbox.api import operation, shown
from billing.sandbox.common import announce, listing, merge, need, whole_list
from billing.sandbox.errors import Refused
from billing.sandbox.resources import cards, catalogue, customers, invoices, payments, subscriptions
from billing.sandbox.store import Account, Obj, new_id

DAY = 86_400


@operation("POST", "/v1/checkout/sessions", "checkout._session_create_params:SessionCreateParams")
def create(account: Account, given: Obj) -> Obj:
    mode = given.get("mode", "payment")
    if given.get("customer"):
        need(account, "customer", given["customer"])
    items = [_line(account, item) for item in given.get("line_items", [])]
    if bool(items) == (mode == "setup"):
        raise Refused("Line items are for payments and subscriptions.", param="line_items")
    recurring = any(item["price"]["type"] == "recurring" for item in items)
    if recurring != (mode == "subscription"):
        raise Refused(
            f"You specified `{mode}` mode but the prices are of another kind.", param="mode"
        )
    total = sum(item["amount_total"] for item in items)
    embedded = given.get("ui_mode") == "embedded_page"
    if not embedded and not given.get("success_url"):
        raise Refused("Missing required param: success_url.", param="success_url")
    made = account.add(
        "cs_test",
        "checkout.session",
        amount_subtotal=total,
        amount_total=total,
        automatic_tax={"enabled": False, "liability": None, "status": None},
        billing_address_collection=given.get("billing_address_collection"),
        cancel_url=given.get("cancel_url"),
        client_reference_id=given.get("client_reference_id"),
        currency=items[0]["currency"] if items else given.get("currency", "usd"),
        customer=given.get("customer"),
        customer_details=None,
        customer_email=given.get("customer_email"),
        expires_at=given.get("expires_at", account.now + DAY),
        invoice=None,
        invoice_creation=given.get("invoice_creation") if mode == "payment" else None,
        line_items=whole_list(items, "/v1/checkout/sessions/line_items"),
        locale=given.get("locale"),
        metadata=given.get("metadata", {}),
        mode=mode,
        payment_intent=None,
        payment_method_options={},
        payment_method_types=given.get("payment_method_types", ["card", "us_bank_account"]),
        payment_status="no_payment_required" if mode == "setup" else "unpaid",
        return_url=given.get("return_url"),
        setup_intent=None,
        status="open",
        subscription=None,
        success_url=given.get("success_url"),
        total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        ui_mode=given.get("ui_mode", "hosted_page"),
        url=None,
        _intent=given.get("payment_intent_data") or {},
        _subscription=given.get("subscription_data") or {},
    )
    if not embedded:
        made["url"] = f"{account.address}/pay/{made['id']}"
    return shown(account.save(made))


def _line(account: Account, item: Obj) -> Obj:
    if "price_data" in item:
        price_id = catalogue.create_price(account, item["price_data"])["id"]
    else:
        price_id = item.get("price")
    price = need(account, "price", price_id)
    quantity = item.get("quantity", 1)
    if quantity < 1:
        raise Refused("Quantity must be at least 1.", param="line_items[quantity]")
    if not price["active"]:
        raise Refused(f"The price {price_id} is inactive.", param="line_items[price]")
    amount = catalogue.amount_of(price, quantity)
    return {
        "id": new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": need(account, "product", price["product"])["name"],
        "price": shown(price),
        "quantity": quantity,
    }


def pay(account: Account, session: Obj, method: Obj, *, email: str = "") -> Obj:
    """Somebody pays (or stores a card): the session is complete, if nothing was declined."""
    if session["status"] != "open":
        raise Refused(f"This Checkout Session is {session['status']}.", status=400)
    if session["expires_at"] <= account.now:
        expire(account, {}, id=session["id"])
        raise Refused("This Checkout Session has expired.", status=400)
    if session["customer"] is None and session["mode"] != "payment":
        session["customer"] = customers.create(account, {"email": email} if email else {})["id"]
    how = {"payment": _payment, "subscription": _subscription, "setup": _setup}[session["mode"]]
    how(account, session, method)
    session["status"] = "complete"
    session["url"] = None
    session["customer_details"] = {
        "address": None,
        "email": email or session["customer_email"],
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
    announce(account, "checkout.session.completed", account.save(session))
    return session


def _payment(account: Account, session: Obj, method: Obj) -> None:
    wanted = session["_intent"]
    if session["payment_intent"] is None:
        asked: Obj = {"amount": session["amount_total"], "currency": session["currency"]}
        asked |= {"metadata": wanted.get("metadata", {})}
        for name in ("description", "receipt_email", "setup_future_usage"):
            if name in wanted:
                asked[name] = wanted[name]
        if session["customer"]:
            asked["customer"] = session["customer"]
        session["payment_intent"] = payments.create(account, asked)["id"]
        account.save(session)
    intent = need(account, "payment_intent", session["payment_intent"])
    intent = payments.pay(account, intent, method, off_session=False)
    if intent["status"] == "succeeded":
        session["payment_status"] = "paid"
        _bill(account, session)


def _bill(account: Account, session: Obj) -> None:
    """An invoice for what was paid, where one was wanted."""
    wanted = session["invoice_creation"] or {}
    if wanted.get("enabled") and session["customer"]:
        data = wanted.get("invoice_data") or {}
        session["invoice"] = invoices.of_session(account, session, data)["id"]


def _subscription(account: Account, session: Obj, method: Obj) -> None:
    cards.attach_to(account, method, session["customer"])
    made = subscriptions.create(
        account,
        {
            "customer": session["customer"],
            "default_payment_method": method["id"],
            "items": [
                {"price": item["price"]["id"], "quantity": item["quantity"]}
                for item in session["line_items"]["data"]
            ],
            "metadata": session["_subscription"].get("metadata", {}),
            "payment_behavior": "error_if_incomplete",
        },
        off_session=False,
    )
    session |= {
        "subscription": made["id"],
        "invoice": made["latest_invoice"],
        "payment_status": "paid",
    }


def _setup(account: Account, session: Obj, method: Obj) -> None:
    if method["_behaves"] == "declined":
        raise Refused(payments.DECLINED, status=402, kind="card_error", code="card_declined")
    cards.attach_to(account, method, session["customer"])
    made = account.add(
        "seti",
        "setup_intent",
        customer=session["customer"],
        description=None,
        last_setup_error=None,
        metadata={},
        payment_method=method["id"],
        payment_method_types=["card"],
        status="succeeded",
        usage="off_session",
    )
    announce(account, "setup_intent.succeeded", made)
    session["setup_intent"] = made["id"]


def settle(account: Account, session: Obj) -> Obj:
    """What took its time has come in, or has not."""
    intent = need(account, "payment_intent", session["payment_intent"])
    if intent["status"] != "processing":
        raise Refused("Nothing is on its way for this session.")
    if payments.settle(account, intent)["status"] == "succeeded":
        session["payment_status"] = "paid"
        _bill(account, session)
        account.save(session)
        announce(account, "checkout.session.async_payment_succeeded", session)
    else:
        announce(account, "checkout.session.async_payment_failed", session)
    return session


@operation(
    "POST",
    "/v1/checkout/sessions/{id}/expire",
    "checkout._session_expire_params:SessionExpireParams",
)
def expire(account: Account, given: Obj, id: str) -> Obj:
    session = need(account, "checkout.session", id)
    if session["status"] != "open":
        raise Refused(f"Only open sessions can be expired; this one is {session['status']}.")
    session |= {"status": "expired", "url": None}
    announce(account, "checkout.session.expired", account.save(session))
    return shown(session)


@operation(
    "POST", "/v1/checkout/sessions/{id}", "checkout._session_modify_params:SessionModifyParams"
)
def update(account: Account, given: Obj, id: str) -> Obj:
    return shown(account.save(merge(need(account, "checkout.session", id), given, "metadata")))


@operation(
    "GET",
    "/v1/checkout/sessions/{id}/line_items",
    "checkout._session_list_line_items_params:SessionListLineItemsParams",
)
def line_items(account: Account, given: Obj, id: str) -> Obj:
    kept: Obj = need(account, "checkout.session", id)["line_items"]
    return kept


@operation(
    "GET", "/v1/checkout/sessions/{id}", "checkout._session_retrieve_params:SessionRetrieveParams"
)
def retrieve(account: Account, given: Obj, id: str) -> Obj:
    return shown(need(account, "checkout.session", id))


@operation("GET", "/v1/checkout/sessions", "checkout._session_list_params:SessionListParams")
def all_of_them(account: Account, given: Obj) -> Obj:
    names = ("customer", "payment_intent", "subscription", "status")
    same = {name: given[name] for name in names if name in given}
    return listing(account.all("checkout.session", **same), given, "/v1/checkout/sessions")


@operation(
    "GET", "/v1/setup_intents/{id}", "_setup_intent_retrieve_params:SetupIntentRetrieveParams"
)
def setup_intent(account: Account, given: Obj, id: str) -> Obj:
    return need(account, "setup_intent", id)


# What a browser on Stripe's page calls; Stripe's own command line tool calls it too, to pay. The
# SDK does not, so that it has no types for it.
_OF_A_PAGE = {"payment_method", "expected_amount"}


@operation("GET", "/v1/payment_pages/{id}", None)
def page(account: Account, given: Obj, id: str) -> Obj:
    _refuse_others(given, set())
    session = need(account, "checkout.session", id)
    return {"id": id, "object": "checkout.payment_page", "session_id": session["id"]}


@operation("POST", "/v1/payment_pages/{id}/confirm", None)
def confirm_page(account: Account, given: Obj, id: str) -> Obj:
    _refuse_others(given, _OF_A_PAGE)
    if "payment_method" not in given:
        raise Refused("Missing required param: payment_method.", param="payment_method")
    session = need(account, "checkout.session", id)
    pay(account, session, cards.resolve(account, given["payment_method"]))
    if session["payment_status"] == "unpaid":
        settle(account, session)
    return {"id": id, "object": "checkout.payment_page", "session_id": session["id"]}


def _refuse_others(given: Obj, known: set[str]) -> None:
    for name in sorted(set(given) - known):
        raise Refused(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)

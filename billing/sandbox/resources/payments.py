"""Payment intents and the charges that they make."""

from __future__ import annotations

from billing.sandbox.api import operation, shown
from billing.sandbox.common import (
    LEAST_CHARGE,
    MOST_CHARGE,
    announce,
    currency,
    listing,
    merge,
    need,
    whole_list,
)
from billing.sandbox.errors import Refused
from billing.sandbox.resources import accounts, cards
from billing.sandbox.store import Account, Obj

DECLINED = "Your card was declined."
AUTHENTICATE = "Your card was declined. This transaction requires authentication."


@operation("POST", "/v1/payment_intents", "_payment_intent_create_params:PaymentIntentCreateParams")
def create(account: Account, given: Obj) -> Obj:
    amount = given["amount"]
    if not LEAST_CHARGE <= amount <= MOST_CHARGE:
        raise Refused(
            f"Amount must be at least $0.50 and at most {MOST_CHARGE:,} cents.",
            code="amount_too_small" if amount < LEAST_CHARGE else "amount_too_large",
            param="amount",
        )
    made = account.add(
        "pi",
        "payment_intent",
        amount=amount,
        amount_capturable=0,
        amount_received=0,
        automatic_payment_methods=given.get("automatic_payment_methods"),
        canceled_at=None,
        cancellation_reason=None,
        capture_method=given.get("capture_method", "automatic"),
        client_secret=None,
        confirmation_method="automatic",
        currency=currency(given["currency"]),
        customer=given.get("customer"),
        description=given.get("description"),
        last_payment_error=None,
        latest_charge=None,
        metadata=given.get("metadata", {}),
        next_action=None,
        payment_method=None,
        payment_method_options={},
        payment_method_types=given.get("payment_method_types", ["card"]),
        processing=None,
        receipt_email=given.get("receipt_email"),
        setup_future_usage=given.get("setup_future_usage"),
        shipping=None,
        statement_descriptor=None,
        status="requires_payment_method",
    )
    made["client_secret"] = f"{made['id']}_secret"
    if given.get("customer"):
        need(account, "customer", given["customer"])
    announce(account, "payment_intent.created", account.save(made))
    if given.get("payment_method"):
        made["payment_method"] = cards.resolve(account, given["payment_method"])["id"]
        made["status"] = "requires_confirmation"
        account.save(made)
    return confirm(account, given, id=made["id"]) if given.get("confirm") else shown(made)


@operation(
    "POST",
    "/v1/payment_intents/{id}/confirm",
    "_payment_intent_confirm_params:PaymentIntentConfirmParams",
)
def confirm(account: Account, given: Obj, id: str) -> Obj:
    intent = need(account, "payment_intent", id)
    if intent["status"] in ("succeeded", "canceled", "processing"):
        raise Refused(
            f"This PaymentIntent's status is {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    chosen = given.get("payment_method") or intent["payment_method"]
    if not chosen:
        raise Refused("You cannot confirm this PaymentIntent: it has no payment method.")
    return shown(pay(account, intent, cards.resolve(account, chosen)))


def pay(account: Account, intent: Obj, method: Obj, *, off_session: bool = True) -> Obj:
    """Charge the method for the intent; a declined card is a Refused that leaves its traces."""
    behaves = method["_behaves"]
    intent["payment_method"] = method["id"]
    if intent["customer"] and intent["setup_future_usage"]:
        cards.attach_to(account, method, intent["customer"])
    if behaves == "declined" or (behaves == "declined_later" and off_session):
        return _decline(account, intent, method)
    if behaves == "authenticated" and off_session:
        return _ask_for_holder(account, intent, method)
    charge = _charge(account, intent, method)
    intent["latest_charge"] = charge["id"]
    if behaves in ("late", "late_failure"):
        intent["status"] = "processing"
        account.save(intent)
        announce(account, "charge.pending", charge)
        announce(account, "payment_intent.processing", intent)
        return intent
    return succeed(account, intent, charge)


def settle(account: Account, intent: Obj) -> Obj:
    """What a bank debit comes to in the end."""
    method = need(account, "payment_method", intent["payment_method"])
    charge = need(account, "charge", intent["latest_charge"])
    if method["_behaves"] == "late_failure":
        charge |= {"status": "failed", "failure_code": "insufficient_funds"}
        charge["failure_message"] = "The bank account has too little money."
        account.save(charge)
        intent["status"] = "requires_payment_method"
        intent["last_payment_error"] = {
            "type": "card_error",
            "code": "payment_intent_payment_attempt_failed",
            "message": charge["failure_message"],
        }
        account.save(intent)
        announce(account, "charge.failed", charge)
        announce(account, "payment_intent.payment_failed", intent)
        return intent
    return succeed(account, intent, charge)


def succeed(account: Account, intent: Obj, charge: Obj) -> Obj:
    earned = accounts.earn(account, source=charge, amount=charge["amount"], kind="charge")
    charge |= {
        "amount_captured": charge["amount"],
        "balance_transaction": earned["id"],
        "captured": True,
        "paid": True,
        "status": "succeeded",
    }
    account.save(charge)
    intent |= {"status": "succeeded", "amount_received": intent["amount"]}
    intent["last_payment_error"] = None
    account.save(intent)
    announce(account, "charge.succeeded", charge)
    announce(account, "payment_intent.succeeded", intent)
    behaves = need(account, "payment_method", charge["payment_method"])["_behaves"]
    if behaves in ("disputed", "inquiry"):
        from billing.sandbox.resources import disputes

        disputes.begin(account, charge, charge["amount"], inquiry=behaves == "inquiry")
    return intent


def _charge(account: Account, intent: Obj, method: Obj) -> Obj:
    made = account.add(
        "ch",
        "charge",
        amount=intent["amount"],
        amount_captured=0,
        amount_refunded=0,
        application=None,
        application_fee_amount=None,
        balance_transaction=None,
        billing_details=method["billing_details"],
        calculated_statement_descriptor="HEADSHOTS",
        captured=False,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        dispute=None,
        disputed=False,
        failure_code=None,
        failure_message=None,
        fraud_details={},
        metadata=intent["metadata"],
        outcome={"network_status": "approved_by_network", "risk_level": "normal"},
        paid=False,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={"type": method["type"], method["type"]: method[method["type"]]},
        receipt_email=intent["receipt_email"],
        receipt_number=None,
        receipt_url=None,
        refunded=False,
        shipping=None,
        statement_descriptor=None,
        status="pending",
        transfer_group=None,
    )
    made["receipt_url"] = f"{account.address}/receipts/{made['id']}"
    made["refunds"] = whole_list([], f"/v1/charges/{made['id']}/refunds")
    return account.save(made)


def _decline(account: Account, intent: Obj, method: Obj) -> Obj:
    charge = _charge(account, intent, method)
    charge |= {
        "status": "failed",
        "failure_code": "card_declined",
        "failure_message": DECLINED,
        "outcome": {"network_status": "declined_by_network", "risk_level": "normal"},
    }
    account.save(charge)
    error = {
        "code": "card_declined",
        "decline_code": "generic_decline",
        "message": DECLINED,
        "type": "card_error",
        "charge": charge["id"],
        "payment_method": shown(method),
    }
    intent |= {
        "status": "requires_payment_method",
        "last_payment_error": error,
        "latest_charge": charge["id"],
        "payment_method": None,
    }
    account.save(intent)
    announce(account, "charge.failed", charge)
    announce(account, "payment_intent.payment_failed", intent)
    raise Refused(
        DECLINED,
        status=402,
        kind="card_error",
        code="card_declined",
        decline_code="generic_decline",
        charge=charge["id"],
        payment_intent=shown(intent),
    )


def _ask_for_holder(account: Account, intent: Obj, method: Obj) -> Obj:
    """The bank wants the card's holder to confirm, who is not there."""
    intent |= {"status": "requires_action", "payment_method": method["id"]}
    announce(account, "payment_intent.requires_action", account.save(intent))
    raise Refused(
        AUTHENTICATE,
        status=402,
        kind="card_error",
        code="authentication_required",
        payment_intent=shown(intent),
    )


@operation(
    "POST",
    "/v1/payment_intents/{id}/cancel",
    "_payment_intent_cancel_params:PaymentIntentCancelParams",
)
def cancel(account: Account, given: Obj, id: str) -> Obj:
    intent = need(account, "payment_intent", id)
    if intent["status"] in ("succeeded", "canceled"):
        raise Refused(f"You cannot cancel this PaymentIntent: it is {intent['status']}.")
    intent |= {"status": "canceled", "canceled_at": account.now}
    intent["cancellation_reason"] = given.get("cancellation_reason")
    announce(account, "payment_intent.canceled", account.save(intent))
    return shown(intent)


@operation(
    "POST", "/v1/payment_intents/{id}", "_payment_intent_modify_params:PaymentIntentModifyParams"
)
def update(account: Account, given: Obj, id: str) -> Obj:
    intent = need(account, "payment_intent", id)
    return shown(
        account.save(merge(intent, given, "amount", "description", "metadata", "customer"))
    )


@operation(
    "GET", "/v1/payment_intents/{id}", "_payment_intent_retrieve_params:PaymentIntentRetrieveParams"
)
def retrieve(account: Account, given: Obj, id: str) -> Obj:
    return shown(need(account, "payment_intent", id))


@operation("GET", "/v1/payment_intents", "_payment_intent_list_params:PaymentIntentListParams")
def all_of_them(account: Account, given: Obj) -> Obj:
    same = {"customer": given["customer"]} if "customer" in given else {}
    return listing(account.all("payment_intent", **same), given, "/v1/payment_intents")


@operation("POST", "/v1/charges", "_charge_create_params:ChargeCreateParams")
def create_charge(account: Account, given: Obj) -> Obj:
    """The old way to charge, in one step."""
    given = {**given, "payment_method": given.pop("source", None), "confirm": True}
    wanted = ("amount", "currency", "customer", "description", "metadata", "payment_method")
    intent = create(account, {name: given[name] for name in (*wanted, "confirm") if name in given})
    return shown(need(account, "charge", intent["latest_charge"]))


@operation("POST", "/v1/charges/{id}", "_charge_modify_params:ChargeModifyParams")
def update_charge(account: Account, given: Obj, id: str) -> Obj:
    charge = merge(need(account, "charge", id), given, "description", "metadata", "receipt_email")
    announce(account, "charge.updated", account.save(charge))
    return shown(charge)


@operation("GET", "/v1/charges/{id}", "_charge_retrieve_params:ChargeRetrieveParams")
def charge(account: Account, given: Obj, id: str) -> Obj:
    return shown(need(account, "charge", id))


@operation("GET", "/v1/charges", "_charge_list_params:ChargeListParams")
def charges(account: Account, given: Obj) -> Obj:
    same = {name: given[name] for name in ("customer", "payment_intent") if name in given}
    return listing(account.all("charge", **same), given, "/v1/charges")

"""Payment methods: test cards that are accepted, declined or disputed, and bank debits that take
their time. Each carries how it behaves, which no answer shows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from billing.sandbox.api import operation, shown
from billing.sandbox.common import announce, listing, merge, need
from billing.sandbox.errors import Refused
from billing.sandbox.store import Account, Obj


@dataclass(frozen=True)
class TestCard:
    """A number of Stripe's documentation, its tokens, and what becomes of a charge of it."""

    number: str
    tokens: tuple[str, ...]
    brand: str
    behaves: str


CARDS = (
    TestCard("4242424242424242", ("visa",), "visa", "accepted"),
    TestCard("5555555555554444", ("mastercard",), "mastercard", "accepted"),
    TestCard("4000000000000077", ("bypassPending",), "visa", "accepted"),
    TestCard("4000000000000002", ("visa_chargeDeclined", "chargeDeclined"), "visa", "declined"),
    TestCard("4000000000000341", ("chargeCustomerFail",), "visa", "declined_later"),
    TestCard("4000002760003184", ("authenticationRequired",), "visa", "authenticated"),
    TestCard("4000000000000259", ("createDispute",), "visa", "disputed"),
    TestCard("4000000000001976", ("createDisputeInquiry",), "visa", "inquiry"),
    TestCard("4000000000007726", ("refundFail",), "visa", "refund_fails"),
)
DEBITS = {"000123456789": "late", "000111111116": "late_failure"}
# The account that Stripe's own command line tool debits to see it fail.
FAILING_IBAN = "IT60X0542811101000000123456"


def resolve(account: Account, asked: str) -> Obj:
    """The payment method of that id; a token of the documentation becomes a new one."""
    kept = account.find("payment_method", asked)
    if kept is not None:
        return kept
    for card in CARDS:
        if asked in {
            f"{prefix}{token}" for prefix in ("pm_card_", "tok_") for token in card.tokens
        }:
            return _card(account, card)
    if asked == "pm_usBankAccount_processing":
        return debit(account, "late")
    raise Refused(f"No such PaymentMethod: '{asked}'", status=404, code="resource_missing")


def of_number(account: Account, number: str) -> Obj:
    """The card of a number that somebody typed."""
    digits = re.sub(r"\D", "", number)
    for card in CARDS:
        if digits == card.number:
            return _card(account, card)
    raise Refused(
        "That is no test card. Use one of those below.",
        status=402,
        kind="card_error",
        code="incorrect_number",
        param="number",
    )


def _method(account: Account, kind: str, behaves: str, detail: Obj) -> Obj:
    return account.add(
        "pm",
        "payment_method",
        allow_redisplay="unspecified",
        billing_details={"address": None, "email": None, "name": None, "phone": None},
        customer=None,
        metadata={},
        type=kind,
        **{kind: detail},
        _behaves=behaves,
    )


def _card(account: Account, card: TestCard) -> Obj:
    detail: Obj = {
        "brand": card.brand,
        "checks": {"cvc_check": "pass"},
        "country": "US",
        "display_brand": card.brand,
        "exp_month": 12,
        "exp_year": 2040,
        "fingerprint": card.number[-8:],
        "funding": "credit",
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return _method(account, "card", card.behaves, detail)


def debit(account: Account, behaves: str) -> Obj:
    """A bank account that is debited in some days."""
    number = next(number for number, how in DEBITS.items() if how == behaves)
    detail: Obj = {
        "account_holder_type": "company",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "fingerprint": number[-8:],
        "last4": number[-4:],
        "routing_number": "110000000",
    }
    return _method(account, "us_bank_account", behaves, detail)


def sepa(account: Account, iban: str) -> Obj:
    """A European bank account that is debited in some days."""
    detail: Obj = {
        "bank_code": iban[4:9],
        "branch_code": "",
        "country": iban[:2],
        "fingerprint": iban[-8:],
        "generated_from": {"charge": None, "setup_attempt": None},
        "last4": iban[-4:],
    }
    behaves = "late_failure" if iban == FAILING_IBAN else "late"
    return _method(account, "sepa_debit", behaves, detail)


def attach_to(account: Account, method: Obj, customer: str) -> Obj:
    if method["customer"] not in (None, customer):
        raise Refused("The payment method you provided is already attached to a customer.")
    if method["customer"] is None:
        method["customer"] = customer
        announce(account, "payment_method.attached", account.save(method))
    return method


@operation("POST", "/v1/payment_methods", "_payment_method_create_params:PaymentMethodCreateParams")
def create(account: Account, given: Obj) -> Obj:
    card = given.get("card") or {}
    if given.get("type") == "us_bank_account":
        number = given.get("us_bank_account", {}).get("account_number", "000123456789")
        made = debit(account, DEBITS.get(number, "late"))
    elif given.get("type") == "sepa_debit":
        iban = str((given.get("sepa_debit") or {}).get("iban", ""))
        made = sepa(account, iban)
    elif card.get("token"):
        made = resolve(account, card["token"])
    else:
        made = of_number(account, str(card.get("number", "")))
    for name, value in (given.get("billing_details") or {}).items():
        made["billing_details"][name] = value
    return shown(account.save(made))


@operation("GET", "/v1/payment_methods", "_payment_method_list_params:PaymentMethodListParams")
def all_of_them(account: Account, given: Obj) -> Obj:
    same = {name: given[name] for name in ("customer", "type") if name in given}
    return listing(account.all("payment_method", **same), given, "/v1/payment_methods")


@operation(
    "GET",
    "/v1/customers/{customer}/payment_methods",
    "_customer_list_payment_methods_params:CustomerListPaymentMethodsParams",
)
def of_customer(account: Account, given: Obj, customer: str) -> Obj:
    same = {"type": given["type"]} if "type" in given else {}
    found = account.all("payment_method", customer=customer, **same)
    return listing(found, given, f"/v1/customers/{customer}/payment_methods")


@operation(
    "GET", "/v1/payment_methods/{id}", "_payment_method_retrieve_params:PaymentMethodRetrieveParams"
)
def retrieve(account: Account, given: Obj, id: str) -> Obj:
    return shown(need(account, "payment_method", id))


@operation(
    "POST",
    "/v1/payment_methods/{id}/attach",
    "_payment_method_attach_params:PaymentMethodAttachParams",
)
def attach(account: Account, given: Obj, id: str) -> Obj:
    customer = need(account, "customer", given["customer"])
    return shown(attach_to(account, resolve(account, id), customer["id"]))


@operation(
    "POST",
    "/v1/payment_methods/{id}/detach",
    "_payment_method_detach_params:PaymentMethodDetachParams",
)
def detach(account: Account, given: Obj, id: str) -> Obj:
    method = need(account, "payment_method", id)
    method["customer"] = None
    announce(account, "payment_method.detached", account.save(method))
    return shown(method)


@operation(
    "POST", "/v1/payment_methods/{id}", "_payment_method_modify_params:PaymentMethodModifyParams"
)
def update(account: Account, given: Obj, id: str) -> Obj:
    method = merge(need(account, "payment_method", id), given, "metadata")
    announce(account, "payment_method.updated", account.save(method))
    return shown(method)

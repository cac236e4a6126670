"""Refunds: all or a part, never more than was charged; some fail afterwards."""

from __future__ import annotations

from billing.sandbox.api import operation, shown
from billing.sandbox.common import announce, listing, merge, need, whole_list
from billing.sandbox.errors import Refused
from billing.sandbox.resources import accounts
from billing.sandbox.store import Account, Obj


@operation("POST", "/v1/refunds", "_refund_create_params:RefundCreateParams")
def create(account: Account, given: Obj) -> Obj:
    charge = _charge_of(account, given)
    left = charge["amount"] - charge["amount_refunded"]
    amount = given.get("amount", left)
    if charge["status"] != "succeeded":
        raise Refused(f"Charge {charge['id']} has not been paid.", code="charge_not_refundable")
    if left == 0:
        raise Refused(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if not 0 < amount <= left:
        raise Refused(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left}).",
            param="amount",
        )
    made = account.add(
        "re",
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        destination_details={"type": "card", "card": {"type": "refund"}},
        failure_balance_transaction=None,
        failure_reason=None,
        metadata=given.get("metadata", {}),
        payment_intent=charge["payment_intent"],
        reason=given.get("reason"),
        receipt_number=None,
        status="succeeded",
    )
    given_back = accounts.earn(account, source=made, amount=-amount, kind="refund")
    made["balance_transaction"] = given_back["id"]
    account.save(made)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    charge["refunds"] = whole_list(
        [made, *charge["refunds"]["data"]], f"/v1/charges/{charge['id']}/refunds"
    )
    account.save(charge)
    announce(account, "charge.refunded", charge)
    announce(account, "refund.created", made)
    announce(account, "charge.refund.updated", made)
    answered = shown(made)
    method = need(account, "payment_method", charge["payment_method"])
    if method["_behaves"] == "refund_fails":
        fail(account, made)  # as at Stripe, after it has said that it succeeded
    return answered


def _charge_of(account: Account, given: Obj) -> Obj:
    charge_id = given.get("charge")
    if charge_id is None:
        charge_id = need(account, "payment_intent", given.get("payment_intent"))["latest_charge"]
    return need(account, "charge", charge_id)


def fail(account: Account, refund: Obj) -> Obj:
    """The bank sends the money back: the refund has come to nothing."""
    charge = need(account, "charge", refund["charge"])
    refund |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    account.save(refund)
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    account.save(charge)
    announce(account, "refund.updated", refund)
    announce(account, "refund.failed", refund)
    return refund


@operation("GET", "/v1/refunds/{id}", "_refund_retrieve_params:RefundRetrieveParams")
def retrieve(account: Account, given: Obj, id: str) -> Obj:
    return shown(need(account, "refund", id))


@operation("POST", "/v1/refunds/{id}", "_refund_modify_params:RefundModifyParams")
def update(account: Account, given: Obj, id: str) -> Obj:
    refund = account.save(merge(need(account, "refund", id), given, "metadata"))
    announce(account, "refund.updated", refund)
    announce(account, "charge.refund.updated", refund)
    return shown(refund)


@operation("GET", "/v1/refunds", "_refund_list_params:RefundListParams")
def all_of_them(account: Account, given: Obj) -> Obj:
    same = {name: given[name] for name in ("charge", "payment_intent") if name in given}
    return listing(account.all("refund", **same), given, "/v1/refunds")

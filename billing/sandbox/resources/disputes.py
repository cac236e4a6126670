"""Disputes: a customer's bank takes the money back, until it is decided."""

from __future__ import annotations

from billing.sandbox.api import operation, shown
from billing.sandbox.common import announce, listing, merge, need
from billing.sandbox.errors import Refused
from billing.sandbox.resources import accounts
from billing.sandbox.store import Account, Obj

DAY = 86_400


def begin(account: Account, charge: Obj, amount: int, *, inquiry: bool = False) -> Obj:
    """The bank opens a dispute about a charge and takes the money; by an inquiry, it only asks."""
    if charge["disputed"]:
        raise Refused("This charge is disputed already.")
    made = account.add(
        "dp",
        "dispute",
        amount=amount,
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence={},
        evidence_details={"due_by": account.now + 9 * DAY, "has_evidence": False},
        is_charge_refundable=False,
        metadata={},
        payment_intent=charge["payment_intent"],
        payment_method_details={"type": "card", "card": {"brand": "visa"}},
        reason="fraudulent",
        status="warning_needs_response" if inquiry else "needs_response",
    )
    if not inquiry:
        taken = accounts.earn(account, source=made, amount=-amount, kind="adjustment")
        made["balance_transactions"] = [taken]
        account.save(made)
    charge |= {"disputed": True, "dispute": made["id"]}
    account.save(charge)
    announce(account, "charge.dispute.created", made)
    if not inquiry:
        announce(account, "charge.dispute.funds_withdrawn", made)
    return made


def decide(account: Account, dispute: Obj, *, won: bool) -> Obj:
    """The bank decides: the money comes back, or it does not."""
    if dispute["status"] in ("won", "lost", "warning_closed"):
        raise Refused("This dispute is closed.")
    if dispute["status"].startswith("warning_"):
        dispute["status"] = "warning_closed"
        announce(account, "charge.dispute.closed", account.save(dispute))
        return dispute
    dispute["status"] = "won" if won else "lost"
    if won:
        returned = accounts.earn(
            account, source=dispute, amount=dispute["amount"], kind="adjustment"
        )
        dispute["balance_transactions"].append(returned)
    account.save(dispute)
    if won:
        announce(account, "charge.dispute.funds_reinstated", dispute)
    announce(account, "charge.dispute.closed", dispute)
    return dispute


@operation("GET", "/v1/disputes/{id}", "_dispute_retrieve_params:DisputeRetrieveParams")
def retrieve(account: Account, given: Obj, id: str) -> Obj:
    return shown(need(account, "dispute", id))


@operation("POST", "/v1/disputes/{id}", "_dispute_modify_params:DisputeModifyParams")
def update(account: Account, given: Obj, id: str) -> Obj:
    """Evidence; the words of Stripe's documentation decide at once."""
    dispute = merge(need(account, "dispute", id), given, "metadata")
    dispute["evidence"] |= given.get("evidence") or {}
    if given.get("submit", True) and given.get("evidence"):
        asked = dispute["status"].startswith("warning_")
        dispute["status"] = "warning_under_review" if asked else "under_review"
        dispute["evidence_details"]["has_evidence"] = True
    announce(account, "charge.dispute.updated", account.save(dispute))
    text = dispute["evidence"].get("uncategorized_text")
    if text in ("winning_evidence", "losing_evidence"):
        decide(account, dispute, won=text == "winning_evidence")
    return shown(dispute)


@operation("POST", "/v1/disputes/{id}/close", "_dispute_close_params:DisputeCloseParams")
def close(account: Account, given: Obj, id: str) -> Obj:
    return shown(decide(account, need(account, "dispute", id), won=False))


@operation("GET", "/v1/disputes", "_dispute_list_params:DisputeListParams")
def all_of_them(account: Account, given: Obj) -> Obj:
    same = {name: given[name] for name in ("charge", "payment_intent") if name in given}
    return listing(account.all("dispute", **same), given, "/v1/disputes")

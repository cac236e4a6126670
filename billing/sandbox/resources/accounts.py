"""The account behind a key, and its balance."""

from __future__ import annotations

from billing.sandbox.api import operation
from billing.sandbox.common import listing, need
from billing.sandbox.store import Account, Obj

FEE_PERCENT, FEE_FIXED = 2.9, 30


def own(account: Account) -> Obj:
    known = account.all("account")
    if known:
        return known[0]
    return account.add(
        "acct",
        "account",
        business_profile={"name": "Headshots (stand-in)"},
        business_type="company",
        capabilities={},
        charges_enabled=True,
        country="US",
        default_currency="usd",
        details_submitted=True,
        email=None,
        metadata={},
        payouts_enabled=True,
        settings={"dashboard": {"display_name": "Headshots (stand-in)", "timezone": "UTC"}},
        type="standard",
    )


@operation("GET", "/v1/account", "_account_retrieve_current_params:AccountRetrieveCurrentParams")
def current(account: Account, given: Obj) -> Obj:
    return own(account)


@operation("GET", "/v1/accounts/{id}", "_account_retrieve_params:AccountRetrieveParams")
def retrieve(account: Account, given: Obj, id: str) -> Obj:
    own(account)
    return need(account, "account", id)


def earn(account: Account, *, source: Obj, amount: int, kind: str) -> Obj:
    """The balance's side of a charge (less Stripe's fee), a refund or a dispute."""
    fee = round(amount * FEE_PERCENT / 100) + FEE_FIXED if kind == "charge" else 0
    return account.add(
        "txn",
        "balance_transaction",
        amount=amount,
        available_on=account.now,
        currency=source["currency"],
        description=None,
        exchange_rate=None,
        fee=fee,
        fee_details=[],
        net=amount - fee,
        reporting_category=kind,
        source=source["id"],
        status="available",
        type=kind,
    )


@operation(
    "GET",
    "/v1/balance_transactions/{id}",
    "_balance_transaction_retrieve_params:BalanceTransactionRetrieveParams",
)
def transaction(account: Account, given: Obj, id: str) -> Obj:
    return need(account, "balance_transaction", id)


@operation(
    "GET",
    "/v1/balance_transactions",
    "_balance_transaction_list_params:BalanceTransactionListParams",
)
def transactions(account: Account, given: Obj) -> Obj:
    return listing(account.all("balance_transaction"), given, "/v1/balance_transactions")

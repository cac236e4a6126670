"""Subscriptions, renewed by a clock that can be moved."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime

from billing.sandbox.api import operation, shown
from billing.sandbox.common import announce, listing, merge, need, whole_list
from billing.sandbox.errors import Refused
from billing.sandbox.resources import cards, invoices
from billing.sandbox.store import Account, Obj, new_id

_MONTHS = {"month": 1, "year": 12}
_SECONDS = {"day": 86_400, "week": 7 * 86_400}


def later(moment: int, interval: str, count: int) -> int:
    """A moment that many days, weeks, months or years on; at the month's end, its last day."""
    if interval in _SECONDS:
        return moment + _SECONDS[interval] * count
    day = datetime.fromtimestamp(moment, UTC)
    months = day.year * 12 + day.month - 1 + _MONTHS[interval] * count
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return int(day.replace(year=year, month=month + 1, day=min(day.day, last)).timestamp())


@operation("POST", "/v1/subscriptions", "_subscription_create_params:SubscriptionCreateParams")
def create(account: Account, given: Obj, *, off_session: bool = True) -> Obj:
    """Begin it and bill its first period; in a checkout, the card's holder is there."""
    customer = need(account, "customer", given["customer"])
    start = time_of(account, customer)
    made = account.add(
        "sub",
        "subscription",
        application=None,
        automatic_tax={"enabled": False},
        billing_cycle_anchor=start,
        cancel_at=None,
        cancel_at_period_end=given.get("cancel_at_period_end", False),
        canceled_at=None,
        cancellation_details={"comment": None, "feedback": None, "reason": None},
        collection_method=given.get("collection_method", "charge_automatically"),
        currency="usd",
        customer=customer["id"],
        days_until_due=given.get("days_until_due"),
        default_payment_method=None,
        default_source=None,
        default_tax_rates=[],
        description=None,
        discounts=[],
        ended_at=None,
        latest_invoice=None,
        metadata=given.get("metadata", {}),
        next_pending_invoice_item_invoice=None,
        pause_collection=None,
        pending_setup_intent=None,
        pending_update=None,
        schedule=None,
        start_date=start,
        status="incomplete",
        test_clock=customer["test_clock"],
        transfer_data=None,
        trial_end=None,
        trial_start=None,
    )
    items = []
    for item in given.get("items", []):
        price = need(account, "price", item.get("price"))
        if price["type"] != "recurring":
            raise Refused("The price is not recurring.", param="items[0][price]")
        every = price["recurring"]
        items.append(
            {
                "id": new_id("si"),
                "object": "subscription_item",
                "created": start,
                "current_period_start": start,
                "current_period_end": later(start, every["interval"], every["interval_count"]),
                "discounts": [],
                "metadata": item.get("metadata", {}),
                "price": shown(price),
                "quantity": item.get("quantity", 1),
                "subscription": made["id"],
                "tax_rates": [],
            }
        )
        made["currency"] = price["currency"]
    if not items:
        raise Refused("Missing required param: items.", param="items")
    made["items"] = whole_list(items, f"/v1/subscription_items?subscription={made['id']}")
    chosen = given.get("default_payment_method")
    if chosen:
        method = cards.attach_to(account, cards.resolve(account, chosen), customer["id"])
        made["default_payment_method"] = method["id"]
    account.save(made)
    _bill(account, made, customer, reason="subscription_create", off_session=off_session)
    announce(account, "customer.subscription.created", account.save(made))
    return shown(made)


def _bill(
    account: Account, subscription: Obj, customer: Obj, *, reason: str, off_session: bool = True
) -> None:
    """Invoice the period that begins, and take the money."""
    invoice = invoices.draft(
        account,
        customer,
        {
            "collection_method": subscription["collection_method"],
            "currency": subscription["currency"],
            "days_until_due": subscription["days_until_due"],
            "_parent": {
                "type": "subscription_details",
                "quote_details": None,
                "subscription_details": {
                    "metadata": subscription["metadata"],
                    "subscription": subscription["id"],
                },
            },
        },
        reason=reason,
    )
    for item in subscription["items"]["data"]:
        period = {"start": item["current_period_start"], "end": item["current_period_end"]}
        parent = {
            "type": "subscription_item_details",
            "subscription_item_details": {
                "proration": False,
                "subscription": subscription["id"],
                "subscription_item": item["id"],
            },
        }
        given = {"price": item["price"]["id"], "quantity": item["quantity"]}
        invoices.add_line(account, invoice, given, parent=parent, period=period)
    announce(account, "invoice.created", invoice)
    subscription["latest_invoice"] = invoice["id"]
    invoices.finalize(account, {}, id=invoice["id"])
    invoice = need(account, "invoice", invoice["id"])
    if subscription["collection_method"] == "send_invoice":
        subscription["status"] = "active"
        announce(account, "invoice.sent", invoice)
        return
    chosen = (
        subscription["default_payment_method"]
        or customer["invoice_settings"]["default_payment_method"]
    )
    if chosen is None:
        raise Refused("This customer has no attached payment source or default payment method.")
    try:
        method = need(account, "payment_method", chosen)
        invoices.charge_invoice(account, invoice, method, off_session=off_session)
    except Refused:
        if reason == "subscription_create":
            subscription["status"] = "incomplete"
            account.save(subscription)
            raise
        subscription["status"] = "past_due"
    else:
        subscription["status"] = "active"


def time_of(account: Account, customer: Obj) -> int:
    """The customer's time: that of its test clock, or the account's."""
    clock = account.find("test_helpers.test_clock", customer.get("test_clock"))
    return int(clock["frozen_time"]) if clock else account.now


def renew_due(account: Account, *, clock: str | None = None) -> int:
    """Begin every period that is due by now; returns how many. Each month that passed is one."""
    renewed = 0
    for found in account.all("subscription", test_clock=clock):
        customer = need(account, "customer", found["customer"])
        while True:
            subscription = need(account, "subscription", found["id"])
            if subscription["status"] not in ("active", "past_due"):
                break
            ends = min(i["current_period_end"] for i in subscription["items"]["data"])
            if ends > time_of(account, customer):
                break
            if subscription["cancel_at_period_end"]:
                end(account, subscription)
                break
            _renew(account, subscription, customer)
            renewed += 1
    return renewed


def _renew(account: Account, subscription: Obj, customer: Obj) -> None:
    for item in subscription["items"]["data"]:
        every = item["price"]["recurring"]
        item["current_period_start"] = item["current_period_end"]
        item["current_period_end"] = later(
            item["current_period_end"], every["interval"], every["interval_count"]
        )
    account.save(subscription)
    _bill(account, subscription, customer, reason="subscription_cycle")
    announce(account, "customer.subscription.updated", account.save(subscription))


def end(account: Account, subscription: Obj) -> Obj:
    subscription |= {"status": "canceled", "ended_at": account.now}
    subscription["canceled_at"] = subscription["canceled_at"] or account.now
    announce(account, "customer.subscription.deleted", account.save(subscription))
    return subscription


@operation("POST", "/v1/subscriptions/{id}", "_subscription_modify_params:SubscriptionModifyParams")
def update(account: Account, given: Obj, id: str) -> Obj:
    subscription = need(account, "subscription", id)
    if subscription["status"] == "canceled":
        raise Refused("A canceled subscription can only update its cancellation_details.")
    if "cancel_at_period_end" in given:
        wanted = given["cancel_at_period_end"]
        subscription["cancel_at_period_end"] = wanted
        subscription["canceled_at"] = account.now if wanted else None
        ends = min(item["current_period_end"] for item in subscription["items"]["data"])
        subscription["cancel_at"] = ends if wanted else None
    merge(subscription, given, "default_payment_method", "description", "metadata")
    announce(account, "customer.subscription.updated", account.save(subscription))
    return shown(subscription)


@operation(
    "DELETE", "/v1/subscriptions/{id}", "_subscription_cancel_params:SubscriptionCancelParams"
)
def cancel(account: Account, given: Obj, id: str) -> Obj:
    return shown(end(account, need(account, "subscription", id)))


@operation(
    "GET", "/v1/subscriptions/{id}", "_subscription_retrieve_params:SubscriptionRetrieveParams"
)
def retrieve(account: Account, given: Obj, id: str) -> Obj:
    return shown(need(account, "subscription", id))


@operation("GET", "/v1/subscriptions", "_subscription_list_params:SubscriptionListParams")
def all_of_them(account: Account, given: Obj) -> Obj:
    same = {"customer": given["customer"]} if "customer" in given else {}
    found = account.all("subscription", **same)
    status = given.get("status")
    if status is None:
        found = [one for one in found if one["status"] != "canceled"]
    elif status != "all":
        found = [one for one in found if one["status"] == status]
    return listing(found, given, "/v1/subscriptions")


@operation(
    "GET", "/v1/subscription_items", "_subscription_item_list_params:SubscriptionItemListParams"
)
def items(account: Account, given: Obj) -> Obj:
    kept = need(account, "subscription", given["subscription"])["items"]["data"]
    return listing(kept, given, "/v1/subscription_items")


@operation(
    "GET",
    "/v1/subscription_items/{id}",
    "_subscription_item_retrieve_params:SubscriptionItemRetrieveParams",
)
def item(account: Account, given: Obj, id: str) -> Obj:
    for subscription in account.all("subscription"):
        for one in subscription["items"]["data"]:
            if one["id"] == id:
                found: Obj = one
                return found
    raise Refused(f"No such subscription_item: '{id}'", status=404, code="resource_missing")

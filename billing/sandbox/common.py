"""What all resources do: find, list, merge, announce."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from billing.sandbox.api import shown
from billing.sandbox.errors import Refused, missing
from billing.sandbox.store import Account, Obj

API_VERSION = "2026-05-27.dahlia"
CURRENCIES = {
    "aud", "brl", "cad", "chf", "czk", "dkk", "eur", "gbp", "hkd", "huf", "jpy", "mxn", "nok",
    "nzd", "pln", "ron", "sek", "sgd", "usd", "zar",
}  # fmt: skip
# From which amount on Stripe takes a charge: about half a dollar.
LEAST_CHARGE = 50
MOST_CHARGE = 99_999_999
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "gte": operator.ge,
    "gt": operator.gt,
    "lte": operator.le,
    "lt": operator.lt,
}


def need(account: Account, kind: str, object_id: str | None) -> Obj:
    """The object, or Stripe's sentence that there is none."""
    found = account.find(kind, object_id)
    if found is None:
        raise missing(kind, str(object_id))
    return found


def currency(asked: str) -> str:
    if asked.lower() not in CURRENCIES:
        raise Refused(
            f"Invalid currency: {asked.lower()}. Stripe currently supports these currencies: "
            f"{', '.join(sorted(CURRENCIES))}",
            param="currency",
        )
    return asked.lower()


def listing(items: list[Obj], given: Obj, url: str) -> Obj:
    """A page of them, newest first, as `limit`, `starting_after` and `ending_before` ask."""
    created = given.get("created")
    for name, value in created.items() if isinstance(created, dict) else ():
        compare = _COMPARE[name]
        items = [item for item in items if compare(item["created"], value)]
    ids = [item["id"] for item in items]
    start = 0
    if given.get("starting_after") in ids:
        start = ids.index(given["starting_after"]) + 1
    limit = given.get("limit", 10)
    end = start + limit
    if given.get("ending_before") in ids:
        end = ids.index(given["ending_before"])
        start = max(0, end - limit)
    return {
        "object": "list",
        "url": url,
        "has_more": end < len(items),
        "data": [shown(item) for item in items[start:end]],
    }


def whole_list(items: list[Obj], url: str) -> Obj:
    """A list inside an object."""
    return {
        "object": "list",
        "url": url,
        "has_more": False,
        "data": items,
        "total_count": len(items),
    }


def merge(kept: Obj, given: Obj, *names: str) -> Obj:
    """Take over those of the parameters; of metadata, an empty value removes."""
    for name in names:
        if name in given and name != "metadata":
            kept[name] = given[name] if given[name] != "" else None
    if "metadata" in names and "metadata" in given:
        if given["metadata"] == "":
            kept["metadata"] = {}
        else:
            both = {**kept.get("metadata", {}), **given["metadata"]}
            kept["metadata"] = {name: value for name, value in both.items() if value != ""}
    return kept


def announce(account: Account, event: str, about: Obj, **previous: Any) -> Obj:
    """An event, and its delivery to every endpoint that wants it."""
    data: Obj = {"object": shown(about)}
    if previous:
        data["previous_attributes"] = previous
    waiting = [
        endpoint
        for endpoint in account.all("webhook_endpoint", status="enabled")
        if "*" in endpoint["enabled_events"] or event in endpoint["enabled_events"]
    ]
    made = account.add(
        "evt",
        "event",
        type=event,
        api_version=API_VERSION,
        data=data,
        pending_webhooks=len(waiting),
        request={"id": None, "idempotency_key": None},
    )
    for endpoint in waiting:
        account.store.rows.execute(
            "INSERT INTO delivery (event, endpoint, attempt, due) VALUES (?, ?, 0, 0)",
            (made["id"], endpoint["id"]),
        )
    account.store.on_event()
    return made

"""Which operation a request is, under whose key, and whether it was asked before."""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from billing.sandbox import parameters, resources
from billing.sandbox.errors import Refused, missing
from billing.sandbox.store import Account, Obj, Store

log = logging.getLogger(__name__)

Operation = Callable[..., Obj]


@dataclass(frozen=True)
class _Route:
    method: str
    pattern: re.Pattern[str]
    params: str | None
    run: Operation


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    replayed: bool = False


_routes: list[_Route] = []


def operation(method: str, path: str, params: str | None) -> Callable[[Operation], Operation]:
    """Make a function an operation: of its path, `{id}` becomes an argument.

    `params` is `module:Class` of the type under stripe.params that says what may be asked.
    """
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))

    def register(run: Operation) -> Operation:
        _routes.append(_Route(method, pattern, params, run))
        return run

    return register


def load() -> None:
    """Import every resource, so that its operations are known."""
    for found in pkgutil.iter_modules(resources.__path__):
        importlib.import_module(f"{resources.__name__}.{found.name}")


def answer(
    store: Store, *, method: str, path: str, asked: str, key: str, idempotency_key: str, site: str
) -> Answer:
    """Do what is asked (form-encoded), once for an idempotency key. `site` is our address."""
    try:
        if not re.fullmatch(r"(sk|rk)_test_\w+", key):
            raise Refused(
                "This is a stand-in for Stripe: use a test key, as sk_test_anything.", status=401
            )
        account = Account(store, key, site)
        with store.transaction():
            if method == "POST" and idempotency_key:
                return _once(account, method, path, asked, idempotency_key)
            return _done(account, method, path, asked)
    except Refused as refused:
        return Answer(refused.status, json.dumps(refused.body))
    except Exception:
        log.exception("%s %s", method, path)
        error = {"type": "api_error", "message": "The stand-in has a fault; its log says which."}
        return Answer(500, json.dumps({"error": error}))


def _once(account: Account, method: str, path: str, asked: str, key: str) -> Answer:
    print_ = hashlib.sha256(f"{method} {path} {asked}".encode()).hexdigest()
    rows = account.store.rows
    row = rows.execute(
        "SELECT print, status, body FROM request WHERE account = ? AND key = ?", (account.key, key)
    ).fetchone()
    if row is not None:
        if row[0] != print_:
            raise Refused(
                f"Keys for idempotent requests can only be used with the same parameters they "
                f"were first used with. Try another key than '{key}'.",
                kind="idempotency_error",
            )
        return Answer(row[1], row[2], replayed=True)
    # What was refused before it began is not kept, as at Stripe; a declined card is.
    done = _done(account, method, path, asked)
    rows.execute(
        "INSERT INTO request VALUES (?, ?, ?, ?, ?)",
        (account.key, key, print_, done.status, done.body),
    )
    return done


def _done(account: Account, method: str, path: str, asked: str) -> Answer:
    for route in _routes:
        match = route.pattern.fullmatch(path) if route.method == method else None
        if match is None:
            continue
        given = parameters.read(asked)
        if route.params is not None:
            given = parameters.checked(given, route.params)
        wanted = given.pop("expand", [])
        try:
            made = route.run(account, given, **match.groupdict())
        except Refused as refused:
            # A card that was declined has left its traces, which stay.
            if refused.body["error"]["type"] != "card_error":
                raise
            return Answer(refused.status, json.dumps(refused.body))
        for name in wanted:
            made = _expanded(account, made, name.split("."))
        return Answer(200, json.dumps(made))
    raise Refused(f"Unrecognized request URL ({method}: {path}).", status=404)


_KINDS = {
    "balance_transaction": "balance_transaction",
    "charge": "charge",
    "customer": "customer",
    "default_payment_method": "payment_method",
    "invoice": "invoice",
    "latest_charge": "charge",
    "latest_invoice": "invoice",
    "payment_intent": "payment_intent",
    "payment_method": "payment_method",
    "price": "price",
    "product": "product",
    "setup_intent": "setup_intent",
    "subscription": "subscription",
    "test_clock": "test_helpers.test_clock",
}
# Shown on request as well, and never anything in them here.
_EMPTY: Obj = {
    "breakdown": {"discounts": [], "taxes": []},
    "discounts": [],
    "sources": {"object": "list", "data": [], "has_more": False, "url": "/v1/sources"},
}
_HIDDEN = {("checkout.session", "line_items"), ("price", "tiers"), ("customer", "tax_ids")}


def shown(made: Obj) -> Obj:
    """The object without what Stripe shows on request alone."""
    return {
        name: value
        for name, value in made.items()
        if (made["object"], name) not in _HIDDEN and not name.startswith("_")
    }


def _expanded(account: Account, within: Any, path: list[str]) -> Any:
    if isinstance(within, list):
        return [_expanded(account, part, path) for part in within]
    if not isinstance(within, dict):
        return within
    name, rest = path[0], path[1:]
    if (within.get("object"), name) in _HIDDEN:
        kept = account.find(within["object"], within["id"])
        value = (kept or {}).get(name)
    elif name in _EMPTY and name not in within:
        value = _EMPTY[name]
    elif name not in within:
        raise Refused(f"This property cannot be expanded ({name}).", param="expand")
    else:
        value = within.get(name)
    if isinstance(value, str) and name in _KINDS:
        found = account.find(_KINDS[name], value)
        if found is None:
            raise missing(_KINDS[name], value)
        value = shown(found)
    return {**within, name: _expanded(account, value, rest) if rest else value}

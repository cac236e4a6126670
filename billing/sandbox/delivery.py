"""Webhooks on their way: signed as Stripe signs them, and sent again until they are accepted."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import threading
import time
import urllib.error
import urllib.request

from billing.sandbox.store import Account, Store

log = logging.getLogger(__name__)

# Seconds before each attempt. Stripe goes on for three days; this is quicker to watch.
WAITS = (0, 2, 10, 60, 300, 1800, 7200, 21600, 43200, 86400)
_TIMEOUT_S = 20


def signature(payload: str, secret: str, at: int) -> str:
    """The Stripe-Signature header of a payload."""
    signed = hmac.new(secret.encode(), f"{at}.{payload}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


class Deliverer(threading.Thread):
    """Sends what is due, one after the other."""

    def __init__(self, store: Store, address: str) -> None:
        super().__init__(name="deliveries", daemon=True)
        self._store = store
        self._address = address
        self._wake = threading.Event()
        store.on_event = self._wake.set

    def run(self) -> None:
        while True:
            self._wake.wait(timeout=1)
            self._wake.clear()
            while self._send_next():
                pass

    def _send_next(self) -> bool:
        with self._store.transaction():
            row = self._store.rows.execute(
                "SELECT number, event, endpoint, attempt FROM delivery WHERE due <= ? "
                "ORDER BY number LIMIT 1",
                (time.time(),),
            ).fetchone()
            if row is None:
                return False
            number, event_id, endpoint_id, attempt = row
            key = self._store.account_of(event_id) or ""
            account = Account(self._store, key, self._address)
            event = account.find("event", event_id)
            endpoint = account.find("webhook_endpoint", endpoint_id)
        accepted = (
            event is None
            or endpoint is None
            or endpoint["status"] != "enabled"
            or _post(endpoint["url"], json.dumps(event, indent=2), endpoint["_secret"])
        )
        with self._store.transaction():
            if accepted or attempt + 1 >= len(WAITS):
                self._store.rows.execute("DELETE FROM delivery WHERE number = ?", (number,))
            else:
                self._store.rows.execute(
                    "UPDATE delivery SET attempt = ?, due = ? WHERE number = ?",
                    (attempt + 1, time.time() + WAITS[attempt + 1], number),
                )
        return True


def _post(url: str, payload: str, secret: str) -> bool:
    request = urllib.request.Request(  # noqa: S310  endpoints begin with http, checked when made
        url,
        data=payload.encode(),
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(payload, secret, int(time.time())),
            "User-Agent": "Stripe/1.0 (local stand-in)",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:  # noqa: S310
            return bool(200 <= response.status < 300)
    except (urllib.error.URLError, OSError) as error:
        log.warning("%s did not accept an event: %s", url, error)
        return False

"""Whether a webhook is ours, by Standard Webhooks."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import TypedDict

from headshots_client.errors import HeadshotsError

TOLERANCE_S = 300
# Of a secret, by Standard Webhooks.
LEAST_BYTES = 24


class EventData(TypedDict):
    """What an event is about."""

    object: str
    id: str
    url: str


class Event(TypedDict):
    """What happened to what. Read the resource at `data["url"]` for more, with a test key where it
    is a `test`; a partner acts for its `organisation`."""

    id: str
    type: str
    timestamp: str
    organisation: str
    test: bool
    data: EventData


class NotOurs(HeadshotsError):
    """The request was not signed with the secret, or too long ago."""


def verify_webhook(
    secret: str, headers: Mapping[str, str], body: bytes | str, *, now: float | None = None
) -> Event:
    """The event in a request, once its signature is checked. Give the body as it arrived.

    Raises NotOurs, and ValueError for a secret that is empty or broken.
    """
    key = _key(secret)
    said = {name.lower(): value for name, value in headers.items()}
    try:
        event_id, stamp, signatures = (
            said["webhook-id"],
            said["webhook-timestamp"],
            said["webhook-signature"],
        )
        age = (time.time() if now is None else now) - int(stamp)
    except (KeyError, ValueError):
        raise NotOurs("The headers of a webhook are missing or broken.") from None
    if abs(age) > TOLERANCE_S:
        raise NotOurs("The webhook is older than five minutes.")
    data = body.encode() if isinstance(body, str) else body
    digest = hmac.new(key, f"{event_id}.{stamp}.".encode() + data, hashlib.sha256).digest()
    expected = f"v1,{base64.b64encode(digest).decode()}".encode()
    if not any(hmac.compare_digest(expected, each.encode()) for each in signatures.split(" ")):
        raise NotOurs("The webhook was not signed with this secret.")
    event: Event = json.loads(data)
    return event


def _key(secret: str) -> bytes:
    # With an empty key anybody could sign.
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) < LEAST_BYTES:
        raise ValueError(
            "The secret is empty or broken. Give the whole one of the endpoint, whsec_…"
        )
    return key

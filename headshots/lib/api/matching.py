"""ETags: naming the state of a resource, and letting one change at a time build upon it."""

from __future__ import annotations

import hashlib

from django.db import connection


def etag(content: bytes) -> str:
    """The ETag of an answer."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def names(header: str, tag: str) -> bool:
    """Whether an If-Match or If-None-Match header names this ETag."""
    named = {part.strip().removeprefix("W/") for part in header.split(",")}
    return "*" in named or tag in named


def lock_number(name: str) -> int:
    """The number of PostgreSQL's advisory lock of that name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def take_turns(name: str) -> None:
    """Wait until nobody else changes what has that name; for the transaction that is on.

    Two requests that name the same state would else both find it unchanged, and both change it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number(name)])

"""ETags: naming the state of a resource, and letting one change at a time build upon it."""

from __future__ import annotations

import hashlib

from django.db import connection

QUOTE = '"'


def etag(content: bytes) -> str:
    """The ETag of an answer."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def etag_of_part(state: str, content: bytes) -> str:
    """The ETag of an answer that shows a resource sparsely or expanded: the ETag of its `state`,
    and after a dot what these bytes are known by."""
    return f'"{state.strip(QUOTE)}.{hashlib.sha256(content).hexdigest()[:16]}"'


def names(header: str, tag: str) -> bool:
    """Whether an If-None-Match header names this answer."""
    named = _named(header)
    return "*" in named or tag in named


def names_state(header: str, state: str) -> bool:
    """Whether an If-Match header names this state of a resource, in whichever form it was read."""
    named = {f'"{tag.strip(QUOTE).partition(".")[0]}"' for tag in _named(header) if tag != "*"}
    return state in named or "*" in _named(header)


def _named(header: str) -> set[str]:
    # A proxy that compresses makes an ETag a weak one; it names the state all the same.
    return {part.strip().removeprefix("W/") for part in header.split(",")}


def lock_number(name: str) -> int:
    """The number of PostgreSQL's advisory lock of that name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def take_turns(name: str) -> None:
    """Wait until nobody else changes what has that name; for the transaction that is on.

    Two requests that name the same state would else both find it unchanged, and both change it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number(name)])

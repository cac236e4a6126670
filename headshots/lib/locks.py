"""PostgreSQL's advisory locks, held by a connection until they are given back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connections

_LOOK_S = 0.5


@contextmanager
def alone(about: UUID) -> Iterator[bool]:
    """Whether no other connection is inside this with the same identifier just now; nobody waits,
    as whoever is inside goes on with it."""
    number = about.int % 2**63
    got = _take(number, "default")
    try:
        yield got
    finally:
        if got:
            _give_back(number, "default")


@contextmanager
def in_turn(number: int, *, longest_s: float, database: str = "default") -> Iterator[None]:
    """Wait until no other connection is inside this with the same number. Raises TimeoutError
    after `longest_s` seconds.

    Asks again and again, since a connection that waited for the lock itself would in turn be
    waited for by whoever inside builds an index concurrently.
    """
    until = time.monotonic() + longest_s
    while not _take(number, database):
        if time.monotonic() > until:
            raise TimeoutError(f"The lock {number} was not to be had in {longest_s:g} s.")
        time.sleep(_LOOK_S)
    try:
        yield
    finally:
        _give_back(number, database)


def _take(number: int, database: str) -> bool:
    with connections[database].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        row = cursor.fetchone()
    return bool(row and row[0])


def _give_back(number: int, database: str) -> None:
    with connections[database].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [number])

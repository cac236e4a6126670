"""PostgreSQL's advisory locks, held by a connection until they are given back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection


@contextmanager
def alone(about: UUID) -> Iterator[bool]:
    """Whether no other connection is inside this with the same identifier just now; nobody waits,
    as whoever is inside goes on with it."""
    number = about.int % 2**63
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        row = cursor.fetchone()
        got = bool(row and row[0])
        try:
            yield got
        finally:
            if got:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])

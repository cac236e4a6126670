"""What all web processes remember together for a while: failed sign-ins, codes that were used."""

from __future__ import annotations

from django.conf import settings
from django.db import connection


def forget() -> int:
    """Remove what is over; returns how many entries. Django itself does so only above a number."""
    table = connection.ops.quote_name(settings.CACHES["default"]["LOCATION"])
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE expires < now()")  # noqa: S608  our own table
        return int(cursor.rowcount)

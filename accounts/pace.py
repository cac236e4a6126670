"""How often somebody may ask for what costs us work or guesses a secret.

Counted in a row of the database, so that it holds for all web processes together.
"""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Tally
from headshots.lib.problems import Problem

_COUNT = f"""
    INSERT INTO {Tally._meta.db_table} (key, count, until) VALUES (%s, 1, %s)
    ON CONFLICT (key) DO UPDATE SET count = {Tally._meta.db_table}.count + 1 RETURNING count
"""  # noqa: S608  the name of our own table alone


def keep(name: str, who: str, *, most: int, seconds: int) -> None:
    """Count one request of `who`, an address or an id. Raises Problem (429) above `most` within a
    window of `seconds`. Call it outside the transaction that may be rolled back."""
    window = int(time.time() // seconds)
    key = hashlib.sha256(f"{name}:{who.lower()}:{window}".encode()).hexdigest()
    until = datetime.fromtimestamp((window + 1) * seconds, UTC)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, until])
        (count,) = cursor.fetchone()
    if count > most:
        raise Problem(
            _("This was asked too often. Wait a while, then try again."),
            code="too_often",
            status=429,
        )


def forget() -> int:
    """Remove what is over; returns how many rows."""
    return Tally.objects.filter(until__lt=timezone.now()).delete()[0]

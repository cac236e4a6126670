"""How often somebody may ask for what costs us work."""

from __future__ import annotations

import time

from django.core.cache import cache
from django.utils.translation import gettext as _

from headshots.lib.problems import Problem


def keep(name: str, who: str, *, most: int, seconds: int) -> None:
    """Count one request of `who`, an address or an id. Raises Problem (429) above `most` within a
    window of `seconds`; counted in each web process by itself where the cache is its own."""
    window = int(time.time() // seconds)
    key = f"pace:{name}:{who}:{window}"
    cache.add(key, 0, timeout=seconds * 2)
    if cache.incr(key) > most:
        raise Problem(
            _("This was asked too often. Wait a minute, then try again."),
            code="too-often",
            status=429,
        )

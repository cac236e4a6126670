"""Whether a wall is being drawn or could not be, for whoever waits: by its key, for minutes."""

from __future__ import annotations

from django.core.cache import cache

# A message that was lost holds up nobody longer.
_UNDER_WAY_S = 120
# Whoever waits looks every few seconds.
_TOLD_S = 600


def begin(key: str) -> bool:
    """Note that a wall is being drawn, and forget why it could not be; False where it is already
    on its way."""
    if not cache.add(_under_way(key), True, _UNDER_WAY_S):
        return False
    cache.delete(_failed(key))
    return True


def end(key: str, *, sentence: str = "") -> None:
    """Note that a wall is drawn, or in a sentence why it could not be."""
    if sentence:
        cache.set(_failed(key), sentence, _TOLD_S)
    cache.delete(_under_way(key))


def why_not(key: str) -> str:
    """Why a wall could not be drawn when it was last asked for, in English or the language of
    whoever asked; empty where nothing is known to be wrong."""
    return str(cache.get(_failed(key), ""))


def _under_way(key: str) -> str:
    return f"wall-under-way-{key}"


def _failed(key: str) -> str:
    return f"wall-failed-{key}"

"""A stop that is asked for politely, known to the process and those it forks."""

from __future__ import annotations

import multiprocessing

_asked = multiprocessing.Event()


def ask() -> None:
    """Ask for the end of whatever work is going on here and in children forked since import."""
    _asked.set()


def asked() -> bool:
    """Whether the work shall end at its next safe point."""
    return _asked.is_set()

"""Identifiers that sort by the time they were made."""

from __future__ import annotations

import os
import secrets
import threading
import time
import uuid

_COUNTER_BITS = 42
_RANDOM_BITS = 32

_lock = threading.Lock()
_last_ms = 0
_counter = 0


def uuid7() -> uuid.UUID:
    """Return a UUID version 7 (RFC 9562, section 5.7).

    48 bits of Unix milliseconds come first, so a B-tree index grows at its right-hand end.
    Within a process every value is greater than the one before, also when the clock is set
    back: after the time stand a 42-bit counter, seeded at random each millisecond
    (section 6.2, method 1), and 32 random bits.
    """
    global _last_ms, _counter
    with _lock:
        now = time.time_ns() // 1_000_000
        if now > _last_ms:
            _last_ms = now
            # Top bit clear: leaves room to count up before the millisecond must be borrowed.
            _counter = secrets.randbits(_COUNTER_BITS - 1)
        else:
            _counter += 1
            if _counter >> _COUNTER_BITS:
                _last_ms += 1
                _counter = secrets.randbits(_COUNTER_BITS - 1)
        milliseconds, counter = _last_ms, _counter
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= (counter >> 30) << 64
    value |= 0b10 << 62
    value |= (counter & ((1 << 30) - 1)) << _RANDOM_BITS
    value |= secrets.randbits(_RANDOM_BITS)
    return uuid.UUID(int=value)


def _reseed_after_fork() -> None:
    """Keep two forked processes from counting on from the same place."""
    global _lock, _last_ms
    _lock = threading.Lock()
    _last_ms = 0


os.register_at_fork(after_in_child=_reseed_after_fork)

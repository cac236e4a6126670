"""Names that Windows keeps for itself: no file or folder can be called so, with any ending."""

from __future__ import annotations

RESERVED = frozenset(
    {
        "con",
        "prn",
        "aux",
        "nul",
        *(f"{device}{number}" for device in ("com", "lpt") for number in "123456789¹²³"),
    }
)

"""The vault as this app's modules know it."""

from __future__ import annotations

from headshots.lib.storage import vault

__all__ = ["vault"]

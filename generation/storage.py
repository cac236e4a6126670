"""The vault as this app's modules know it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from headshots.lib.storage import vault

__all__ = ["destroy", "staff_walls_folder", "vault"]


def staff_walls_folder(organisation_id: UUID) -> str:
    """Where drawn walls of an organisation's whole staff lie."""
    return f"{organisation_id}/walls/staff"


def destroy(*, keys: Iterable[str] = (), folders: Iterable[str] = ()) -> None:
    """Remove files, and whole folders, after the commit.

    What cannot be removed then is logged and keeps nothing else from going; without a row it is a
    stray, which generation.leaving.strays finds.
    """
    for key in keys:
        _after_commit(key, whole=False)
    for folder in folders:
        _after_commit(folder, whole=True)


def _after_commit(place: str, *, whole: bool) -> None:
    def remove() -> None:
        if whole:
            vault().delete_tree(place)
        else:
            vault().delete(place)

    transaction.on_commit(remove, robust=True)

"""That this database and the vault belong together, and neither is older than the other knows."""

from __future__ import annotations

import secrets
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.db.models import Model

from generation.models import Candidate, Plate, Rendition, Selfie
from generation.storage import vault
from headshots.lib import vault_mark
from headshots.lib.vault import Vault

log = structlog.get_logger(__name__)

_TURN = "turn"
# How many of the newest files of a kind are looked for.
_SOME = 20


class OlderDatabase(RuntimeError):
    """The database was brought back from a backup, and rows that it lacks may have files."""


def make_one(**_: Any) -> None:
    """Give database and vault one mark, where the database has none yet. Called after each
    migration.

    Not where rows know of files and none of them is there: then this is not the vault. Nor does a
    vault without a mark get one later, which may be a folder where the share is not mounted yet:
    `adopt` does that.
    """
    if Selfie._meta.db_table not in connection.introspection.table_names():
        return
    vault_mark.lay_table()
    store = Vault(settings.PRIVATE_ROOT)
    known, there = vault_mark.known(), store.mark()
    files = [] if known else _some_files()
    if (known and there != known) or (files and not any(map(store.exists, files))):
        log.error("vault_missing", root=str(store.root), see="manage.py check_vault")
    elif not known:
        mark = there or secrets.token_hex(16)
        if not there:
            store.sign(mark)
        vault_mark.keep(mark)


def adopt() -> None:
    """Take the vault that is there for the one that belongs to this database, whatever it holds:
    for `manage.py check_vault`, which says what it lacks."""
    vault_mark.lay_table()
    mark = vault_mark.known() or secrets.token_hex(16)
    Vault(settings.PRIVATE_ROOT).sign(mark)
    vault_mark.keep(mark)


def is_older() -> bool:
    """Whether the vault has seen this database further than it is."""
    return _counted() > vault_mark.turn()


def refuse_older() -> None:
    """Raise OlderDatabase where this database was brought back from a backup and nobody has looked
    since what the vault holds beyond it."""
    if is_older():
        raise OlderDatabase(
            "This database is older than the vault: files may belong to rows that it lacks. "
            "Run manage.py check_vault."
        )


def count_on() -> int:
    """Let both count one further; 1. Raises OlderDatabase."""
    refuse_older()
    turn = vault_mark.turn() + 1
    # The database first: a vault that is ahead of it says that it was brought back.
    vault_mark.set_turn(turn)
    vault().write_note(_TURN, str(turn).encode())
    return 1


def catch_up() -> None:
    """Let the database count on from where the vault is."""
    vault_mark.set_turn(max(vault_mark.turn(), _counted()))


def _counted() -> int:
    vault().confirm()
    return int(vault().read_note(_TURN) or b"0")


def _some_files() -> list[str]:
    """Keys that rows say are there, newest first of each kind."""
    found: list[str] = []
    kinds: tuple[tuple[type[Model], str, dict[str, Any]], ...] = (
        (Selfie, "file", {"shoot__inputs_destroyed_at": None}),
        (Candidate, "finished", {}),
        (Rendition, "file", {}),
        (Plate, "file", {}),
    )
    for model, field, which in kinds:
        rows = model._default_manager.filter(**which).exclude(**{field: ""}).order_by("-pk")
        found += rows.values_list(field, flat=True)[:_SOME]
    return found

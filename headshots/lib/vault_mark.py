"""By what a database knows the vault that belongs to it: a mark, and a number that both count up.

The mark is in both, so that an empty folder where a share should be mounted is not taken for the
vault. The number shows which of the two was brought back from an older backup.
"""

from __future__ import annotations

from django.db import connection

TABLE = "headshots_vault"
_cached = ""


def lay_table() -> None:
    """Make the table, which is no model's, where it is missing."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {TABLE} (one boolean PRIMARY KEY DEFAULT true CHECK (one),"
            " mark text NOT NULL, turn bigint NOT NULL DEFAULT 0)"
        )


def known() -> str:
    """The mark; empty where there is none yet. Read once in a process, as it never changes."""
    global _cached
    if not _cached:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s)", [TABLE])
            if cursor.fetchone() == (None,):
                return ""
            cursor.execute(f"SELECT mark FROM {TABLE}")  # noqa: S608  our own table
            row = cursor.fetchone()
        _cached = row[0] if row else ""
    return _cached


def keep(mark: str) -> None:
    """Keep the mark of the vault that belongs to this database; replaces another."""
    global _cached
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} (mark) VALUES (%s)"  # noqa: S608  our own table
            " ON CONFLICT (one) DO UPDATE SET mark = EXCLUDED.mark",
            [mark],
        )
    _cached = mark


def turn() -> int:
    """How far this database has counted."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT turn FROM {TABLE}")  # noqa: S608  our own table
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def set_turn(turn: int) -> None:
    """Count on from there."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {TABLE} SET turn = %s", [turn])  # noqa: S608  our own table

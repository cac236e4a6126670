"""What the stand-in remembers, in one SQLite file: objects as JSON, requests, deliveries."""

from __future__ import annotations

import json
import secrets
import sqlite3
import string
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Obj = dict[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS object (
    number INTEGER PRIMARY KEY, account TEXT, kind TEXT, id TEXT, body TEXT, UNIQUE (id, account));
CREATE INDEX IF NOT EXISTS object_kind ON object (account, kind);
CREATE TABLE IF NOT EXISTS request (
    account TEXT, key TEXT, print TEXT, status INTEGER, body TEXT, PRIMARY KEY (account, key));
CREATE TABLE IF NOT EXISTS delivery (
    number INTEGER PRIMARY KEY, event TEXT, endpoint TEXT, attempt INTEGER, due REAL);
CREATE TABLE IF NOT EXISTS clock (account TEXT PRIMARY KEY, ahead INTEGER);
"""
_LETTERS = string.ascii_letters + string.digits


def new_id(prefix: str) -> str:
    return f"{prefix}_" + "".join(secrets.choice(_LETTERS) for _ in range(24))


class Store:
    """The file, used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.rows = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.rows.executescript(_TABLES)
        self.rows.execute("PRAGMA journal_mode = WAL")
        self.rows.execute("PRAGMA synchronous = NORMAL")
        self.lock = threading.RLock()
        self.on_event: Callable[[], None] = lambda: None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing; others wait."""
        with self.lock:
            if self.rows.in_transaction:
                yield
                return
            self.rows.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.rows.execute("ROLLBACK")
                raise
            self.rows.execute("COMMIT")

    def account_of(self, object_id: str) -> str | None:
        """Whose object that is; for pages, which know no key."""
        with self.lock:
            row = self.rows.execute(
                "SELECT account FROM object WHERE id = ?", (object_id,)
            ).fetchone()
        return row[0] if row else None


@dataclass(frozen=True)
class Account:
    """The objects of one API key."""

    store: Store
    key: str
    address: str

    @property
    def now(self) -> int:
        """Seconds since 1970 by the account's clock, which the desk can move ahead."""
        row = self.store.rows.execute(
            "SELECT ahead FROM clock WHERE account = ?", (self.key,)
        ).fetchone()
        return int(time.time()) + (row[0] if row else 0)

    def move_clock(self, seconds: int) -> None:
        self.store.rows.execute(
            "INSERT INTO clock VALUES (?, ?) ON CONFLICT (account) DO UPDATE SET ahead = ahead + ?",
            (self.key, seconds, seconds),
        )

    def add(self, prefix: str, kind: str, **fields: Any) -> Obj:
        """A new object; it is kept."""
        made: Obj = {
            "id": fields.pop("id", None) or new_id(prefix),
            "object": kind,
            "created": self.now,
            "livemode": False,
            **fields,
        }
        self.store.rows.execute(
            "INSERT INTO object (account, kind, id, body) VALUES (?, ?, ?, ?)",
            (self.key, kind, made["id"], json.dumps(made)),
        )
        return made

    def save(self, changed: Obj) -> Obj:
        self.store.rows.execute(
            "UPDATE object SET body = ? WHERE account = ? AND id = ?",
            (json.dumps(changed), self.key, changed["id"]),
        )
        return changed

    def remove(self, gone: Obj) -> None:
        self.store.rows.execute(
            "DELETE FROM object WHERE account = ? AND id = ?", (self.key, gone["id"])
        )

    def find(self, kind: str, object_id: str | None) -> Obj | None:
        row = self.store.rows.execute(
            "SELECT body FROM object WHERE account = ? AND kind = ? AND id = ?",
            (self.key, kind, object_id),
        ).fetchone()
        return json.loads(row[0]) if row else None

    def all(self, kind: str, **equal: Any) -> list[Obj]:
        """Newest first, those whose fields equal what is given."""
        rows = self.store.rows.execute(
            "SELECT body FROM object WHERE account = ? AND kind = ? ORDER BY number DESC",
            (self.key, kind),
        )
        found = [json.loads(body) for (body,) in rows]
        return [o for o in found if all(o.get(name) == value for name, value in equal.items())]

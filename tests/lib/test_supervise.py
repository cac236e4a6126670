"""The supervisor with real processes: restarts, politeness, and nobody left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from headshots.lib.supervise import Child, Supervisor

pytestmark = pytest.mark.processes
REPOSITORY = Path(__file__).resolve().parents[2]

# Writes its own and its grandchild's number; ends politely on SIGTERM, the grandchild never.
FAMILY = """
import os, pathlib, signal, subprocess, sys, time
folder = pathlib.Path(sys.argv[1])
def polite(*_):
    (folder / 'goodbye').touch()
    sys.exit(0)
signal.signal(signal.SIGTERM, polite)
code = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
grandchild = subprocess.Popen([sys.executable, '-c', code])
new = folder / f'new-{os.getpid()}'
new.write_text(f'{os.getpid()} {grandchild.pid}')
new.rename(folder / f'family-{os.getpid()}')
print('hello', flush=True)
time.sleep(600)
"""


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def families(folder: Path) -> list[tuple[int, int]]:
    files = sorted(folder.glob("family-*"), key=lambda file: file.stat().st_mtime_ns)
    return [(int(a), int(b)) for a, b in (file.read_text().split() for file in files)]


def family(folder: Path, **options: object) -> Child:
    return Child(name="family", argv=[sys.executable, "-c", FAMILY, str(folder)], **options)


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Supervisor]]:
    made: list[Supervisor] = []

    def make(*children: Child, **options: object) -> Supervisor:
        options = {"pause_s": 0.05, "log_folder": tmp_path / "logs", **options}
        made.append(Supervisor(children, **options))
        return made[-1]

    yield make
    for supervisor in made:
        supervisor.stop()


def test_stopping_is_polite_to_the_main_process_and_leaves_nobody(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    supervisor = supervise(family(tmp_path))
    supervisor.start()
    wait_for(lambda: families(tmp_path))
    main, grandchild = families(tmp_path)[0]
    assert supervisor.pid("family") == main
    assert os.getpgid(main) != os.getpgid(0)
    supervisor.stop()
    assert (tmp_path / "goodbye").exists()
    assert not alive(main)
    assert not alive(grandchild)
    assert supervisor.pid("family") is None


def test_a_killed_child_is_started_again_without_its_old_grandchild(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    supervisor = supervise(family(tmp_path))
    supervisor.start()
    for turn in range(3):
        wait_for(lambda turn=turn: len(families(tmp_path)) == turn + 1)
        main, grandchild = families(tmp_path)[turn]
        os.kill(main, signal.SIGKILL)
        wait_for(lambda pid=grandchild: not alive(pid))
    wait_for(lambda: len(families(tmp_path)) == 4)
    assert supervisor.starts("family") == 4


def test_a_killed_guard_takes_its_whole_group_along(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    supervisor = supervise(family(tmp_path))
    supervisor.start()
    wait_for(lambda: families(tmp_path))
    main, grandchild = families(tmp_path)[0]
    os.kill(os.getpgid(main), signal.SIGKILL)
    wait_for(lambda: len(families(tmp_path)) == 2)
    assert not alive(main)
    assert not alive(grandchild)


def test_a_child_that_does_not_end_is_killed_after_its_grace(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    code = FAMILY.replace("sys.exit(0)", "pass")
    child = Child("deaf", [sys.executable, "-c", code, str(tmp_path)], grace_s=3)
    supervisor = supervise(child)
    supervisor.start()
    wait_for(lambda: families(tmp_path))
    supervisor.stop()
    assert (tmp_path / "goodbye").exists(), "it was asked first"
    assert not any(alive(pid) for pid in families(tmp_path)[0])


def test_an_unhealthy_child_is_replaced(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    sick = threading.Event()

    def health() -> bool:
        if not sick.is_set():
            return True
        sick.clear()
        return False

    supervisor = supervise(family(tmp_path, health=health, health_every_s=0.05))
    supervisor.start()
    wait_for(lambda: families(tmp_path))
    sick.set()
    wait_for(lambda: len(families(tmp_path)) == 2)
    assert not any(alive(pid) for pid in families(tmp_path)[0])
    assert supervisor.starts("family") == 2


def test_a_health_check_that_fails_itself_harms_nobody(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    asked = threading.Semaphore(0)

    def health() -> bool:
        asked.release()
        raise OSError("the database is away")

    supervisor = supervise(family(tmp_path, health=health, health_every_s=0.01))
    supervisor.start()
    for _ in range(3):
        assert asked.acquire(timeout=20)
    assert supervisor.starts("family") == 1


def test_one_childs_death_leaves_the_others_alone(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    crashing = Child("crashing", [sys.executable, "-c", "raise SystemExit(3)"])
    supervisor = supervise(family(tmp_path), crashing)
    supervisor.start()
    wait_for(lambda: supervisor.starts("crashing") >= 3)
    assert supervisor.starts("family") == 1
    assert "status 3" in (tmp_path / "logs/crashing.log").read_text()


def test_the_pause_grows_while_a_child_keeps_dying(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    supervisor = supervise(Child("crashing", ["/bin/false"]), pause_s=0.02)
    supervisor.start()
    wait_for(lambda: supervisor.starts("crashing") >= 5)
    supervisor.stop()
    lines = (tmp_path / "logs/crashing.log").read_text().splitlines()
    assert [line.split()[-2] for line in lines[:4]] == ["0.02", "0.04", "0.08", "0.16"]


def test_a_program_that_is_missing_is_named_in_the_log(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    supervisor = supervise(Child("odd", ["/no/such/program"]))
    supervisor.start()
    wait_for(lambda: supervisor.starts("odd") >= 2)
    supervisor.stop()
    assert "/no/such/program cannot be run" in (tmp_path / "logs/odd.log").read_text()


def test_output_and_errors_are_kept_in_the_log(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    code = "import os,sys; print(os.environ['WORD']); sys.stderr.write('and errors'); sys.exit(1)"
    child = Child("talker", [sys.executable, "-c", code], env={"WORD": "said"})
    supervisor = supervise(child)
    supervisor.start()
    wait_for(lambda: supervisor.starts("talker") >= 2)
    supervisor.stop()
    text = (tmp_path / "logs/talker.log").read_text()
    assert "said\n" in text
    assert "and errors" in text


HOST = """
import pathlib, sys
from headshots.lib.supervise import Child, Supervisor
argv = [sys.executable, '-c', sys.argv[2], sys.argv[1]]
Supervisor([Child('family', argv)], echo=True).run_forever()
print('ended in order', flush=True)
"""


def host(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOST, str(folder), FAMILY],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_forever_ends_in_order_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    process = host(tmp_path)
    wait_for(lambda: families(tmp_path))
    process.send_signal(number)
    output, _ = process.communicate(timeout=30)
    assert output.splitlines() == ["family | hello", "ended in order"]
    assert process.returncode == 0
    assert (tmp_path / "goodbye").exists()
    assert not any(alive(pid) for pid in families(tmp_path)[0])


def test_a_killed_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    process = host(tmp_path)
    wait_for(lambda: families(tmp_path))
    process.kill()
    process.communicate(timeout=30)
    wait_for(lambda: not any(alive(pid) for pid in families(tmp_path)[0]))

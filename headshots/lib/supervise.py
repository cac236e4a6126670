"""Keep a few programs running on one host, and leave none behind.

Each child runs under a guard (see `guard`) in a process group of its own. A child that dies is
started again after a pause that grows; before that, whatever is left of its group is killed. If
the supervisor itself is killed, the guards end their children at once.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

import psutil

from headshots.lib import guard

_log = logging.getLogger(__name__)

# For how long a program that gives signs of life may give none before nobody counts on it.
SILENCE_S = 180
_LOOK_S = 0.1
_LOG_BYTES = 10_000_000


@dataclass(frozen=True)
class Child:
    """A program to keep running.

    `env` is its whole environment (None: ours). `health` is asked every `health_every_s`
    seconds; False has the child killed and started again. On stopping, the main process gets
    SIGTERM and `grace_s` seconds before its whole group is killed.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    health: Callable[[], bool] | None = None
    health_every_s: float = 10.0
    grace_s: float = 30.0


@dataclass
class _Running:
    child: Child
    log: _LogFile | None
    guard: subprocess.Popen[bytes] | None = None
    reader: threading.Thread | None = None
    started: float = 0.0
    start_at: float = 0.0
    ask_at: float = 0.0
    failures: int = 0
    starts: int = field(default=0)


class Supervisor:
    """Runs children until told to stop.

    `log_folder` gets NAME.log for each child, set aside as NAME.log.1 at 10 MB; `echo` shows
    the same lines on our own output, each after the child's name or, without `labels`, as it
    is. A dead child is started again after `pause_s`, doubled at each further death up to
    `longest_pause_s`, and forgotten when it has lived twice that long.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        log_folder: Path | None = None,
        echo: bool = False,
        labels: bool = True,
        pause_s: float = 0.5,
        longest_pause_s: float = 30.0,
    ) -> None:
        self._pause_s = pause_s
        self._longest_pause_s = longest_pause_s
        self._echo = echo
        self._labels = labels
        if log_folder is not None:
            log_folder.mkdir(parents=True, exist_ok=True)
        self._running = {
            child.name: _Running(
                child, _LogFile(log_folder / f"{child.name}.log") if log_folder else None
            )
            for child in children
        }
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._monitor: threading.Thread | None = None

    def start(self) -> None:
        """Start all children and return; they are watched in a thread."""
        if self._monitor is not None:
            raise RuntimeError("the supervisor was started before")
        first_round = threading.Event()
        # The guards are told when the *thread* that started them ends, so it is always this one.
        self._monitor = threading.Thread(
            target=self._watch, args=[first_round], name="supervisor", daemon=True
        )
        self._monitor.start()
        first_round.wait()

    def stop(self) -> None:
        """End all children, politely first; returns when no process of theirs is left."""
        self._stopping.set()
        if self._monitor is not None:
            self._monitor.join()

    def run_forever(self) -> None:
        """Start, wait for SIGINT or SIGTERM, stop. A second signal kills without grace."""
        asked = threading.Event()

        def on_signal(_number: int, _frame: FrameType | None) -> None:
            if asked.is_set():
                self.kill()
            asked.set()

        numbers = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, on_signal) for number in numbers]
        try:
            self.start()
            while not asked.wait(1.0):  # in steps, as a bare wait would hold back the signal
                pass
            self.stop()
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    def kill(self) -> None:
        """Kill every group at once, without asking."""
        self._stopping.set()
        for running in self._running.values():
            _kill_group(running.guard)

    def pid(self, name: str) -> int | None:
        """The process number of a child's main process, or None while it does not run."""
        process = self._running[name].guard
        if process is None:
            return None
        with suppress(psutil.Error):
            children = psutil.Process(process.pid).children()
            return min(children, key=psutil.Process.create_time).pid if children else None
        return None

    def starts(self, name: str) -> int:
        """How often a child was started."""
        return self._running[name].starts

    def _watch(self, first_round: threading.Event) -> None:
        try:
            while not self._stopping.is_set():
                for running in self._running.values():
                    if not self._stopping.is_set():
                        self._look_after(running)
                first_round.set()
                self._stopping.wait(_LOOK_S)
        finally:
            first_round.set()
            self._end_all()

    def _look_after(self, running: _Running) -> None:
        now = time.monotonic()
        process = running.guard
        if process is None:
            if now >= running.start_at:
                self._start(running)
        elif _has_ended(process):
            self._clear(running)
            if now - running.started > 2 * self._longest_pause_s:
                running.failures = 0
            pause = min(self._pause_s * 2**running.failures, self._longest_pause_s)
            running.failures = min(running.failures + 1, 30)
            running.start_at = now + pause
            self._say(running, f"ended with status {process.returncode}; again in {pause:g} s")
        elif running.child.health is not None and now >= running.ask_at:
            running.ask_at = now + running.child.health_every_s
            if not _is_healthy(running.child):
                self._say(running, "is not healthy; it is killed")
                _kill_group(process)

    def _start(self, running: _Running) -> None:
        child = running.child
        command = [sys.executable, "-I", str(Path(guard.__file__).resolve())]
        command += [str(os.getpid()), str(child.grace_s), *child.argv]
        running.guard = subprocess.Popen(
            command,
            env=dict(child.env) if child.env is not None else None,
            cwd=child.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert running.guard.stdout is not None
        running.reader = threading.Thread(
            target=self._copy_output, args=[running, running.guard.stdout], daemon=True
        )
        running.reader.start()
        running.starts += 1
        running.started = time.monotonic()
        running.ask_at = running.started + child.health_every_s

    def _clear(self, running: _Running) -> None:
        """Kill what is left of an ended child's group, and only then free its number."""
        process, running.guard = running.guard, None
        _kill_group(process)
        if process is not None:
            process.wait()
        if running.reader is not None:
            running.reader.join(timeout=5)

    def _end_all(self) -> None:
        alive = [running for running in self._running.values() if running.guard is not None]
        for running in alive:
            if running.guard is not None and not _has_ended(running.guard):
                running.guard.terminate()
        for running in alive:
            if running.guard is not None:
                # The guard keeps the time; the margin is for one that was stopped itself.
                deadline = time.monotonic() + running.child.grace_s + 10
                while not _has_ended(running.guard) and time.monotonic() < deadline:
                    time.sleep(0.02)
            self._clear(running)

    def _copy_output(self, running: _Running, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._write(running, line)

    def _write(self, running: _Running, line: bytes) -> None:
        if running.log is not None:
            running.log.write(line)
        if self._echo:
            # Nobody who reads it must not stop the children, as full pipes would.
            with self._lock, suppress(OSError):
                label = running.child.name.encode() + b" | " if self._labels else b""
                sys.stdout.buffer.write(label + line)
                sys.stdout.flush()

    def _say(self, running: _Running, what: str) -> None:
        _log.warning("%s %s", running.child.name, what)
        self._write(running, f"supervisor: {running.child.name} {what}\n".encode())


class _LogFile:
    """A file of lines that is set aside as NAME.1 when it has grown large."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def write(self, line: bytes) -> None:
        """Append; a full disk must not stop what is logged about."""
        with self._lock, suppress(OSError):
            with suppress(FileNotFoundError):
                if self._path.stat().st_size > _LOG_BYTES:
                    self._path.replace(self._path.with_name(self._path.name + ".1"))
            with self._path.open("ab") as stream:
                stream.write(line)


def _is_healthy(child: Child) -> bool:
    assert child.health is not None
    try:
        return child.health()
    except Exception:
        _log.exception("The health of %s could not be asked.", child.name)
        return True


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it is dead, leaving it unburied so that its number and group stay its own."""
    if process.returncode is not None:
        return True
    try:
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, process.pid, options) is not None
    except ChildProcessError:
        return True


def _kill_group(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None and process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)

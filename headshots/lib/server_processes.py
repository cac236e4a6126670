"""Find and end the processes of a PostgreSQL data folder, whatever its pid file claims."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil


def postmaster(data: Path) -> int | None:
    """Return the number of the postmaster that runs on `data`, or None.

    The number in `postmaster.pid` counts only if it is a living postgres whose working folder
    is `data`: after a crash or a reboot the same number may be any other process.
    """
    try:
        first = (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace")
        pid = int(first.split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    try:
        process = psutil.Process(pid)
        return pid if _works_on(process, data) and not _is_backend(process) else None
    except (psutil.Error, OSError, ValueError):
        return None


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except (psutil.NoSuchProcess, ValueError):
        return False
    except psutil.AccessDenied:
        return True


def stop_postmaster(pid: int, *, timeout_s: float) -> None:
    """Stop a postmaster: fast (transactions roll back), then at once, then by force."""
    for number, patience in ((signal.SIGINT, timeout_s), (signal.SIGQUIT, 10), (signal.SIGKILL, 5)):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if _gone(pid, patience):
            return


def kill_all_of(data: Path) -> None:
    """End every postgres process that works on `data`, orphans of a killed postmaster included.

    A folder that was deleted under a running server is matched too, by its old path.
    """
    for number in (signal.SIGQUIT, signal.SIGKILL):
        found = [process.pid for process in psutil.process_iter() if _belongs(process, data)]
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        for pid in found:
            _gone(pid, 2)
        if not found:
            return


def _belongs(process: psutil.Process, data: Path) -> bool:
    try:
        return _works_on(process, data)
    except (psutil.Error, OSError):
        return False


def _works_on(process: psutil.Process, data: Path) -> bool:
    if process.name() != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
        return False
    folder = process.cwd()
    if folder.removesuffix(" (deleted)") == str(data):
        return True
    with suppress(OSError):
        return os.path.samefile(folder, data)
    return False


def _is_backend(process: psutil.Process) -> bool:
    command = process.cmdline()
    return bool(command) and command[0].startswith("postgres: ")


def _gone(pid: int, patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True

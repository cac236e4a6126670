"""Run one command and let no process of it outlive its parent; a program of its own.

    guard.py PARENT GRACE_S COMMAND...

Started by `supervise`, as the leader of a process group that the command shares. SIGTERM goes on
to the command alone, so that it can end its own helpers; after GRACE_S, or when the parent dies,
or once the command has ended, whatever is left of the group is killed. What gave itself a session
of its own means to stay, as a database server does. Imports nothing of the project.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType

import psutil

_PR_SET_PDEATHSIG = 1
_LOOK_S = 1.0

_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def _die_with_parent(number: int) -> None:
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)


def main(parent: int, grace_s: float, command: list[str]) -> int:
    """Run the command; return its exit status as a shell would."""
    wake_reader, wake_writer = os.pipe()
    os.set_blocking(wake_reader, False)
    os.set_blocking(wake_writer, False)
    seen: set[int] = set()

    def note(number: int, _: FrameType | None) -> None:
        seen.add(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, note)
    signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
    _die_with_parent(signal.SIGHUP)
    try:
        # No thread runs here, so code between fork and exec is safe.
        child = subprocess.Popen(
            command,
            close_fds=True,
            preexec_fn=lambda: _die_with_parent(signal.SIGKILL),
        )
    except OSError as problem:
        print(f"{command[0]} cannot be run: {problem.strerror}.", file=sys.stderr)
        return 127
    deadline: float | None = None
    while child.poll() is None and os.getppid() == parent and signal.SIGHUP not in seen:
        if seen & {signal.SIGTERM, signal.SIGINT} and deadline is None:
            child.terminate()
            deadline = time.monotonic() + grace_s
        if deadline is not None and time.monotonic() >= deadline:
            break
        left = _LOOK_S if deadline is None else min(_LOOK_S, deadline - time.monotonic())
        with suppress(BlockingIOError):
            if select.select([wake_reader], [], [], max(left, 0))[0]:
                os.read(wake_reader, 4096)
    _kill_rest_of_group()
    status = child.wait()
    return status if status >= 0 else 128 - status


def _kill_rest_of_group() -> None:
    """Kill until none is left: one may fork while they are being counted."""
    while True:
        alive = [process for process in psutil.process_iter() if _is_ours(process)]
        for process in alive:
            with suppress(psutil.Error):
                process.kill()
        if not alive:
            return
        psutil.wait_procs(alive, timeout=0.1)


def _is_ours(process: psutil.Process) -> bool:
    try:
        return (
            process.pid != os.getpid()
            and os.getpgid(process.pid) == os.getpgid(0)
            and process.status() != psutil.STATUS_ZOMBIE
        )
    except (psutil.Error, OSError):
        return False


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))

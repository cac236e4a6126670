"""Reading a stranger's file in a process of its own, with bounds on memory and time.

`read` starts one; run as a program, this file is it. The parser of credentials is native code and
what it is given may be made to break it: what dies is the child.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from generation.engine.provenance.reading import Credentials, Unreadable
from generation.engine.provenance.reading import read as read_here

_SECONDS = 15
_MEMORY_BYTES = 1_500_000_000
_TIMES = ("made_at", "ended_at")
_ROOT = Path(__file__).resolve().parents[3]
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from generation.engine.provenance import checking; checking.main()"
)


def read(
    data: bytes, format: str, *, anchors: bytes, signers: Mapping[str, str]
) -> Credentials | None:
    """As generation.engine.provenance.reading.read, about 0.3 s slower. Raises Unreadable also
    where the child dies over the file."""
    head = json.dumps(
        {"format": format, "anchors": anchors.decode(), "signers": dict(signers)}
    ).encode()
    # SECURITY: neither secrets of the environment nor the current folder go along.
    environment = {k: os.environ[k] for k in ("PATH", "LD_LIBRARY_PATH") if k in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _START, str(_ROOT)],
            input=head + b"\n" + data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            cwd="/",
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable from error
    if done.returncode or not done.stdout:
        raise Unreadable
    found = json.loads(done.stdout)
    if found is None:
        return None
    for name in _TIMES:
        found[name] = datetime.fromisoformat(found[name]) if found[name] else None
    return Credentials(**found)


def main() -> None:
    """The child: a line of JSON and the file on standard input, JSON on standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    head = json.loads(sys.stdin.buffer.readline())
    try:
        found = read_here(
            sys.stdin.buffer.read(),
            head["format"],
            anchors=head["anchors"].encode(),
            signers=head["signers"],
        )
    except Unreadable:
        sys.exit(1)
    sys.stdout.write(json.dumps(asdict(found) if found else None, default=datetime.isoformat))

"""What this process knows of a base model that could not be opened: it is not opened again at once.

Opening one takes minutes and gigabytes, and work is announced anew each minute. So it is tried
again when a file of its folder has changed, or after AGAIN_S. Until then the worker's row says why
it does nothing, which `watch` reads.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

from generation.dispatch import base_model

# How what a worker does begins where it can do nothing.
CANNOT = "cannot work: "
# After so many seconds the same files are tried once more: it may have been the device.
AGAIN_S = 900.0
# What the row of a worker holds.
_LONGEST = 200


@dataclass(frozen=True)
class Refusal:
    """Why the files of a base model could not be opened, and until when they are left alone.

    `lost`: this process cannot use its device any more, whatever the files are.
    """

    doing: str
    files: str
    until: float
    lost: bool

    @property
    def stands(self) -> bool:
        """Whether the files are still the same."""
        return self.files == _files(base_model.folder())

    @property
    def too_early(self) -> bool:
        """Whether it is not to be tried yet."""
        return self.stands and time.monotonic() < self.until


_last: Refusal | None = None


def last() -> Refusal | None:
    """The last refusal, if the base model has not been opened since."""
    return _last


def doing() -> str:
    """What a worker at rest says it does: nothing, or why it cannot work."""
    return _last.doing if _last is not None and _last.stands else ""


def refuse(error: Exception, *, lost: bool) -> str:
    """Remember why the base model cannot be opened; returns what the worker's row is to say."""
    global _last
    said = f"{CANNOT}{error}"
    if len(said) > _LONGEST:
        said = f"{said[: _LONGEST - 1]}…"
    _last = Refusal(said, _files(base_model.folder()), time.monotonic() + AGAIN_S, lost)
    return said


def opened() -> None:
    """It could be opened: what was said before is over, and what was read of its folder too."""
    global _last
    if _last is not None:
        base_model.forget()
    _last = None


def _files(folder: Path) -> str:
    """Changes with the name, size or time of any file in the folder. Opens none."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        try:
            seen = path.stat()
        except OSError:
            continue
        digest.update(f"{path}:{seen.st_size}:{seen.st_mtime_ns}\n".encode())
    return digest.hexdigest()

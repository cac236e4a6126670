"""The Python client as a wheel, made from clients/python: the same bytes from the same files.

It is served by the site itself, so that nobody needs our repository, nor a name on an index of
packages that a stranger could take.
"""

from __future__ import annotations

import base64
import hashlib
import io
import tomllib
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent.parent / "clients" / "python"
EXAMPLE = FOLDER / "examples" / "sync_directory.py"
# What a ZIP has for no time at all.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Wheel:
    """A file that pip installs."""

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@cache
def wheel() -> Wheel:
    """The client of this installation."""
    project = tomllib.loads((FOLDER / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    stem = f"{project['name'].replace('-', '_')}-{project['version']}"
    files = dict(sorted(_sources()))
    info = f"{stem}.dist-info"
    files[f"{info}/METADATA"] = _metadata(project)
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: headshots\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = "".join(f"{name},{_digest(data)},{len(data)}\n" for name, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in files.items():
            member = zipfile.ZipInfo(name, _NO_TIME)
            member.external_attr = 0o100644 << 16
            # Not compressed: what comes out is the same with every zlib.
            packed.writestr(member, data, zipfile.ZIP_STORED)
    return Wheel(f"{stem}-py3-none-any.whl", out.getvalue())


def _sources() -> list[tuple[str, bytes]]:
    found = (p for p in FOLDER.glob("headshots_client/**/*") if p.suffix in (".py", ".typed"))
    return [(path.relative_to(FOLDER).as_posix(), path.read_bytes()) for path in found]


def _metadata(project: dict[str, Any]) -> bytes:
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {project['name']}",
        f"Version: {project['version']}",
        f"Summary: {project['description']}",
        f"Requires-Python: {project['requires-python']}",
        *(f"Requires-Dist: {each}" for each in project["dependencies"]),
        "Description-Content-Type: text/markdown",
    ]
    readme = (FOLDER / project["readme"]).read_text(encoding="utf-8")
    text: str = "\n".join([*lines, "", readme])
    return text.encode()


def _digest(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"sha256={digest}"

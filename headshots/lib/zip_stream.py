"""A ZIP archive in pieces, while it is made; memory holds one member at a time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator


class _Outlet(io.RawIOBase):
    """A sink that hands on what was written to it; not seekable, so zipfile streams."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self.pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        taken, self.pieces = b"".join(self.pieces), []
        return taken


def zip_stream(members: Iterable[tuple[str, Callable[[], bytes | None]]]) -> Iterator[bytes]:
    """Yield the bytes of a ZIP with these members: a name and what gives its content.

    Content is stored, not compressed: pictures are compressed already. A member whose content is
    None, as it went while the archive was on its way, is left out.
    """
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members:
            data = content()
            if data is not None:
                archive.writestr(name, data)
                yield outlet.take()
    yield outlet.take()

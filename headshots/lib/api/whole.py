"""A body that says how long it is, and is as long as that or an error."""

from __future__ import annotations

from typing import IO, Any

from django.http import HttpRequest


class Whole:
    """A stream that raises OSError where it ends too early, as a line that was cut does."""

    def __init__(self, plain: IO[bytes], length: int) -> None:
        self._plain = plain
        self._left = length

    def read(self, *size: int) -> bytes:
        data = self._plain.read(*size)
        everything = not size or size[0] is None or size[0] < 0
        return self._counted(data, ended=everything or len(data) < size[0])

    def readline(self, *size: int) -> bytes:
        data = self._plain.readline(*size)
        return self._counted(data, ended=not data)

    def close(self) -> None:
        self._plain.close()

    def _counted(self, data: bytes, *, ended: bool) -> bytes:
        self._left -= len(data)
        if ended and self._left > 0:
            raise OSError("The body ended before its announced length.")
        return data


def expect(request: HttpRequest) -> None:
    """Have whatever reads the request's body find out where it was cut."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return
    stream: Any = request._stream
    if length > 0 and not isinstance(stream, Whole):
        request._stream = Whole(stream, length)  # type: ignore[assignment]

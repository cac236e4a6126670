"""Bodies that come in chunks and do not say beforehand how long they are."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile

from django.core.handlers.wsgi import LimitedStream
from django.http import HttpRequest
from gunicorn.http.errors import ParseException

from headshots.lib.api import problems
from headshots.lib.api.parsing import too_large

_PIECE = 64 * 1024
_IN_MEMORY = 2 * 1024 * 1024


def take(request: HttpRequest, most: int) -> None:
    """Read such a body, so that whatever comes after finds it as one whose length is known.

    Raises Refusal: 413 beyond `most` bytes, 400 where it ends too early or has no chunks, 408 where
    it comes too slowly. What is left of it is not read.
    """
    meta = request.META
    if "chunked" not in meta.get("HTTP_TRANSFER_ENCODING", "").lower():
        return
    if not meta.get("wsgi.input_terminated"):
        return
    kept = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  it goes with the request
    size = 0
    try:
        while piece := meta["wsgi.input"].read(_PIECE):
            size += len(piece)
            if size > most:
                raise too_large(most)
            kept.write(piece)
    except TimeoutError:
        raise problems.too_slow() from None
    except OSError:
        raise problems.cut_off() from None
    except ParseException:
        raise problems.Refusal(
            "The chunks of the body cannot be read.", code="malformed", status=400
        ) from None
    kept.seek(0)
    meta["CONTENT_LENGTH"] = str(size)
    request._stream = LimitedStream(kept, size)  # type: ignore[arg-type, assignment]

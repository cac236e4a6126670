"""Take an uploaded photo: decoded in a limited process, upright, and nothing but its pixels."""

from __future__ import annotations

import io
import json
import mmap
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from PIL import Image

from headshots.lib import numbers, photo_decoder
from headshots.lib.problems import Problem

MAX_PIXELS = 50_000_000
MAX_BYTES = 50_000_000
ACCEPTED = "JPEG, PNG, WebP or HEIC"

_SECONDS = 20.0
_START_S = 60.0
_PATIENCE_S = 5.0  # beyond the child's own alarm
_MEMORY_BYTES_A_PIXEL = 10
_MEMORY_BYTES_BESIDE = 300_000_000
_AT_ONCE = 2

_DIED = b'{"problem": "heavy", "detail": ""}'

# Of people's photos, and of pictures that show no one.
_OF_PHOTOS = {
    "unreadable": gettext_noop(
        "This file is not a photo that can be read. Send a JPEG, PNG, WebP or HEIC photo."
    ),
    "incomplete": gettext_noop(
        "The photo is incomplete or damaged. Send it again, or choose another one."
    ),
    "moving": gettext_noop("This is a moving picture. Send a still photo."),
    "heavy": gettext_noop(
        "The photo takes too much work to open. Save it again as a JPEG, or choose another."
    ),
    "empty": gettext_noop("The file is empty. Choose the photo again."),
    "sides": gettext_noop(
        "The photo has {detail} pixels; at most {most} million are taken. Send a smaller version."
    ),
    "millions": gettext_noop(
        "The photo has {detail} million pixels; at most {most} million are taken. "
        "Send a smaller version."
    ),
    "other": gettext_noop("This is {kind}. Send a {accepted} photo."),
}
_OF_PICTURES = {
    "unreadable": gettext_noop(
        "This file is not a picture that can be read. Send a JPEG, PNG, WebP or HEIC picture."
    ),
    "incomplete": gettext_noop(
        "The picture is incomplete or damaged. Send it again, or choose another one."
    ),
    "moving": gettext_noop("This is a moving picture. Send a still one."),
    "heavy": gettext_noop(
        "The picture takes too much work to open. Save it again as a JPEG, or choose another."
    ),
    "empty": gettext_noop("The file is empty. Choose the picture again."),
    "sides": gettext_noop(
        "The picture has {detail} pixels; at most {most} million are taken. Send a smaller version."
    ),
    "millions": gettext_noop(
        "The picture has {detail} million pixels; at most {most} million are taken. "
        "Send a smaller version."
    ),
    "other": gettext_noop("This is {kind}. Send a {accepted} picture."),
}


class PhotoProblem(Problem):
    """The upload cannot be taken; the sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, code="photo", status=422)


class DecoderUnavailable(Problem):
    """Photos cannot be decoded on this machine now; no fault of the upload."""

    def __init__(self) -> None:
        super().__init__(
            "Photos cannot be opened at the moment. Try again in a minute.",
            code="decoder_unavailable",
            status=503,
        )


@dataclass(frozen=True)
class Photo:
    """An upright sRGB picture without metadata; `format` is what the upload was."""

    image: Image.Image
    format: str
    width: int
    height: int


def decode_photo(
    data: bytes,
    *,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
    longest_side: int | None = None,
    seconds: float = _SECONDS,
    of_nobody: bool = False,
) -> Photo:
    """Decode an upload that may be hostile; raise PhotoProblem with a sentence if it is no use.

    Accepts JPEG, PNG, WebP and HEIC. The picture is turned by its EXIF orientation, converted to
    sRGB, put on white where it is see-through, and made smaller if `longest_side` (pixels) is
    given, which is much faster for large JPEGs. Nothing else of the file is kept.
    Sentences call it a photo, or a picture where it is `of_nobody`.
    The child that decodes has `seconds` and a memory limit by `max_pixels` (0.8 GB at 50 MP).
    Raises DecoderUnavailable if there is no such child to be had.
    """
    said = _OF_PICTURES if of_nobody else _OF_PHOTOS
    _refuse_by_first_bytes(data, said, max_bytes=max_bytes, max_pixels=max_pixels)
    request = {
        "max_pixels": max_pixels,
        "longest_side": longest_side,
        "seconds": seconds,
        "memory_bytes": max_pixels * _MEMORY_BYTES_A_PIXEL + _MEMORY_BYTES_BESIDE,
    }
    with _anonymous_file() as upload, _anonymous_file() as pixels, _slots:
        upload.write(data)
        upload.flush()
        answer = _ask(request, upload, pixels)
        if "problem" in answer:
            raise PhotoProblem(_sentence(said, answer["problem"], answer["detail"], max_pixels))
        size = (int(answer["width"]), int(answer["height"]))
        length = size[0] * size[1] * 3
        with (
            mmap.mmap(pixels.fileno(), length, access=mmap.ACCESS_READ) as raw,
            memoryview(raw) as view,
        ):
            image = Image.frombytes("RGB", size, view)
    return Photo(image, str(answer["format"]), *size)


def to_jpeg(image: Image.Image, quality: int = 92, *, optimize: bool = True) -> bytes:
    """Return the picture as a JPEG that holds nothing but pixels (quality 1 to 95).

    Without `optimize` it is written in half the time and a fifth larger, with the same pixels.
    """
    # A picture without metadata: a comment or EXIF in image.info would survive a plain save.
    bare = image.convert("RGB")
    bare.info = {}
    stream = io.BytesIO()
    subsampling = "4:4:4" if quality >= 90 else "4:2:0"
    bare.save(stream, "JPEG", quality=quality, optimize=optimize, subsampling=subsampling)
    return stream.getvalue()


def _sentence(said: dict[str, str], problem: str, detail: str, max_pixels: int) -> str:
    if problem == "pixels":
        # Both sides, or, where they are not known, millions of pixels.
        sizes = [numbers.grouped(int(size)) for size in detail.split()]
        sentence = _(said["sides" if len(sizes) > 1 else "millions"])
        return sentence.format(detail=" × ".join(sizes), most=max_pixels // 1_000_000)
    return _(said[problem])


# What people send by mistake, by how the file begins.
_OTHERS = (
    (b"GIF8", gettext_noop("a GIF")),
    (b"%PDF", gettext_noop("a PDF")),
    (b"BM", gettext_noop("a BMP picture")),
    (b"II*\0", gettext_noop("a TIFF or raw picture")),
    (b"MM\0*", gettext_noop("a TIFF or raw picture")),
    (b"PK\x03\x04", gettext_noop("a ZIP archive or a document")),
)
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def _refuse_by_first_bytes(
    data: bytes, said: dict[str, str], *, max_bytes: int, max_pixels: int
) -> None:
    """The cheap check, without a decoder: most mistakes end here in microseconds."""
    if not data:
        raise PhotoProblem(_(said["empty"]))
    if len(data) > max_bytes:
        raise PhotoProblem(
            _(
                "The file has {size} MB; at most {most} MB are taken. Send a smaller version."
            ).format(size=round(len(data) / 1e6), most=round(max_bytes / 1e6))
        )
    png = data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    if png or webp:
        width, height = struct.unpack(">II", data[16:24]) if png else _size_of_webp(data)
        if width * height > max_pixels:
            raise PhotoProblem(_sentence(said, "pixels", f"{width} {height}", max_pixels))
        return
    if data.startswith(b"\xff\xd8\xff"):
        return
    if data[4:8] == b"ftyp":
        if data[8:12] in _HEIC_BRANDS:
            return
        avif = data[8:12] in (b"avif", b"avis")
        kind = _("an AVIF picture") if avif else _("a video")
        raise PhotoProblem(_(said["other"]).format(kind=kind, accepted=ACCEPTED))
    for beginning, name in _OTHERS:
        if data.startswith(beginning):
            raise PhotoProblem(_(said["other"]).format(kind=_(name), accepted=ACCEPTED))
    raise PhotoProblem(_sentence(said, "unreadable", "", max_pixels))


def _size_of_webp(data: bytes) -> tuple[int, int]:
    """Width and height by its first bytes; 0 × 0 where they do not say. Its decoder takes memory
    for all pixels before it can be asked."""
    kind, head = data[12:16], data[20:30]
    if kind == b"VP8X" and len(head) == 10:
        return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
    if kind == b"VP8L" and head[:1] == b"\x2f":
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and head[3:6] == b"\x9d\x01\x2a" and len(head) == 10:
        width, height = struct.unpack("<HH", head[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


def _anonymous_file() -> BinaryIO:
    """A file without a name, in memory where the system can."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("photo", os.MFD_CLOEXEC), "w+b")
    return tempfile.TemporaryFile()


def _ask(request: dict[str, Any], upload: BinaryIO, pixels: BinaryIO) -> dict[str, Any]:
    """Have the decoder process answer; a child that died instead makes the photo too heavy."""
    for _again in range(3):  # again with a new decoder, if this one was killed
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                used = _decoder.send(request, [theirs.fileno(), upload.fileno(), pixels.fileno()])
            ours.settimeout(request["seconds"] + _PATIENCE_S)
            text = bytearray()
            with suppress(OSError):
                while part := ours.recv(4096):
                    text += part
            if text:  # else not even the child's first sign: the decoder itself was killed
                answer: dict[str, Any] = json.loads(text.strip() or _DIED)
                return answer
            _decoder.discard(used)
    raise DecoderUnavailable


class _Decoder:
    """The decoder process of this process, started when first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def send(self, request: dict[str, Any], descriptors: list[int]) -> socket.socket:
        """Hand over a request; return the socket it went to, alive or not."""
        message = json.dumps(request).encode().ljust(photo_decoder.REQUEST_BYTES)
        with self._lock:
            if self._control is None:
                self._start()
            assert self._control is not None
            with suppress(OSError):
                socket.send_fds(self._control, [message], descriptors)
            return self._control

    def discard(self, used: socket.socket) -> None:
        """Do without the process behind this socket; another thread may have been faster."""
        with self._lock:
            if self._control is used:
                self._control.close()
                self._control = None

    def forget(self) -> None:
        """After a fork: the decoder belongs to the parent."""
        if self._control is not None:
            self._control.close()
        self._lock = threading.Lock()
        self._process = None
        self._control = None

    def _start(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        ours, theirs = socket.socketpair()
        # SECURITY: neither secrets of the environment nor the project's modules go along.
        environment = {k: os.environ[k] for k in ("PATH", "LD_LIBRARY_PATH") if k in os.environ}
        environment["MALLOC_ARENA_MAX"] = "2"  # each arena counts 64 MB against the limit
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", str(Path(photo_decoder.__file__).resolve())],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    cwd="/",
                    env=environment,
                    start_new_session=True,
                )
            except OSError as problem:
                ours.close()
                raise DecoderUnavailable from problem
        ours.settimeout(_START_S)
        try:
            ready = ours.recv(1)
        except TimeoutError:
            ready = b""
        if not ready:
            ours.close()
            self._process.kill()
            self._process.wait()
            raise DecoderUnavailable
        self._control = ours


_decoder = _Decoder()
_slots = threading.BoundedSemaphore(_AT_ONCE)


def _after_fork() -> None:
    global _slots
    _slots = threading.BoundedSemaphore(_AT_ONCE)
    _decoder.forget()


os.register_at_fork(after_in_child=_after_fork)

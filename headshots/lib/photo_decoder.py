"""The process that decodes uploaded photos; a program of its own, started by `images`.

It loads the decoders once and forks for each photo a child with hard limits, so hostile bytes
can neither hang, bloat nor crash whoever took the upload, nor see the photo before or after.
It ends when the socket on its standard input is closed. It imports nothing of the project: it
runs isolated, without the project's path and without its environment.

A request is `REQUEST_BYTES` of JSON, padded, with three descriptors: socket for the answer,
file with the upload, file for the pixels (RGB, 8 bits a channel, rows from the top). The answer
begins with a space as soon as the child runs; then comes JSON: `format`, `width`, `height`; or
`problem` with `detail`. A byte on the control socket says that requests are welcome.
"""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import socket
import sys
import warnings
from typing import Any

import pillow_heif
from PIL import (  # noqa: F401
    Image,
    ImageCms,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

REQUEST_BYTES = 256
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")  # a JPEG of several pictures comes as "MPO"
# Frames beside the first mean movement here; in a JPEG or HEIC they are previews and depth maps.
MOVING_FORMATS = ("PNG", "WEBP")
_ROWS_AT_ONCE = 128


class Refused(Exception):
    """The photo cannot be taken; `problem` is a word that `images` has a sentence for."""

    def __init__(self, problem: str, detail: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.detail = detail


def decode(data: bytes, *, max_pixels: int, longest_side: int | None) -> tuple[Image.Image, str]:
    """Return the upright sRGB picture, at most `longest_side` pixels long, and its format."""
    Image.MAX_IMAGE_PIXELS = max_pixels
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(data), formats=FORMATS)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as problem:
            size = _millions_in(str(problem))
            raise (Refused("pixels", size) if size else Refused("unreadable")) from problem
        except MemoryError:
            raise
        except Exception as problem:
            raise Refused("unreadable") from problem
        if image.width * image.height > max_pixels:
            raise Refused("pixels", f"{image.width} {image.height}")
        if image.format in MOVING_FORMATS and getattr(image, "is_animated", False):
            raise Refused("moving")
        if longest_side and image.format in ("JPEG", "MPO"):
            image.draft(None, (longest_side, longest_side))  # a JPEG comes out smaller for free
        try:
            image.load()
        except MemoryError:
            raise
        except Exception as problem:
            raise Refused("incomplete") from problem
        name = {"MPO": "JPEG", "HEIF": "HEIC"}.get(image.format or "", image.format or "")
        upright = _in_srgb(_upright(image))
        if longest_side and max(upright.size) > longest_side:
            upright.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
        return upright, name


def _millions_in(message: str) -> str:
    """Pillow tells only the product of the sides; empty where it does not."""
    number = next((word for word in message.split() if word.strip("(").isdigit()), "")
    return str(int(number.strip("(")) // 1_000_000) if number else ""


def _upright(image: Image.Image) -> Image.Image:
    try:
        ImageOps.exif_transpose(image, in_place=True)  # a copy would cost a third of the memory
    except MemoryError:
        raise
    except Exception:  # damaged EXIF says nothing about the pixels
        return image
    return image


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return RGB in the sRGB colour space, on white where the picture is see-through."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):  # 16-bit grey; Pillow's own conversion clips at 255
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.has_transparency_data:
        layers = image if image.mode == "RGBA" else image.convert("RGBA")
        image = Image.new("RGB", layers.size, "white")
        image.paste(layers, mask=layers)
        del layers
    if image.mode not in ("RGB", "CMYK", "L"):
        image = image.convert("RGB")
    if isinstance(profile, bytes) and profile:
        # Phones photograph in Display P3; without this, colours come out pale.
        try:
            converted = ImageCms.profileToProfile(
                image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass
    return image.convert("RGB")


def _answer(request: dict[str, Any], upload: int, pixels: int) -> dict[str, Any]:
    data = os.pread(upload, os.fstat(upload).st_size, 0)
    try:
        image, name = decode(
            data, max_pixels=request["max_pixels"], longest_side=request["longest_side"]
        )
        with os.fdopen(pixels, "wb", closefd=False) as stream:
            for top in range(0, image.height, _ROWS_AT_ONCE):  # the whole would double the memory
                bottom = min(top + _ROWS_AT_ONCE, image.height)
                stream.write(image.crop((0, top, image.width, bottom)).tobytes())
    except Refused as refused:
        return {"problem": refused.problem, "detail": refused.detail}
    except (MemoryError, OSError):
        return {"problem": "heavy", "detail": ""}
    return {"format": name, "width": image.width, "height": image.height}


def _limit(request: dict[str, Any]) -> None:
    def at_most(kind: int, value: int) -> None:
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, value))

    seconds = request["seconds"]
    # Unhandled, the alarm ends the process from inside any C loop.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    at_most(resource.RLIMIT_CPU, int(seconds) + 1)
    at_most(resource.RLIMIT_CORE, 0)
    at_most(resource.RLIMIT_FSIZE, request["max_pixels"] * 3 + 1)
    if sys.platform == "linux":
        at_most(resource.RLIMIT_AS, request["memory_bytes"])


def serve(control: socket.socket) -> None:
    """Answer requests until the other side is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the children
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, REQUEST_BYTES, 3)
        if not message:
            return
        if os.fork() == 0:
            try:
                control.close()
                request = json.loads(message)
                reply, upload, pixels = descriptors
                with socket.socket(fileno=reply) as answer:
                    answer.sendall(b" ")
                    _limit(request)
                    answer.sendall(json.dumps(_answer(request, upload, pixels)).encode())
            finally:
                os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)


def _warm_up() -> None:
    """Load what the children need, so that each begins with it."""
    pillow_heif.register_heif_opener(thumbnails=False)
    pillow_heif.options.DECODE_THREADS = 1
    for name in ("JPEG", "PNG", "WEBP"):
        stream = io.BytesIO()
        Image.new("RGB", (8, 8)).save(stream, name)
        decode(stream.getvalue(), max_pixels=64, longest_side=4)
    ImageCms.createProfile("sRGB")


if __name__ == "__main__":
    _warm_up()
    with socket.socket(fileno=0) as standard_input:
        standard_input.sendall(b"r")
        serve(standard_input)

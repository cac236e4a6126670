"""Uploaded photos: hostile, broken, sideways, talkative; all end upright, bare or refused."""

from __future__ import annotations

import io
import os
import random
import signal
import struct
import threading
import zlib
from collections.abc import Callable

import numpy as np
import pillow_heif
import psutil
import pytest
from PIL import Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo

from headshots.lib import images
from headshots.lib.images import PhotoProblem, decode_photo, to_jpeg

pillow_heif.register_heif_opener()
SECRET = b"WRITTEN-IN-THE-FILE"


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def marked(size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Grey with a red top left corner: shows which way is up."""
    image = Image.new("RGB", size, (120, 120, 120))
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 4, size[1] // 4), fill=(220, 20, 20))
    return image


def is_upright(image: Image.Image) -> bool:
    def red(x: int, y: int) -> bool:
        r, g, _ = image.getpixel((x, y))
        return r - g > 80

    w, h = image.size
    corners = [red(3, 3), red(w - 4, 3), red(3, h - 4), red(w - 4, h - 4)]
    return corners == [True, False, False, False]


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*c) for c in chunks) + chunk(b"IEND", b"")


def huge_jpeg(side: int) -> bytes:
    data = bytearray(encoded(Image.new("RGB", (16, 16)), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", side, side)
    return bytes(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_the_four_kinds_come_out_as_plain_rgb(kind: str) -> None:
    photo = decode_photo(encoded(marked(), kind, quality=95))
    assert photo.format == {"HEIF": "HEIC"}.get(kind, kind)
    assert (photo.width, photo.height) == photo.image.size == (64, 48)
    assert photo.image.mode == "RGB"
    assert is_upright(photo.image)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_sideways_jpeg_is_turned(orientation: int) -> None:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition a camera would apply
    stored = marked()
    if orientation > 1:
        stored = stored.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = decode_photo(encoded(stored, "JPEG", quality=95, exif=exif))
    assert photo.image.size == (64, 48)
    assert is_upright(photo.image)


def test_a_sideways_heic_is_turned_once() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = marked().transpose(Image.Transpose.ROTATE_90)
    photo = decode_photo(encoded(stored, "HEIF", quality=95, exif=exif.tobytes()))
    assert photo.image.size == (64, 48)
    assert is_upright(photo.image)


def test_damaged_exif_does_not_cost_the_photo() -> None:
    assert (
        decode_photo(encoded(marked(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")).width == 64
    )


def talkative_files() -> dict[str, bytes]:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 30.0)
    exif[0x9C9C] = SECRET
    text = PngInfo()
    text.add_text("Comment", SECRET.decode())
    text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    image = marked()
    return {
        "jpeg": encoded(image, "JPEG", exif=exif, comment=SECRET, xmp=SECRET),
        "png": encoded(image, "PNG", exif=exif, pnginfo=text),
        "webp": encoded(image, "WEBP", exif=exif, xmp=SECRET),
        "heic": encoded(image, "HEIF", exif=exif.tobytes(), xmp=SECRET),
    }


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "heic"])
def test_no_place_comment_or_other_word_survives(kind: str) -> None:
    data = talkative_files()[kind]
    assert SECRET in data
    photo = decode_photo(data)
    assert photo.image.info == {}
    assert not photo.image.getexif()
    again = to_jpeg(photo.image)
    assert SECRET not in again
    for marker in (b"Exif", b"http://ns.adobe.com", b"\xff\xfe", b"ICC_PROFILE"):
        assert marker not in again[:400]


def test_a_comment_does_not_survive_saving_again() -> None:
    with Image.open(io.BytesIO(talkative_files()["jpeg"])) as talkative:
        assert SECRET not in to_jpeg(talkative)


def test_a_jpeg_that_is_written_quickly_has_the_same_pixels_and_no_metadata_either() -> None:
    with Image.open(io.BytesIO(talkative_files()["jpeg"])) as talkative:
        quick = to_jpeg(talkative, optimize=False)
        small = to_jpeg(talkative)
    assert SECRET not in quick
    assert len(small) < len(quick)
    with Image.open(io.BytesIO(quick)) as one, Image.open(io.BytesIO(small)) as other:
        assert one.tobytes() == other.tobytes()


def test_cmyk_becomes_the_same_colours() -> None:
    photo = decode_photo(encoded(Image.new("RGB", (32, 32), (200, 30, 40)).convert("CMYK"), "JPEG"))
    assert np.allclose(photo.image.getpixel((9, 9)), (200, 30, 40), atol=8)


def test_sixteen_bit_grey_keeps_its_tones() -> None:
    tones = np.repeat(np.linspace(0, 65535, 64).astype(np.uint16)[None], 16, 0)
    photo = decode_photo(encoded(Image.fromarray(tones), "PNG"))
    found = np.asarray(photo.image)[8, :, 0].astype(int)
    assert np.abs(found - np.linspace(0, 255, 64)).max() <= 1.5


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_see_through_parts_are_white(mode: str) -> None:
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    image.putpixel((0, 0), (0, 0, 0, 255))
    photo = decode_photo(encoded(image.convert(mode), "PNG"))
    assert photo.image.getpixel((5, 5)) == (255, 255, 255)
    assert photo.image.getpixel((0, 0)) == (0, 0, 0)


def test_colours_of_another_colour_space_are_converted() -> None:
    same = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = decode_photo(encoded(marked(), "PNG", icc_profile=same)).image
    assert np.abs(np.asarray(plain, int) - np.asarray(marked(), int)).max() <= 1
    wide = bytearray(same)
    # Swapping the red and green primaries makes a profile that must show in the result.
    red, green = wide.index(b"rXYZ"), wide.index(b"gXYZ")
    wide[red : red + 4], wide[green : green + 4] = b"gXYZ", b"rXYZ"
    swapped = decode_photo(encoded(marked(), "PNG", icc_profile=bytes(wide))).image
    r, g, _ = swapped.getpixel((3, 3))
    assert g > r


def test_a_damaged_profile_does_not_cost_the_photo() -> None:
    assert is_upright(decode_photo(encoded(marked(), "PNG", icc_profile=b"nonsense" * 20)).image)


def test_a_preview_behind_the_photo_is_no_movement() -> None:
    data = encoded(marked(), "MPO", save_all=True, append_images=[marked((32, 24))])
    photo = decode_photo(data)
    assert photo.format == "JPEG"
    assert photo.image.size == (64, 48)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_smaller_version_keeps_the_proportions(kind: str) -> None:
    photo = decode_photo(encoded(marked((800, 600)), kind), longest_side=200)
    assert photo.image.size == (200, 150)
    assert is_upright(photo.image)


def test_the_limit_of_pixels_is_the_limit() -> None:
    data = encoded(Image.new("RGB", (100, 100)), "PNG")
    assert decode_photo(data, max_pixels=10_000).width == 100
    with pytest.raises(PhotoProblem, match="100 × 100 pixels"):
        decode_photo(data, max_pixels=9_999)


def moving(kind: str) -> bytes:
    return encoded(marked(), kind, save_all=True, append_images=[Image.new("RGB", (64, 48))])


def half(kind: str) -> bytes:
    data = encoded(marked((640, 480)), kind)
    return data[: len(data) // 2]


def zlib_bomb() -> bytes:
    return png(60, 60, (b"iCCP", b"x\0\0" + zlib.compress(b"\0" * 80_000_000)), (b"IDAT", b"x"))


def large_webp(**options: object) -> bytes:
    """A small one whose first bytes say that it is large."""
    data = bytearray(encoded(marked(), "WEBP", **options))
    side = 10_000
    if data[12:16] == b"VP8X":
        data[24:30] = 2 * (side - 1).to_bytes(3, "little")
    elif data[12:16] == b"VP8L":
        data[21:25] = ((side - 1) | (side - 1) << 14).to_bytes(4, "little")
    else:
        data[26:30] = 2 * side.to_bytes(2, "little")
    return bytes(data)


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "is empty"),
    "text": (lambda: b"Dear sir or madam,\n" * 50, "not a photo that can be read"),
    "html": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a photo"),
    "gif": (lambda: encoded(marked(), "GIF"), "This is a GIF"),
    "tiff": (lambda: encoded(marked(), "TIFF"), "TIFF"),
    "bmp": (lambda: encoded(marked(), "BMP"), "BMP"),
    "pdf": (lambda: encoded(marked(), "PDF"), "a PDF"),
    "zip": (lambda: b"PK\x03\x04" + bytes(400), "a ZIP"),
    "video": (lambda: b"\0\0\0\x20ftypisom" + bytes(400), "a video"),
    "avif": (lambda: b"\0\0\0\x20ftypavif" + bytes(400), "an AVIF"),
    "postscript in jpeg's clothes": (lambda: b"\xff\xd8\xff%!PS-Adobe" + bytes(99), "not a photo"),
    "half a jpeg": (lambda: half("JPEG"), "incomplete"),
    "half a png": (lambda: half("PNG"), "incomplete"),
    "half a webp": (lambda: half("WEBP"), "photo"),
    "half a heic": (lambda: half("HEIF"), "photo"),
    "60,000 × 60,000 png": (lambda: png(60_000, 60_000, (b"IDAT", b"")), "60,000 × 60,000 pixels"),
    "60,000 × 60,000 jpeg": (lambda: huge_jpeg(60_000), "3,600 million pixels"),
    "8,000 × 8,000 jpeg": (lambda: huge_jpeg(8_000), "64 million pixels"),
    "10,000 × 10,000 webp": (lambda: large_webp(), "10,000 × 10,000 pixels"),
    "10,000 × 10,000 lossless webp": (lambda: large_webp(lossless=True), "10,000 × 10,000 pixels"),
    "10,000 × 10,000 webp with exif": (lambda: large_webp(exif=b"Exif\0\0"), "10,000 × 10,000"),
    "moving png": (lambda: moving("PNG"), "moving picture"),
    "moving webp": (lambda: moving("WEBP"), "moving picture"),
    "zlib bomb": (zlib_bomb, "photo"),
    "too many bytes": (lambda: b"\xff\xd8\xff" + bytes(50_000_000), "50 MB; at most 50 MB"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_taken_gets_a_sentence(name: str) -> None:
    make, part = REFUSED[name]
    with pytest.raises(PhotoProblem, match=part) as caught:
        decode_photo(make())
    assert caught.value.sentence.endswith(".")
    # The next person's photo is not the worse for it.
    assert decode_photo(encoded(marked(), "JPEG")).width == 64


def test_damaged_files_are_refused_or_read_and_nothing_else() -> None:
    dice = random.Random(5)
    sources = [encoded(marked((200, 150)), kind) for kind in ("JPEG", "PNG", "WEBP", "HEIF")]
    for turn in range(120):
        data = bytearray(sources[turn % 4])
        for _ in range(dice.choice((1, 3, 20))):
            data[dice.randrange(len(data))] = dice.randrange(256)
        if dice.random() < 0.3:
            del data[dice.randrange(len(data)) :]
        try:
            photo = decode_photo(bytes(data))
        except PhotoProblem:
            continue
        assert photo.image.mode == "RGB"


def decoder() -> psutil.Process:
    decode_photo(encoded(marked(), "PNG"))
    process = images._decoder._process
    assert process is not None
    return psutil.Process(process.pid)


def test_a_photo_that_hangs_is_given_up_and_its_process_is_gone() -> None:
    # A legitimate but slow picture, and no time for it at all.
    slow = encoded(Image.effect_noise((3000, 3000), 90).convert("RGB"), "PNG", compress_level=1)
    with pytest.raises(PhotoProblem, match="too much work"):
        decode_photo(slow, seconds=0.02)
    process = decoder()
    # The child of the photo just decoded has answered; it may take a moment to be gone.
    _, left = psutil.wait_procs(process.children(), timeout=10)
    assert left == []


def test_a_photo_that_eats_memory_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(Image.new("RGB", (6000, 6000)), "PNG")
    decode_photo(data)
    monkeypatch.setattr(images, "_MEMORY_BYTES_A_PIXEL", 0)
    monkeypatch.setattr(images, "_MEMORY_BYTES_BESIDE", 200_000_000)
    with pytest.raises(PhotoProblem, match="too much work"):
        decode_photo(data)


def test_a_killed_decoder_is_replaced() -> None:
    process = decoder()
    os.kill(process.pid, signal.SIGKILL)
    assert decode_photo(encoded(marked(), "JPEG")).width == 64
    assert decoder().pid != process.pid


def test_the_decoder_knows_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "do-not-pass-on")
    os.kill(decoder().pid, signal.SIGKILL)
    fresh = decoder()
    assert "SECRET_KEY" not in fresh.environ()
    assert "headshots.lib" not in " ".join(fresh.cmdline())


def test_a_forked_process_has_a_decoder_of_its_own() -> None:
    ours = decoder().pid
    data = encoded(marked(), "JPEG")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if decode_photo(data).width == 64 and decoder().pid != ours else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert decoder().pid == ours


def test_many_at_once() -> None:
    data = encoded(marked((640, 480)), "JPEG")
    widths: list[int] = []
    threads = [
        threading.Thread(target=lambda: widths.append(decode_photo(data).width)) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert widths == [640] * 12

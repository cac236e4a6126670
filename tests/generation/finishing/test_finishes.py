"""What administrators bring: plates, logos and tables; what cannot be used gets a sentence."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from accounts.actors import SYSTEM
from generation.finishing import finishes, rendition_table
from generation.finishing.rendition_table import Row
from generation.storage import vault
from headshots.lib import logos
from headshots.lib.problems import Problem
from tests.world import World


def file_of(picture: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def picture_plate(world: World, data: bytes) -> finishes.Plate:
    return finishes.save_plate(
        actor=SYSTEM,
        organisation=world.organisation,
        name="Hall",
        kind="picture",
        picture=data,
    )


def png_of(side: int, rows: bytes) -> bytes:
    """A PNG that says it has `side` × `side` pixels."""
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    data = chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + data + chunk(b"IEND", b"")


def huge_png() -> bytes:
    """100 million pixels in 100 kB."""
    return png_of(10_000, b"\0" * (10_001 * 10_000))


def immense_png() -> bytes:
    """So many that Pillow refuses to open it, and none of them there."""
    return png_of(20_000, b"")


def gif() -> bytes:
    frames = [Image.new("RGB", (500, 500), c) for c in ("red", "blue")]
    return file_of(frames[0], "GIF", save_all=True, append_images=frames[1:])


def moving() -> bytes:
    frames = [Image.new("RGBA", (60, 60), (255, 0, 0, 99)), Image.new("RGBA", (60, 60), "blue")]
    return file_of(frames[0], "WEBP", save_all=True, append_images=frames[1:])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (huge_png(), "The picture has 10,000 × 10,000 pixels; at most 50 million"),
        (gif(), "This is a GIF"),
        (file_of(Image.new("RGB", (300, 800)), "JPEG"), "300 × 800 pixels; 400"),
        (file_of(Image.new("RGB", (5000, 300)), "PNG"), "5000 × 300 pixels; 400"),
        (b"", "Choose a picture"),
        (b"\xff\xd8\xff nothing", "not a picture that can be read"),
    ],
    ids=["100 MP", "animated GIF", "small", "wide", "none", "broken"],
)
def test_a_plate_that_cannot_be_used_says_why(world: World, data: bytes, says: str) -> None:
    with pytest.raises(Problem, match=says):
        picture_plate(world, data)
    assert not finishes.Plate.objects.exists()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("size", "kept"),
    [
        ((5000, 800), (2400, 800)),
        ((800, 5000), (800, 2400)),
        ((70_000, 400), (1200, 400)),
        ((6000, 3000), (2400, 1200)),
    ],
)
def test_a_wide_plate_keeps_what_is_seen_of_it(
    world: World, kind: str, size: tuple[int, int], kept: tuple[int, int]
) -> None:
    """Files take its middle, at most three times as long as the other side."""
    if kind == "JPEG" and max(size) > 65_000:
        size = (60_000, 400)
    sent = Image.new("RGB", size, "red")
    middle = [round(side / 2) for side in size]
    reach = [min(side, min(size)) // 2 for side in size]
    (left, right), (top, bottom) = ((m - r, m + r) for m, r in zip(middle, reach, strict=True))
    sent.paste("blue", (left, top, right, bottom))
    plate = picture_plate(world, file_of(sent, kind))
    with Image.open(vault().path(plate.file)) as picture:
        assert picture.size == kept
        assert picture.getpixel((kept[0] // 2, kept[1] // 2))[2] > 200
        assert picture.getpixel((3, 3))[0 if size[0] != size[1] else 2] > 200


def test_a_cmyk_jpeg_becomes_a_plate(world: World) -> None:
    cmyk = Image.new("RGB", (600, 500), (200, 40, 40)).convert("CMYK")
    plate = picture_plate(world, file_of(cmyk, "JPEG"))
    with Image.open(vault().path(plate.file)) as picture:
        assert picture.mode == "RGB"
        red, green, blue = picture.getpixel((300, 250))
    assert red > 150
    assert max(green, blue) < 110
    assert plate.colours[0].startswith("#")


def test_a_plate_with_the_same_name_is_the_next_version(world: World) -> None:
    for colour in ("#102030", "#405060"):
        plate = finishes.save_plate(
            actor=SYSTEM,
            organisation=world.organisation,
            name="Ours",
            kind="colour",
            colours=[colour],
        )
    assert (plate.version, plate.colours) == (2, ["#405060"])


def test_a_logo_keeps_its_transparency_and_nothing_else() -> None:
    mark = np.zeros((60, 100, 4), np.uint8)
    mark[20:40, 30:70] = (255, 0, 0, 128)
    with Image.open(io.BytesIO(logos.clean(file_of(Image.fromarray(mark), "PNG")))) as cleaned:
        assert cleaned.mode == "RGBA"
        assert cleaned.size == (40, 20)
        assert cleaned.getpixel((5, 5)) == (255, 0, 0, 128)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (file_of(Image.new("RGBA", (50, 50), (0, 0, 0, 0)), "PNG"), "wholly transparent"),
        (file_of(Image.new("RGB", (50, 50)), "JPEG"), "PNG or WebP"),
        (b"x" * 2_100_000, "larger than 2 MB"),
        (b"no picture", "cannot be read"),
        (moving(), "moves"),
        (file_of(Image.new("1", (2001, 2000), 1), "PNG"), "more than 4 million pixels"),
        (immense_png(), "more than 4 million pixels"),
        (file_of(Image.new("RGBA", (40, 1000), "red"), "PNG"), "too long and narrow.* 40 × 1000"),
        (file_of(Image.new("RGBA", (1200, 12), "red"), "PNG"), "too long and narrow"),
        (file_of(Image.new("RGBA", (1, 1), "red"), "PNG"), "only 1 × 1 pixels"),
    ],
)
def test_a_logo_that_cannot_be_used_says_why(data: bytes, says: str) -> None:
    with pytest.raises(Problem, match=says):
        logos.clean(data)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (Row("Ours!", 400, 400), "no name of a rendition"),
        (Row("aux", 400, 400), "“aux” is a name that Windows keeps for itself"),
        (Row("a", 10, 400), "sides of 64 to 2400"),
        (Row("a", 2400, 64), "three times"),
        (Row("a", 400, 1200), "twice as high as wide"),
        (Row("a", 400, 400, "gif"), "JPEG, PNG or WebP"),
        (Row("a", 400, 400, see_through=True), "cannot be see-through"),
        (Row("a", 400, 500, "png", round=True), "equal sides"),
        (Row("a", 400, 400, quality=5), "quality"),
        (Row("a", 400, 400, dpi=10), "resolution"),
        (Row("square", 400, 400), "Two renditions are named"),
    ],
)
def test_a_table_says_what_cannot_be_made(row: Row, says: str) -> None:
    with pytest.raises(Problem, match=says):
        rendition_table.checked([*rendition_table.DEFAULT, row])


def test_a_table_without_a_picture_for_the_wall_is_refused() -> None:
    with pytest.raises(Problem, match="staff wall"):
        rendition_table.checked([replace(rendition_table.DEFAULT[0], monochrome=True)])

"""Finished headshots share one eye line and one face height, whatever they came from."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from generation.engine import faces, finish
from generation.engine.specs import AlignSpec
from tests.generation.engine.conftest import face

SPEC = AlignSpec(size=(400, 500), eye_line=0.4, face_height=0.4)


@pytest.mark.parametrize(
    "image",
    [
        face(640),
        face(96),
        face(900, at=(0.35, 0.6), height=0.35),
        face(500).rotate(12, Image.Resampling.BICUBIC, fillcolor=(120, 140, 150)),
    ],
    ids=["large", "tiny", "off centre", "leaning"],
)
def test_eyes_come_to_the_same_place(image: Image.Image) -> None:
    finished = finish.align(image, faces.detect(image)[0].landmarks, SPEC)
    assert finished.size == SPEC.size
    found = faces.detect(finished)[0]
    left, right = found.eyes
    middle = (left + right) / 2
    assert abs(middle[0] - 200) < 10
    assert abs(middle[1] - 0.4 * 500) < 12
    assert abs(found.roll) < 4
    assert 0.8 < (right[0] - left[0]) / (0.4 * 500 / 2.05) < 1.2


def test_the_edge_is_continued_where_the_picture_ends() -> None:
    plain = Image.new("RGB", (96, 96), (10, 200, 90))
    points = faces.detect(face(96))[0].landmarks
    finished = finish.align(plain, points, AlignSpec(size=(300, 400), face_height=0.2))
    assert (np.asarray(finished) == (10, 200, 90)).all()


def test_the_same_input_gives_the_same_bytes() -> None:
    image = face(320)
    points = faces.detect(image)[0].landmarks
    one, other = (finish.renditions(finish.align(image, points, SPEC)) for _ in range(2))
    assert one == other
    assert set(one) == {"large", "square", "thumbnail", "print"}


def test_renditions_open_and_carry_no_metadata() -> None:
    image = face(400)
    image.info["comment"] = "made on a phone"
    for name, content in finish.renditions(image).items():
        opened = Image.open(io.BytesIO(content))
        assert opened.format == ("PNG" if name == "print" else "JPEG")
        assert not opened.getexif()
        assert "comment" not in opened.info
    square = Image.open(io.BytesIO(finish.renditions(face(400))["square"]))
    assert square.size == (512, 512)


def test_the_wall_shows_every_person_with_their_name() -> None:
    pictures = [Image.new("RGB", (80, 100), (i * 20, 0, 0)) for i in range(7)]
    names = ["Ada Łukasz", "Bo", "A name that is far too long for any tile", *"CDEF"]
    sheet = finish.wall(pictures, names, columns=4, tile=160, title="Staff")
    colours = {colour for _, colour in sheet.getcolors(1 << 24) or []}
    assert {(i * 20, 0, 0) for i in range(7)} <= colours
    assert sheet.width == 4 * 160 + 5 * 8
    assert sheet.height > 2 * 200
    with pytest.raises(ValueError, match="one name for each"):
        finish.wall(pictures, names[:3])
    # Eleven in rows of four leave one place empty, in rows of five four.
    for count, across in ((1, 1), (2, 2), (8, 4), (11, 4), (12, 4), (20, 5)):
        wide = finish.wall([pictures[0]] * count, ["Ada"] * count, tile=160).width
        assert wide == 8 + across * (160 + 8), count
    with pytest.raises(ValueError, match="one name for each"):
        finish.wall(pictures, names, titles=["Engineer"])


def test_titles_stand_below_names_and_notes_below_those() -> None:
    tile = Image.new("RGB", (80, 100), (200, 0, 0))

    def lines(**more: list[str]) -> list[bool]:
        """Whether something is written in each of the lines below the first picture."""
        sheet = finish.wall([tile] * 2, ["Ada", "Bo"], tile=160, **more)
        first = np.asarray(sheet.convert("L"))[8 + 200 : sheet.height - 8, 8 : 8 + 160]
        return [bool((first[at : at + 10] < 200).any()) for at in (5, 15, 25)]

    assert lines() == [True, False, False]
    assert lines(titles=["", ""], notes=["", ""]) == [True, False, False]
    assert lines(titles=["Engineer", ""]) == [True, True, False]
    assert lines(titles=["Engineer", ""], notes=["Waits", ""]) == [True, True, True]
    assert lines(titles=["", "Engineer"], notes=["Waits", ""]) == [True, False, True]
    # As wide as the tile at most.
    long = finish.wall([tile], ["Ada"], tile=160, titles=["Senior Principal Engineer " * 4])
    sides = np.asarray(long.convert("L"))[8 + 220 :]
    assert (np.concatenate([sides[:, :8], sides[:, 168:]], axis=1) == 250).all()

"""Names are letters in pictures, whatever script they are in, and boxes only where no font is."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import font_roboto
import pytest
from PIL import Image, ImageDraw, ImageFont

from generation.engine import finish, initials
from generation.engine.lettering import lettering
from headshots import checks

NAMES = ["Jörg Äßmann", "Étienne Núñez", "Łukasz Dvořák", "Şule Yıldız", "Ольга Жукова", "Ελένη Ώ"]


def drawn(text: str, more: tuple[Path, ...] = ()) -> Image.Image:
    picture = Image.new("RGB", (400, 60), (255, 255, 255))
    pen = ImageDraw.Draw(picture)
    lettering(32, more).draw(pen, (10, 30), text, (0, 0, 0))
    return picture


@pytest.mark.parametrize("name", NAMES)
def test_every_letter_of_a_name_is_its_own(name: str) -> None:
    assert lettering(20).missing(name) == ""
    box = drawn("\U0010ffff").tobytes()
    for letter in set(name) - {" "}:
        assert drawn(letter).tobytes() != box, letter
    # Letters and accents put together and apart are one name.
    apart = unicodedata.normalize("NFD", name)
    assert drawn(apart).tobytes() == drawn(name).tobytes()


def test_names_stand_on_the_wall_as_they_are_written() -> None:
    """What a name is drawn as differs from what its boxes would be."""
    tile = Image.new("RGB", (80, 100), (200, 0, 0))
    named = finish.wall([tile], ["Жуков"], notes=["Ждёт"], title="Öl")
    boxes = finish.wall(
        [tile], ["\U0010ffff" * 5], notes=["\U0010ffff" * 4], title="\U0010ffff" * 2
    )
    assert named.size == boxes.size
    line = 320 // 8
    for top, bottom in ((16, 16 + 2 * line), (named.height - 80, named.height)):
        region = (0, top, named.width, bottom)
        assert named.crop(region).tobytes() != boxes.crop(region).tobytes()


def test_a_further_font_is_asked_for_what_is_missing() -> None:
    """Signs stand for a script that Roboto lacks."""
    import rest_framework

    folder = Path(rest_framework.__file__).parent / "static/rest_framework/fonts"
    more = (folder / "glyphicons-halflings-regular.ttf",)
    signs = "✉☁"
    assert lettering(20).missing("Ada " + signs) == signs
    assert lettering(20, more).missing("Ada " + signs) == ""
    assert drawn("Ada " + signs, more).tobytes() != drawn("Ada " + signs).tobytes()
    # What Roboto has stays Roboto, as everybody else's name is.
    assert drawn("Ada", more).tobytes() == drawn("Ada").tobytes()
    assert lettering(20, more).length("Ada ✉") > lettering(20).length("Ada ")
    assert initials.initials("✉", "☁", "ada@acme.example", fonts=more) == signs


@pytest.mark.parametrize("name", ["王小明", "محمد", "हिन्दी", "김민준", "דוד"])
def test_what_no_font_has_is_left_out_and_never_a_box(name: str) -> None:
    """A wall with words that nobody can read is that without them."""
    assert lettering(20).written(name) == ""
    assert lettering(20).written(f" {name}  Ada Ω{name} Жуков") == "Ada Жуков"
    tile = Image.new("RGB", (80, 100), (200, 0, 0))
    shown = finish.wall([tile], [f"{name} Ada"], titles=[name], notes=["x"], title=name)
    without = finish.wall([tile], ["Ada"], titles=[" "], notes=["x"], title=" ")
    assert shown.tobytes() == without.tobytes()


def test_initials_are_letters_or_those_of_the_address() -> None:
    assert initials.initials("Östen", "Ångström", "o@acme.example") == "ÖÅ"
    assert initials.initials("O\u0308sten", "", "x@acme.example") == "Ö"
    assert initials.initials("小龍", "李", "bruce@acme.example") == "B"
    ground = Image.new("RGB", (400, 500), (240, 240, 240))
    one, other = (initials.draw(text, ground, 0.42) for text in ("Ö", "O"))
    assert one.tobytes() != other.tobytes()


def test_what_is_too_long_is_shortened_to_its_place() -> None:
    text = lettering(20)
    short = text.fit("Жанна " * 20, 200)
    assert short.endswith("…")
    assert text.length(short) <= 200
    assert text.fit("Жанна", 200) == "Жанна"
    whole = ImageFont.truetype(font_roboto.font_files["Roboto"], 20)
    assert text.length("Жанна") == whole.getlength("Жанна")


def test_a_font_that_is_none_is_told_at_start(settings: Any, tmp_path: Path) -> None:
    def told() -> list[str | None]:
        return [found.id for found in checks.settings_agree()]

    settings.FONTS = (Path(font_roboto.font_files["Roboto"]),)
    assert told() == []
    text = tmp_path / "letters.ttf"
    text.write_text("no font")
    settings.FONTS = (text, tmp_path / "away.ttf")
    assert told() == ["headshots.E042", "headshots.E042"]

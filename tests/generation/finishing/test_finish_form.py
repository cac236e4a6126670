"""The form of a finish: what was typed is there again when a word of it is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from generation.finishing import finishes, rendition_table
from generation.models import Finish, Plate
from tests.world import World, jpeg


@pytest.fixture
def signed_in(world: World, client: Client) -> Client:
    client.force_login(world.owner)
    return client


def place(world: World, name: str = "look_finish") -> str:
    return reverse(name, args=[world.organisation.slug, world.look.pk])


def typed(*rows: dict[str, str], **more: Any) -> dict[str, Any]:
    """A form as a browser sends it."""
    usual = {"width": "800", "height": "800", "format": "png", "quality": "90"}
    whole = [{**usual, "nearer": "0", "dpi": "0", **row} for row in rows]
    return {
        "eye_line": "40",
        "closer": "5",
        "logo_corner": "left",
        "frame_colour": "#102030",
        "number": [str(at + 1) for at in range(len(whole))],
        **{name: [row[name] for row in whole] for name in ("kind", *usual, "nearer", "dpi")},
        **more,
    }


def values(page: str, name: str) -> list[str]:
    found = re.findall(rf'<input [^>]*name="{name}"[^>]*>', page)
    assert found, name
    return [re.search(r'value="([^"]*)"', each).group(1) for each in found]  # type: ignore[union-attr]


def test_a_wrong_value_leaves_everything_typed_and_is_marked(
    world: World, signed_in: Client
) -> None:
    plate = finishes.save_plate(
        actor=world.actor,
        organisation=world.organisation,
        name="Ours",
        kind="colour",
        colours=["#123456"],
    )
    form = typed(
        {"kind": "portrait", "width": "700"},
        {"kind": "", "width": "1024"},
        {"kind": "poster", "width": "9000", "nearer": "12"},
        {"kind": "card", "format": "webp"},
        plate=str(plate.pk),
        see_through=["4"],
        no_logo="1",
    )
    answer = signed_in.post(place(world), form)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert values(page, "kind")[:4] == ["portrait", "", "poster", "card"]
    assert values(page, "width")[:4] == ["700", "1024", "9000", "800"]
    assert values(page, "nearer")[2] == "12"
    assert (values(page, "eye_line"), values(page, "frame_colour")) == (["40"], ["#102030"])
    assert re.search(rf'value="{plate.pk}" checked', page)
    assert re.search(r'name="see_through" value="4" checked', page)
    assert '<option value="left" selected>' in page
    # The wrong cell alone is marked, and its row says why.
    (marked,) = re.findall(r'<[^>]*aria-invalid="true"[^>]*>', page)
    assert 'name="width"' in marked
    assert 'value="9000"' in marked
    assert page.count("poster: sides of 64 to 2400 pixels can be made.") == 2
    assert not Finish.objects.filter(version__gt=1).exists()


@pytest.mark.parametrize(
    ("changes", "marked"),
    [
        ({"width": "many"}, 'name="width"'),
        ({"nearer": "99"}, 'name="nearer"'),
        ({"kind": "portrait"}, 'name="kind"'),
        ({"format": "jpeg", "kind": "clear"}, 'name="format"'),
        ({"height": "5"}, 'name="height"'),
    ],
)
def test_each_wrong_cell_is_marked(
    world: World, signed_in: Client, changes: dict[str, str], marked: str
) -> None:
    form = typed({"kind": "portrait"}, {"kind": "other", **changes}, see_through=["2"])
    page = signed_in.post(place(world), form).content.decode()
    (found,) = re.findall(r'<[^>]*aria-invalid="true"[^>]*>', page)
    assert marked in found
    assert len(re.findall('class="refused"', page)) == 2


def test_several_rows_are_added_at_once_up_to_twelve(world: World, signed_in: Client) -> None:
    page = signed_in.get(place(world)).content.decode()
    kinds = values(page, "kind")
    assert len(kinds) == rendition_table.MOST_ROWS
    assert kinds.count("") == rendition_table.MOST_ROWS - len(rendition_table.DEFAULT)
    rows = [{"kind": f"file-{number}"} for number in range(rendition_table.MOST_ROWS)]
    signed_in.post(place(world), typed(*rows))
    saved = Finish.objects.get(version=2)
    assert len(saved.renditions) == rendition_table.MOST_ROWS
    assert "" not in values(signed_in.get(place(world)).content.decode(), "kind")
    # One more than there can be is refused, and nothing of it is lost.
    page = signed_in.post(place(world), typed(*rows, {"kind": "more"})).content.decode()
    assert "at most 12 renditions" in page
    assert values(page, "kind")[-1] == "more"


def test_a_refused_plate_leaves_what_was_typed(world: World, signed_in: Client) -> None:
    finish = finishes.newest(organisation=world.organisation, look_name=world.look.name)
    form = {
        "name": "Deep sea",
        "kind": "gradient",
        "colours": ["#010203", "#040506"],
        "angle": "400",
        "fall_off": "7",
    }
    answer = signed_in.post(place(world, "plate_add"), form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert values(page, "colours") == ["#010203", "#040506"]
    assert (values(page, "angle"), values(page, "fall_off")) == (["400"], ["7"])
    assert 'value="Deep sea"' in page
    assert '<option value="gradient" selected>' in page
    # The other form is that of the finish, and goes where the finish is saved.
    assert len(values(page, "kind")) == rendition_table.MOST_ROWS
    assert values(page, "eye_line") == [str(round(100 * finish.eye_line))]
    assert f'action="{place(world)}"' in page
    assert not Plate.objects.exists()


def test_a_file_that_the_page_cannot_keep_is_asked_for_again(
    world: World, signed_in: Client
) -> None:
    logo = SimpleUploadedFile("logo.png", jpeg(1), "image/png")
    page = signed_in.post(place(world), typed({"kind": "portrait"}, logo=logo)).content.decode()
    assert page.count("Choose the file again") == 1
    (found,) = re.findall(r'<[^>]*aria-invalid="true"[^>]*>', page)
    assert 'name="logo"' in found


@pytest.mark.parametrize("kind", ["colour", "gradient", "picture"])
def test_a_picture_that_is_chosen_becomes_the_plate_whatever_the_kind(
    world: World, signed_in: Client, kind: str
) -> None:
    colours = ["#010203", "#040506"]
    form = {"name": "Lobby", "kind": kind, "colours": colours, "angle": "0", "fall_off": "0"}
    picture = SimpleUploadedFile("lobby.jpg", jpeg(3), "image/jpeg")
    signed_in.post(place(world, "plate_add"), {**form, "picture": picture})
    plate = Plate.objects.get()
    assert plate.kind == Plate.Kind.PICTURE
    assert plate.file
    assert "#010203" not in plate.colours
    small = SimpleUploadedFile("small.jpg", jpeg(3, (90, 90)), "image/jpeg")
    answer = signed_in.post(place(world, "plate_add"), {**form, "picture": small})
    page = answer.content.decode()
    assert "90 × 90 pixels" in page
    assert '<option value="picture" selected>' in page
    assert page.count("Choose the file again") == 1

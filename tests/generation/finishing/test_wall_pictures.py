"""The wall taken home says of each picture what it is."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from PIL import Image

from generation.approving import choosing
from generation.engine import finish
from generation.finishing import consistency, wall_pictures, walls
from generation.models import Order, State
from generation.storage import vault
from tests.browser.queue import drain
from tests.world import World, bring, give_files


@pytest.fixture
def written_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names below pictures of walls while they are drawn."""
    names: list[str] = []
    plain = finish.wall

    def noting(pictures: Any, below: Any, **more: Any) -> Any:
        names.extend(below)
        return plain(pictures, below, **more)

    monkeypatch.setattr(finish, "wall", noting)
    return names


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is written below pictures of walls while they are drawn."""
    notes: list[str] = []
    plain = finish.wall

    def noting(*pictures: Any, **more: Any) -> Any:
        notes.extend(more["notes"])
        return plain(*pictures, **more)

    monkeypatch.setattr(finish, "wall", noting)
    return notes


def wall_of_two(world: World) -> Order:
    order = world.order(2)
    first, second = order.shoots.order_by("employee__last_name")
    give_files(bring(first, State.APPROVING))
    give_files(bring(second, State.DELIVERED))
    return order


def test_who_is_not_approved_hangs_there_with_a_note(world: World, written: list[str]) -> None:
    order = wall_of_two(world)
    waits, done = wall_pictures.hung(headshots=consistency.shown(order=order), given=[])
    assert (waits.note, done.note) == ("Awaits approval", "")
    before = wall_pictures.hanging(wall=walls.of_order(order), kind="png").key
    choosing.approve(actor=world.actor, shoot=order.shoots.get(state=State.APPROVING))
    key, ready = wall_pictures.asked_for(actor=world.actor, wall=walls.of_order(order), kind="png")
    assert not ready
    assert key != before
    drain()
    assert vault().exists(key)
    assert written == ["", ""]


def test_a_file_that_is_gone_leaves_its_place_empty_and_the_others_hanging(world: World) -> None:
    order = wall_of_two(world)
    first, _second = consistency.shown(order=order)
    vault().delete(wall_pictures.picture_key(first))
    key, _ready = wall_pictures.asked_for(actor=world.actor, wall=walls.of_order(order), kind="png")
    drain()
    with Image.open(io.BytesIO(vault().read(key))) as wall:
        colours = {colour for _, colour in wall.convert("RGB").getcolors(1 << 24) or []}
    assert (232, 232, 229) in colours
    assert len(colours) > 100


def test_its_notes_are_in_the_language_of_whoever_asked(world: World, written: list[str]) -> None:
    order = wall_of_two(world)
    with translation.override("de"):
        said = translation.gettext("Awaits approval")
        key, _ready = wall_pictures.asked_for(
            actor=world.actor, wall=walls.of_order(order), kind="png"
        )
    assert said != "Awaits approval"
    drain()
    assert written == [said, ""]
    assert vault().exists(key)


def test_titles_stand_below_names_and_a_new_one_makes_a_new_picture(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles: list[list[str]] = []
    plain = finish.wall

    def noting(*pictures: Any, **more: Any) -> Any:
        titles.append(list(more["titles"]))
        return plain(*pictures, **more)

    monkeypatch.setattr(finish, "wall", noting)
    order = wall_of_two(world)
    first, second = (s.employee for s in order.shoots.order_by("employee__last_name"))
    type(first).objects.filter(pk=first.pk).update(title="Head of Things")
    type(first).objects.filter(pk=second.pk).update(title="")
    for kind in wall_pictures.KINDS:
        wall_pictures.asked_for(actor=world.actor, wall=walls.of_order(order), kind=kind)
    drain()
    assert titles == [["Head of Things", ""]] * 2
    assert wall_pictures.hanging(wall=walls.of_order(order), kind="pdf").ready
    type(first).objects.filter(pk=second.pk).update(title="Clerk")
    assert not wall_pictures.hanging(wall=walls.of_order(order), kind="pdf").ready


def test_names_in_another_script_have_their_address_instead(
    world: World, client: Client, written_names: list[str]
) -> None:
    order = wall_of_two(world)
    page = reverse("order_wall", args=[world.organisation.slug, order.pk])
    client.force_login(world.owner)
    assert "the part of the address" not in client.get(page).content.decode()
    first, second = order.shoots.order_by("employee__last_name")
    first.employee.first_name, first.employee.last_name = "小明", "王"
    second.employee.first_name, second.employee.last_name = "Ольга", "Λ"
    for shoot in (first, second):
        shoot.employee.save()
    wall_pictures.asked_for(actor=world.actor, wall=walls.of_order(order), kind="png")
    drain()
    assert sorted(written_names) == sorted([first.employee.email.split("@")[0], "Ольга Λ"])
    assert "1 name is in a script" in client.get(page).content.decode()


def test_a_wall_of_two_says_why_it_has_no_figure(world: World, client: Client) -> None:
    order = wall_of_two(world)
    client.force_login(world.owner)
    page = client.get(reverse("order_wall", args=[world.organisation.slug, order.pk]))
    assert "How alike they are" in page.content.decode()
    assert "Fewer than three people with a measured headshot are not compared." in (
        page.content.decode()
    )

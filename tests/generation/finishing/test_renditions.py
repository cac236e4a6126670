"""From a pick to files: rendered beside the page, whole, and each what its table says."""

from __future__ import annotations

import hashlib
import io
import re

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.actors import SYSTEM
from accounts.models import Role
from generation.approving import choosing
from generation.engine import finish
from generation.finishing import in_turn, renditions
from generation.models import Candidate, Finishing, Rendition, State
from generation.storage import vault
from headshots.lib.problems import Problem
from tests.api.program import Program
from tests.browser.queue import drain, forget
from tests.generation.sitters import headshot_of, sit
from tests.photographs import astronaut
from tests.world import World, bring, give_files


def test_a_pick_becomes_every_file_of_the_table(world: World) -> None:
    shoot = sit(world, 0, State.APPROVING)
    drain()
    files = renditions.of(headshot_of(shoot))
    assert set(files) == {
        "portrait",
        "square",
        "square-small",
        "banner",
        "avatar",
        "transparent",
        "badge",
        "black-and-white",
    }
    for row in files.values():
        data = vault().read(row.file)
        assert hashlib.sha256(data).hexdigest() == row.sha256
        assert len(data) == row.bytes
        with Image.open(io.BytesIO(data)) as picture:
            assert picture.size == (row.width, row.height)
            assert picture.format == row.format.upper()
            if row.kind == "badge":
                assert [round(float(v)) for v in picture.info["dpi"]] == [300, 300]
                assert row.dpi == 300
            if row.kind == "avatar":
                assert picture.getpixel((2, 2))[3] == 0
                assert picture.getpixel((256, 500))[3] == 255
            if row.kind == "transparent":
                shares = picture.getchannel("A").getextrema()
                assert shares == (0, 255)
            if row.kind == "black-and-white":
                red, green, blue = picture.convert("RGB").getpixel((512, 600))
                assert max(red, green, blue) - min(red, green, blue) <= 2
            assert b"trainedAlgorithmicMedia" in data
    # The rendered person has 384 pixels and is drawn larger: the file says so.
    assert files["portrait"].enlarged > 2


def test_the_page_of_files_says_how_far_they_are_enlarged(world: World, client: Client) -> None:
    shoot = sit(world, 0, State.APPROVING)
    drain()
    client.force_login(world.owner)
    address = reverse("shoot_files", args=[world.organisation.slug, shoot.pk])
    said = "times larger (Lanczos)"
    most = max(row.enlarged for row in renditions.of(headshot_of(shoot)).values())
    page = client.get(address).content.decode()
    assert f"up to {most:.1f} {said}" in page
    Rendition.objects.update(enlarged=1.0)
    assert said not in client.get(address).content.decode()


def test_what_is_see_through_stands_on_a_chequered_ground_whatever_its_format(
    world: World, client: Client
) -> None:
    shoot = world.shoot(State.APPROVING)
    give_files(shoot, ("portrait", "avatar", "transparent"))
    Rendition.objects.filter(kind="portrait").update(format="png")
    Rendition.objects.exclude(kind="portrait").update(format="webp")
    client.force_login(world.owner)
    address = reverse("shoot_files", args=[world.organisation.slug, shoot.pk])
    page = client.get(address).content.decode()
    for row in renditions.of(headshot_of(shoot)).values():
        link = reverse("rendition", args=[world.organisation.slug, row.pk])
        ground = re.search(rf'class="file-frame([^"]*)" href="{link}"', page)
        assert ground, row.kind
        assert ground[1] == ("" if row.kind == "portrait" else " chequered")


def test_another_pick_takes_the_first_ones_files_away(world: World) -> None:
    shoot = sit(world, 1, State.APPROVING)
    drain()
    first = headshot_of(shoot).finishing
    assert first is not None
    kept = [row.file for row in first.renditions.all()]
    second = choosing.short_list(shoot=shoot)[1]
    choosing.pick(actor=SYSTEM, shoot=shoot, candidate=second)
    assert renditions.of(headshot_of(shoot)) == {}
    drain()
    headshot = headshot_of(shoot)
    assert headshot.finishing is not None
    assert headshot.finishing.candidate == second
    assert len(renditions.of(headshot)) == 8
    assert not Finishing.objects.filter(pk=first.pk).exists()
    assert kept


def test_a_picture_without_a_face_says_so_and_harms_nothing(world: World) -> None:
    shoot = world.shoot(State.APPROVING)
    drain()
    finishing = Finishing.objects.get(headshot__shoot=shoot)
    assert finishing.state == Finishing.State.FAILED
    assert finishing.sentence.startswith("No face was found")
    assert headshot_of(shoot).finishing is None


def test_files_that_could_not_be_made_are_made_by_asking_once_more(
    world: World, client: Client
) -> None:
    shoot = sit(world, 1, State.APPROVING)
    candidate = headshot_of(shoot).candidate
    picture = vault().read(candidate.file)
    vault().delete(candidate.file)
    drain()
    client.force_login(world.owner)
    page = reverse("shoot_files", args=[world.organisation.slug, shoot.pk])
    again = reverse("files_again", args=[world.organisation.slug, shoot.pk])
    assert again in client.get(page).content.decode()
    client.force_login(world.member(Role.VIEWER))
    assert again not in client.get(page).content.decode()
    assert client.post(again).status_code == 403
    client.force_login(world.owner)
    vault().put(candidate.file, picture)
    assert client.post(again).status_code == 302
    drain()
    assert len(renditions.of(headshot_of(shoot))) == 8
    assert again not in client.get(page).content.decode()
    with pytest.raises(Problem, match="are there, or are being made"):
        renditions.again(actor=world.actor, headshot=headshot_of(shoot))


def test_a_lost_task_is_begun_again_by_the_sweep(world: World) -> None:
    from datetime import timedelta

    from django.utils import timezone

    shoot = sit(world, 2, State.APPROVING)
    forget("default")
    assert in_turn.go_on() == 0
    Finishing.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert in_turn.go_on() == 1
    drain()
    assert renditions.of(headshot_of(shoot))


def test_what_is_asked_for_again_leaves_no_file(
    world: World, django_capture_on_commit_callbacks
) -> None:
    shoot = sit(world, 3, State.APPROVING)
    drain()
    with django_capture_on_commit_callbacks(execute=True):
        choosing.ask_again(actor=SYSTEM, shoot=shoot, reason="")
    assert not list(vault().keys(f"{shoot.folder}/headshots"))


@pytest.mark.parametrize(
    ("notes", "said"),
    [
        (["busy_backdrop"], "may show at the outline"),
        (["hair_cut"], "rounded off"),
        (["hair_missing"], "the head looks flat"),
        (["shoulders_cut"], "cuts a shoulder"),
        (["small"], None),
    ],
)
def test_what_wants_a_look_is_said_wherever_the_files_are(
    world: World, client: Client, notes: list[str], said: str | None
) -> None:
    shoot = bring(world.order(1).shoots.get(), State.APPROVING)
    give_files(shoot)
    headshot_of(shoot).finishings.update(notes=notes)
    program = Program.of(world.organisation)
    of_api = program.get(f"headshots/{headshot_of(shoot).pk}").json()["notes"]
    assert len(of_api) == (said is not None)
    client.force_login(world.owner)
    for name in ("shoot", "shoot_files"):
        page = client.get(reverse(name, args=[world.organisation.slug, shoot.pk])).content.decode()
        for text in (
            "may show at the outline",
            "rounded off",
            "the head looks flat",
            "cuts a shoulder",
        ):
            assert (text in page) is (text == said)
            assert (text in " ".join(of_api)) is (text == said)


def test_the_notes_of_files_are_those_that_show(world: World) -> None:
    noted = []
    for missing in (10, 40):
        shoot = world.shoot(State.CHOOSING)
        photo = finish.png(astronaut().crop((90, missing, 380, 330)))
        for candidate in Candidate.objects.filter(shoot=shoot):
            vault().put(candidate.file, photo)
        choosing.pick(actor=SYSTEM, shoot=shoot, candidate=choosing.short_list(shoot=shoot)[0])
        drain()
        done = headshot_of(shoot).finishing
        assert done is not None
        noted.append([note for note in done.notes if note.startswith("hair")])
    assert noted == [[], ["hair_missing"]]

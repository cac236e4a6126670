"""Headshots into four directories and back out of them, with every way they have to say no."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.actors import employee_actor
from generation.approving import alternatives
from generation.engine.finishing.measuring import look
from generation.engine.provenance import authority
from generation.finishing import credentials, finishes
from generation.leaving import retention
from generation.models import (
    Directory,
    Finishing,
    Headshot,
    Order,
    Publication,
    PublishingRun,
    Rendition,
    State,
)
from generation.publishing import directories, doing, pictures, runs
from generation.publishing.entra import Entra
from generation.publishing.interface import Photo
from generation.storage import vault
from headshots.lib.problems import Problem
from tests.generation.approving.test_given_instead import give_photo
from tests.generation.publishing import vendors as fake
from tests.generation.publishing.steps import Aim, connect, go_on, publish, ready, said, values
from tests.generation.publishing.vendors import Vendors
from tests.world import World, bring, give_files, give_initials, jpeg, many_delivered, token

SIDES = {"entra": 648, "google": 648, "slack": 1024, "bamboo": 1024}


@pytest.mark.parametrize("kind", list(SIDES))
def test_publishing_reads_back_and_can_be_undone(world: World, vendors: Vendors, kind: str) -> None:
    order = ready(world, 3)
    had, had_none, unknown = world.people
    vendors.know(had, had_none)
    old = jpeg(77, (700, 700))
    vendors.photos[vendors.ids[had.email]] = old
    directory = connect(world, kind)

    rehearsal = publish(world, order, directory, Aim.REHEARSE)
    assert vendors.writes == 0
    assert said(rehearsal)[had.email] == ("done", "Would replace the photo there.")
    assert said(rehearsal)[had_none.email] == ("done", "Would be their first photo there.")
    assert said(rehearsal)[unknown.email][0] == "failed"

    run = publish(world, order, directory)
    assert run.state == PublishingRun.State.DONE
    assert said(run)[had.email] == ("done", "Stands there and was read back.")
    assert said(run)[had_none.email][0] == "done"
    assert said(run)[unknown.email][0] == "failed"
    assert vendors.size(had) == vendors.size(had_none) == (SIDES[kind], SIDES[kind])

    kept = run.publications.get(shoot__employee=had)
    assert [what for _when, what in kept.steps] == [
        "The photo that stood there is kept.",
        "Written.",
        "Stands there and was read back.",
    ]
    sealed = vault().read(kept.before)
    assert b"\xff\xd8\xff" not in sealed
    undoing = runs.undo(actor=world.actor, run=run)
    doing.go(run_id=undoing.pk)
    assert said(undoing)[had.email][0] == "done"
    assert pictures.same(old, vendors.photos[vendors.ids[had.email]])
    if kind == "bamboo":
        assert "cannot take a photo away" in said(undoing)[had_none.email][1]
    else:
        assert vendors.ids[had_none.email] not in vendors.photos
    with pytest.raises(Problem, match="already"):
        runs.undo(actor=world.actor, run=run)


@pytest.mark.parametrize(
    ("kind", "status"),
    [("entra", 429), ("google", 403), ("google", 429), ("slack", 429), ("bamboo", 503)],
)
def test_a_directory_that_asks_to_wait_is_waited_for(
    world: World, vendors: Vendors, kind: str, status: int
) -> None:
    order = ready(world, 1)
    vendors.know(*world.people)
    vendors.refuse_writes, vendors.refuse_as = 1, status
    run = publish(world, order, connect(world, kind))
    if kind == "google":  # it names no time, so that ours is kept
        assert run.state == PublishingRun.State.RUNNING
        assert run.not_before - timezone.now() > timedelta(seconds=10)
        wait_no_longer(run)
        go_on(run)
    assert run.state == PublishingRun.State.DONE
    assert said(run)[world.people[0].email][0] == "done"
    steps = [what for _when, what in run.publications.get().steps]
    assert "The directory asks us to wait." in steps
    assert len(vendors.refused_at) == 1
    if kind != "google":
        assert vendors.written_at[0] - vendors.refused_at[0] >= 1


@pytest.mark.parametrize("kind", ["google", "entra"])
def test_how_small_a_photo_google_gives_back_is_said_before(
    world: World, client: Client, kind: str
) -> None:
    order = ready(world, 1)
    connect(world, kind)
    client.force_login(world.owner)
    where = reverse("order_delivery", args=[world.organisation.slug, order.pk])
    page = client.get(where).content.decode()
    assert ("96 × 96 pixels" in page) is (kind == "google")


def wait_no_longer(run: PublishingRun) -> None:
    """As if the time that a directory asked for had passed."""
    PublishingRun.objects.filter(pk=run.pk).update(not_before=timezone.now())
    Publication.objects.filter(run=run).update(not_before=None)


def test_a_long_wait_gives_the_run_back_until_then(world: World, vendors: Vendors) -> None:
    order = ready(world, 2)
    vendors.know(*world.people)
    vendors.refuse_writes, vendors.retry_after = 1, "300"
    run = publish(world, order, connect(world))
    assert run.state == PublishingRun.State.RUNNING
    assert timedelta(seconds=250) < run.not_before - timezone.now() < timedelta(seconds=301)
    assert doing.go(run_id=run.pk) is False
    assert vendors.writes == 0
    wait_no_longer(run)
    assert runs.sweep()["publishing_resumed"] == 1
    assert doing.go(run_id=run.pk) is True
    assert vendors.writes == 2


@pytest.mark.parametrize("kind", list(SIDES))
def test_a_photo_that_is_too_large_is_said_of_that_person(
    world: World, vendors: Vendors, kind: str
) -> None:
    order = ready(world, 1)
    vendors.know(*world.people)
    vendors.largest = 1000
    run = publish(world, order, connect(world, kind))
    assert run.state == PublishingRun.State.DONE
    assert said(run)[world.people[0].email][0] == "failed"
    assert "larger than the directory takes" in said(run)[world.people[0].email][1]


def test_a_photo_that_cannot_be_made_small_enough_is_said_before_anybody_is_asked(
    world: World, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Entra, "photo", Photo(side=648, most_bytes=2_000))
    order = ready(world, 1)
    vendors.know(*world.people)
    run = publish(world, order, connect(world))
    assert said(run)[world.people[0].email] == (
        "failed",
        "The photo is larger than the directory takes.",
    )
    assert vendors.writes == 0


@pytest.mark.parametrize("kind", list(SIDES))
def test_a_token_that_has_run_out_is_said_and_a_new_one_does_the_rest(
    world: World, vendors: Vendors, kind: str
) -> None:
    order = ready(world, 2)
    vendors.know(*world.people)
    vendors.dies_after = 1
    run = publish(world, order, connect(world, kind))
    if kind == "slack":  # each person has a token of their own, so each hears of theirs
        assert run.state == PublishingRun.State.DONE
        assert {state for state, _sentence in said(run).values()} == {"failed"}
        for _state, sentence in said(run).values():
            assert "does not take this person’s token any more" in sentence
    else:
        assert run.state == PublishingRun.State.STOPPED
        assert "does not take the token any more" in run.sentence
        assert runs.counts(run)["waiting"] == 2
    assert vendors.writes == 1
    vendors.dies_after, vendors.tokens = None, {"alive"}
    connect(world, kind)
    assert runs.resume(actor=world.actor, run=run) == 2
    go_on(run)
    assert runs.counts(run)["done"] == 2
    # The photo that our own first write left is not taken for the one of before.
    assert not run.publications.exclude(had_before=False).exists()


@pytest.mark.parametrize(("closer", "rim"), [(0, True), (40, False)])
def test_a_directory_may_want_its_photos_closer_to_the_face(
    world: World, vendors: Vendors, closer: int, rim: bool
) -> None:
    order = ready(world, 1)
    vendors.know(*world.people)
    framed = Image.new("RGB", (640, 640), (200, 30, 30))
    framed.paste((30, 30, 200), (40, 40, 600, 600))
    made = Rendition.objects.get(finishing__headshot__shoot__order=order)
    with io.BytesIO() as file:
        framed.save(file, "JPEG", quality=95)
        vault().put(made.file, file.getvalue())
    publish(world, order, connect(world, closer=closer))
    with Image.open(io.BytesIO(vendors.photos[vendors.ids[world.people[0].email]])) as there:
        assert there.size == (648, 648)
        red, _green, blue = there.convert("RGB").getpixel((8, 324))
    assert (red > blue) is rim


def test_a_write_that_did_not_take_is_noticed(
    world: World, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doing, "MOST_ATTEMPTS", 1)
    order = ready(world, 1)
    vendors.know(*world.people)
    vendors.photos[vendors.ids[world.people[0].email]] = jpeg(88, (700, 700))
    vendors.ignore_writes = True
    run = publish(world, order, connect(world))
    assert said(run)[world.people[0].email] == (
        "failed",
        "What stands there is not what was sent.",
    )


def give_square(order: Order) -> None:
    """Everybody of an order has the same square, as finishing leaves it."""
    finish = finishes.of_order(order)
    Finishing.objects.filter(headshot__shoot__order=order).delete()
    headshots = list(Headshot.objects.filter(shoot__order=order).select_related("candidate"))
    made = Finishing.objects.bulk_create(
        Finishing(headshot=h, finish=finish, candidate=h.candidate, state=Finishing.State.DONE)
        for h in headshots
    )
    data = jpeg(5, (640, 640))
    key = f"{order.organisation_id}/square.jpg"
    vault().put(key, data)
    square = {"kind": "square", "format": "jpeg", "width": 640, "height": 640, "file": key}
    Rendition.objects.bulk_create(
        Rendition(finishing=one, bytes=len(data), sha256="0" * 64, **square) for one in made
    )
    for headshot, one in zip(headshots, made, strict=True):
        headshot.finishing = one
    Headshot.objects.bulk_update(headshots, ["finishing"])


def test_a_token_that_dies_half_way_leaves_the_rest_to_be_tried_again(
    world: World, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of 500 people, with photos as small as they may be: what is tried is the run.
    monkeypatch.setattr(Entra, "photo", Photo(side=32, most_bytes=4_000_000))
    order = many_delivered(world, 500)
    give_square(order)
    vendors.know(*world.people)
    vendors.dies_after = 250
    directory = connect(world)
    run = runs.start(actor=world.actor, order=order, directory=directory, aim=Aim.PUBLISH)
    go_on(run)
    assert run.state == PublishingRun.State.STOPPED
    assert "does not take the token" in run.sentence
    # The one whose write was the last was not read back, and is among the rest.
    counts = runs.counts(run)
    assert (counts["done"], counts["waiting"]) == (249, 251)
    assert doing.go(run_id=run.pk) is False
    vendors.dies_after, vendors.tokens = None, {"alive"}
    connect(world)
    assert runs.resume(actor=world.actor, run=run) == 251
    go_on(run)
    assert run.state == PublishingRun.State.DONE
    assert runs.counts(run)["done"] == 500
    assert len(vendors.photos) == 500
    # Written once more was only whom nobody had read back, and their photo of before is still
    # the one of before.
    assert vendors.writes == 501
    assert not run.publications.exclude(had_before=False).exists()


def test_a_right_that_is_missing_stops_at_the_first(world: World, vendors: Vendors) -> None:
    order = ready(world, 2)
    vendors.know(*world.people)
    vendors.forbid = True
    run = publish(world, order, connect(world))
    assert run.state == PublishingRun.State.STOPPED
    assert runs.counts(run)["waiting"] == 2


def test_a_right_that_is_missing_for_a_few_stops_nobody_else(
    world: World, vendors: Vendors
) -> None:
    """Administrators stand above a token that may change everybody else's photo."""
    order = ready(world, 6)
    vendors.know(*world.people)
    directory = connect(world)
    run = runs.start(actor=world.actor, order=order, directory=directory, aim=Aim.PUBLISH)
    turns = [row.shoot.employee for row in run.publications.order_by("attempts", "pk")]
    bosses = turns[:3]
    vendors.forbidden = {vendors.ids[boss.email] for boss in bosses}
    go_on(run)
    # Three in a row may be everybody: it asks before it goes on.
    assert run.state == PublishingRun.State.STOPPED
    assert "may not change photos" in run.sentence
    assert (runs.counts(run)["waiting"], vendors.writes) == (6, 0)
    assert runs.resume(actor=world.actor, run=run) == 6
    go_on(run)
    assert run.state == PublishingRun.State.DONE
    assert (runs.counts(run)["done"], runs.counts(run)["failed"]) == (3, 3)
    for boss in bosses:
        assert "may stand above it" in said(run)[boss.email][1]


def test_one_that_breaks_leaves_the_others_and_frees_the_directory(
    world: World, vendors: Vendors
) -> None:
    order = ready(world, 3)
    vendors.know(*world.people)
    broken = Rendition.objects.filter(finishing__headshot__shoot__order=order).first()
    vault().put(broken.file, b"no picture")
    directory = connect(world)
    run = publish(world, order, directory)
    assert run.state == PublishingRun.State.DONE
    assert (runs.counts(run)["done"], runs.counts(run)["failed"]) == (2, 1)
    person = broken.finishing.headshot.shoot.employee
    assert "the fault is here" in said(run)[person.email][1]
    assert publish(world, order, directory, Aim.REHEARSE).state == PublishingRun.State.DONE


def test_photos_of_before_under_another_key_are_said_not_to_be_readable(
    world: World, vendors: Vendors, settings: Any
) -> None:
    order = ready(world, 2)
    had, had_none = world.people
    vendors.know(had, had_none)
    vendors.photos[vendors.ids[had.email]] = jpeg(77, (700, 700))
    run = publish(world, order, connect(world))
    settings.SECRET_KEY = "another key, of an installation that changed it"
    connect(world)
    undoing = runs.undo(actor=world.actor, run=run)
    go_on(undoing)
    assert undoing.state == PublishingRun.State.DONE
    assert "cannot be read" in said(undoing)[had.email][1]
    assert said(undoing)[had_none.email][0] == "done"


def test_two_tasks_of_one_run_write_each_photo_once(world: World, vendors: Vendors) -> None:
    order = ready(world, 2)
    vendors.know(*world.people)
    run = runs.start(actor=world.actor, order=order, directory=connect(world), aim=Aim.PUBLISH)
    PublishingRun.objects.filter(pk=run.pk).update(
        lease_until=timezone.now() + timedelta(seconds=60)
    )
    assert doing.go(run_id=run.pk) is False
    assert vendors.writes == 0


def test_secrets_are_sealed_and_never_shown(world: World, client: Client) -> None:
    directory = connect(world, "bamboo")
    assert fake.API_KEY not in directory.sealed
    client.force_login(world.owner)
    page = client.get(reverse("directories", args=[world.organisation.slug])).content.decode()
    assert "acme" in page
    assert fake.API_KEY not in page


@pytest.mark.parametrize(
    ("kind", "wrong", "match"),
    [
        ("entra", {"tenant": "https://evil.example/x"}, "tenant ID"),
        ("google", {"service_account": "{}"}, "service account"),
        ("slack", {"tokens": "nobody"}, "Line 1"),
        ("bamboo", {"company": "acme/../x"}, "company domain"),
        ("bamboo", {"api_key": " "}, "Fill in"),
    ],
)
def test_what_cannot_be_a_connection_is_refused(
    world: World, kind: str, wrong: dict[str, str], match: str
) -> None:
    world.hire()
    with pytest.raises(Problem, match=match):
        directories.connect(
            actor=world.actor,
            organisation=world.organisation,
            kind=kind,
            values={**values(kind, world.people), **wrong},
        )
    assert not Directory.objects.exists()


def test_a_number_that_no_machine_reads_is_refused(world: World, client: Client) -> None:
    client.force_login(world.owner)
    connecting = reverse("directory_connect", args=[world.organisation.slug])
    form = {"kind": "bamboo", "company": "acme", "api_key": "secret", "closer": "9" * 5000}
    answer = client.post(connecting, form)
    assert answer.status_code == 422
    assert "Closer is a number from 0 to 60." in answer.content.decode()
    assert not Directory.objects.exists()


def test_the_page_of_a_run_tells_how_it_stands(
    world: World, vendors: Vendors, client: Client
) -> None:
    order = ready(world, 2)
    vendors.know(world.people[0])
    run = publish(world, order, connect(world))
    client.force_login(world.owner)
    where = [world.organisation.slug, run.pk]
    page = client.get(reverse("publishing_run", args=where)).content.decode()
    assert "does not know this person" in page
    assert "Try the rest again" in page
    vendors.know(world.people[1])
    client.post(reverse("publishing_resume", args=where))
    doing.go(run_id=run.pk)
    assert runs.counts(run)["done"] == 2


def test_a_photo_given_instead_is_published_as_what_it_is_and_initials_are_not(
    world: World, vendors: Vendors, client: Client, settings: Any
) -> None:
    chain, key = authority.make(organisation="Acme Pictures")
    settings.C2PA_CHAIN, settings.C2PA_KEY = chain.decode(), key.decode()
    order = world.order(3)
    delivered, photo, initials = order.shoots.order_by("employee__employee_number")
    give_files(bring(delivered, State.DELIVERED), ("square",))
    given = give_photo(photo)
    give_initials(initials)
    vendors.know(*world.people)
    vendors.photos[vendors.ids[photo.employee.email]] = old = jpeg(77, (700, 700))
    directory = connect(world)
    client.force_login(world.owner)
    where = reverse("order_delivery", args=[world.organisation.slug, order.pk])
    page = client.get(where).content.decode()
    assert "2 photos go there" in page
    assert "1 real photo that somebody gave instead goes along" in page
    assert "Initials stay here" in page

    rehearsal = publish(world, order, directory, Aim.REHEARSE)
    assert vendors.writes == 0
    assert said(rehearsal) == {
        delivered.employee.email: ("done", "Would be their first photo there."),
        photo.employee.email: ("done", "Would replace the photo there."),
    }
    run = publish(world, order, directory)
    assert vendors.ids[initials.employee.email] not in vendors.photos
    there = vendors.photos[vendors.ids[photo.employee.email]]
    assert vendors.size(photo.employee) == (648, 648)
    found = credentials.check(there)
    assert found is not None
    assert (found.ours, found.changed, found.photographed) == (True, False, True)
    assert b"trainedAlgorithmicMedia" not in there
    # The same crop as a colleague's square, and not a cut of the tall picture: hair and chin are
    # there, with the face as high as the look asks for.
    face = look(Image.open(io.BytesIO(there)))
    spec = finishes.spec(finishes.of_order(order), order)
    square = next(r for r in spec.renditions if r.width == r.height)
    assert face is not None
    eyes = np.mean([point[1] for point in face.landmarks[:4]]) / 648
    assert abs(eyes - square.eye_line) < 0.02
    shown = client.get(reverse("publishing_run", args=[world.organisation.slug, run.pk]))
    assert shown.content.decode().count("Own photo, not generated") == 1
    own = client.get(reverse("employee:start", args=[token(photo)])).content.decode()
    assert "has put it into a directory" in own

    # What is swept after somebody has left does not take the photo of before along.
    retention.clear_remains()
    # Taken back, the run says that it has to go there, and it can be put back as it was.
    alternatives.take_back(actor=employee_actor(photo.employee), shoot=photo)
    shown = client.get(reverse("publishing_run", args=[world.organisation.slug, run.pk]))
    assert "Photo taken back" in shown.content.decode()
    again = publish(world, order, directory)
    assert photo.employee.email not in said(again)
    undoing = runs.undo(actor=world.actor, run=run)
    go_on(undoing)
    assert pictures.same(old, vendors.photos[vendors.ids[photo.employee.email]])
    assert given.file

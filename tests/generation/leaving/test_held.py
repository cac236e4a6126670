"""What somebody takes along is all of it: every order, the files handed out, what came in part."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actors import employee_actor
from generation.approving import alternatives, choosing
from generation.leaving import held, retention
from generation.models import Alternative, Candidate, Shoot, State
from generation.ordering import orders
from generation.photos import uploads
from generation.storage import vault
from tests.world import World, bring, give_files, jpeg, make_world, token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def taken(client: Client, shoot: Shoot) -> zipfile.ZipFile:
    answer = client.post(reverse("employee:take_along", args=[token(shoot)]))
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def again(world: World, shoot: Shoot, state: State) -> Shoot:
    """The same person in another order."""
    order = orders.place_order(
        actor=world.actor,
        organisation=world.organisation,
        look=world.look,
        employees=[shoot.employee],
        due_at=timezone.now() + timedelta(days=7),
        name="Second",
    )
    return bring(order.shoots.get(), state)


def near_to(shoot: Shoot, colleague: Shoot) -> None:
    """All pictures of a shoot are nearest to that colleague."""
    Candidate.objects.filter(shoot=shoot).update(
        likeness_best_colleague=0.6,
        receipt={
            "faces": 1,
            "best_colleague": str(colleague.pk),
            "likeness_best_colleague": 0.6,
        },
    )


def test_the_files_of_a_headshot_are_in_it(world: World, client: Client) -> None:
    shoot = world.shoot(State.DELIVERED)
    give_files(shoot, ("portrait", "square"))
    archive = taken(client, shoot)
    files = [name for name in archive.namelist() if name.startswith("headshot/")]
    assert files == ["headshot/01-portrait.jpg", "headshot/02-square.jpg"]
    kept = [key for key in vault().keys(f"{shoot.folder}/headshots") if "square" in key]
    assert archive.read("headshot/02-square.jpg") == vault().read(kept[0])
    assert 'src="headshot/01-portrait.jpg"' in archive.read("index.html").decode()


def test_all_that_was_made_of_a_photo_given_instead_is_in_it(world: World, client: Client) -> None:
    shoot = world.shoot(State.CHOOSING)
    actor = employee_actor(shoot.employee)
    choosing.opt_out(actor=actor, shoot=shoot)
    shoot.refresh_from_db()
    given = alternatives.give_photo(
        actor=actor, shoot=shoot, data=jpeg(3), name="me.jpg", agreed=True, agreement="I allow it."
    )
    made = [f"{shoot.instead_folder}/photo-x/{name}" for name in ("square.jpg", "avatar.png")]
    finished = f"{shoot.instead_folder}/photo-x.jpg"
    for key in (*made, finished):
        vault().put(key, key.encode())
    Alternative.objects.filter(pk=given.pk).update(
        finished=finished,
        files=[
            {"kind": "square", "format": "jpeg", "file": made[0]},
            {"kind": "avatar", "format": "png", "file": made[1]},
        ],
        measures={"brightness": 40.5},
    )
    archive = taken(client, shoot)
    held_here = {vault().read(key) for key in vault().keys(shoot.instead_folder)}
    assert len(held_here) == 4
    names = [name for name in archive.namelist() if name.startswith("instead/")]
    assert {archive.read(name) for name in names} == held_here
    assert "instead/02-avatar.png" in names
    figures = json.loads(archive.read("figures.json"))["instead"]
    assert figures["agreed_text"] == "I allow it."
    assert figures["measures"] == {"brightness": 40.5}


def test_every_order_of_the_person_is_in_it_and_nobody_elses(world: World, client: Client) -> None:
    first = world.shoot(State.DELIVERED)
    second = again(world, first, State.CHOOSING)
    colleague = world.shoot(State.CHOOSING)
    archive = taken(client, second)
    names = archive.namelist()
    assert sum(name.startswith("photos/") for name in names) == 6
    assert sum(name.startswith("other-orders/01/photos/") for name in names) == 6
    assert sum(name.startswith("other-orders/01/pictures/") for name in names) == 4
    assert {"release.txt", "other-orders/01/release.txt"} <= set(names)
    figures = json.loads(archive.read("figures.json"))
    assert figures["order"]["name"] == "Second"
    assert [one["order"]["name"] for one in figures["other_orders"]] == [first.order.name]
    everything = b"".join(archive.read(name) for name in names)
    assert colleague.employee.email.encode() not in everything
    counted = {kind.what: kind.count for kind in held.kinds(shoot=second)}
    assert counted["Photos you sent"] == 12
    assert counted["Pictures made of you"] == 8
    assert counted["Signed release"] == 2


def test_a_receipt_names_no_colleague(world: World, client: Client) -> None:
    one, other = [bring(shoot, State.CHOOSING) for shoot in world.order(2).shoots.all()]
    near_to(one, other)
    archive = taken(client, one)
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert str(other.pk).encode() not in everything
    (first, *_) = json.loads(archive.read("figures.json"))["pictures"]
    assert first["receipt"] == {"faces": 1, "likeness_best_colleague": 0.6}


@pytest.mark.parametrize("way", ["withdraw", "opt_out"])
def test_who_leaves_is_in_no_colleagues_receipt(world: World, client: Client, way: str) -> None:
    one, gone, stays = [bring(shoot, State.CHOOSING) for shoot in world.order(3).shoots.all()]
    near_to(one, gone)
    near_to(gone, one)
    near_to(stays, one)
    client.post(reverse(f"employee:{way}", args=[token(gone)]))
    receipt = {"faces": 1, "best_colleague": None, "likeness_best_colleague": None}
    mine = Candidate.objects.filter(shoot=one)
    assert [(c.receipt, c.likeness_best_colleague) for c in mine] == [(receipt, None)] * 4
    theirs = Candidate.objects.filter(shoot=stays)
    assert {c.receipt["best_colleague"] for c in theirs} == {str(one.pk)}
    assert {c.likeness_best_colleague for c in theirs} == {0.6}
    # A picture that was judged beside them before they left, and stored after.
    near_to(one, gone)
    retention.sweep()
    assert {c.receipt["best_colleague"] for c in mine.all()} == {None}


def test_receipts_of_who_left_long_ago_are_looked_through_each_hour(world: World) -> None:
    """A worker may be at a colleague's pictures for long; no index answers the question."""
    one, gone = [bring(shoot, State.CHOOSING) for shoot in world.order(2).shoots.all()]
    choosing.opt_out(actor=employee_actor(gone.employee), shoot=gone)
    Shoot.objects.filter(pk=gone.pk).update(state_since=timezone.now() - timedelta(hours=3))
    mine = Candidate.objects.filter(shoot=one)
    near_to(one, gone)
    cache.clear()
    retention.sweep()
    assert {c.receipt["best_colleague"] for c in mine.all()} == {None}
    with CaptureQueriesContext(connection) as asked:
        retention.sweep()
    assert not [q["sql"] for q in asked.captured_queries if "'best_colleague'" in q["sql"]]
    near_to(one, gone)
    cache.clear()  # An hour has passed.
    retention.sweep()
    assert {c.receipt["best_colleague"] for c in mine.all()} == {None}


def test_what_arrived_in_part_is_in_it(world: World, client: Client) -> None:
    shoot = world.shoot(State.COLLECTING)
    upload = uploads.begin(shoot=shoot, mark="m", name="me.jpg", size=300)
    actor = employee_actor(shoot.employee)
    uploads.take(actor=actor, upload=upload, at=0, piece=b"a" * 100)
    uploads.take(actor=actor, upload=upload, at=100, piece=b"b" * 100)
    assert taken(client, shoot).read("unfinished/01.part") == b"a" * 100 + b"b" * 100
    page = client.get(reverse("employee:data", args=[token(shoot)])).content.decode()
    assert "Photos that have arrived in part" in page


def test_the_log_tells_of_the_signature(world: World, client: Client) -> None:
    shoot = world.shoot(State.COLLECTING)
    other = world.shoot(State.COLLECTING)
    log = json.loads(taken(client, shoot).read("log.json"))
    assert [entry["action"] for entry in log].count("release.signed") == 1
    assert [entry.action for entry in held.entries(other)].count("release.signed") == 1

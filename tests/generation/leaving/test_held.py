"""What somebody takes along is all of it: every order, the files handed out, what came in part."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actors import employee_actor
from generation.leaving import held
from generation.models import Shoot, State
from generation.ordering import orders
from generation.photos import uploads
from generation.storage import vault
from tests.world import World, bring, give_files, make_world, token

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


def test_the_files_of_a_headshot_are_in_it(world: World, client: Client) -> None:
    shoot = world.shoot(State.DELIVERED)
    give_files(shoot, ("portrait", "square"))
    archive = taken(client, shoot)
    files = [name for name in archive.namelist() if name.startswith("headshot/")]
    assert files == ["headshot/01-portrait.jpg", "headshot/02-square.jpg"]
    kept = [key for key in vault().keys(f"{shoot.folder}/headshots") if "square" in key]
    assert archive.read("headshot/02-square.jpg") == vault().read(kept[0])
    assert 'src="headshot/01-portrait.jpg"' in archive.read("index.html").decode()


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

"""Whoever leaves is in no wall and no ZIP that was made before, or is being made."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from accounts.actors import employee_actor
from generation.approving import alternatives, choosing
from generation.delivering import delivery, exports
from generation.finishing import wall_pictures, walls
from generation.finishing.walls import Wall
from generation.leaving import retention, withdrawals
from generation.models import Export, Headshot, Shoot, State
from generation.storage import vault
from tests.world import World, bring, give_files, give_initials, make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def two_of_an_order(world: World) -> tuple[Shoot, Shoot]:
    one, other = world.order(2).shoots.all()
    return bring(one, State.DELIVERED), bring(other, State.DELIVERED)


def wall(world: World, shoot: Shoot, kind: str) -> str:
    return taken_home(world, walls.of_order(shoot.order), kind)


def staff_wall(world: World, kind: str, department: str = "") -> str:
    return taken_home(world, walls.of_staff(world.organisation).only(department), kind)


def taken_home(world: World, found: Wall, kind: str) -> str:
    key, _ready = wall_pictures.asked_for(actor=world.actor, wall=found, kind=kind)
    wall_pictures.draw(wall=found, kind=kind, key=key)
    assert vault().exists(key)
    return key


def test_a_withdrawn_face_leaves_walls_and_zips(world: World, client: Client) -> None:
    gone, stays = two_of_an_order(world)
    for shoot in (gone, stays):
        give_files(shoot)
    type(gone.employee).objects.filter(pk=gone.employee_id).update(department="Design")
    drawn = [wall(world, gone, kind) for kind in wall_pictures.KINDS]
    drawn += [staff_wall(world, kind) for kind in wall_pictures.KINDS]
    drawn.append(staff_wall(world, "png", "Design"))
    elsewhere = wall(world, world.shoot(State.DELIVERED), "png")
    export = exports.begin(actor=world.actor, organisation=world.organisation, order=gone.order)
    exports.make(export_id=export.pk)
    export.refresh_from_db()
    assert vault().exists(export.file)
    withdrawals.withdraw(actor=employee_actor(gone.employee), shoot=gone)
    assert [key for key in (*drawn, export.file) if vault().exists(key)] == []
    assert vault().exists(elsewhere)
    again = Export.objects.get(pk=export.pk)
    assert (again.state, again.file) == (Export.State.FAILED, "")
    assert "left the order" in again.sentence
    client.force_login(world.owner)
    page = client.get(reverse("order", args=[world.organisation.slug, gone.order_id]))
    assert page.status_code == 200
    # What is asked for anew shows whoever is left.
    new = exports.begin(actor=world.actor, organisation=world.organisation, order=stays.order)
    exports.make(export_id=new.pk)
    new.refresh_from_db()
    assert (new.state, new.total) == (Export.State.READY, 1)
    wall(world, stays, "png")


def test_stepping_out_before_the_yes_leaves_the_wall(world: World) -> None:
    shoot = world.shoot(State.APPROVING)
    key = wall(world, bring(world.shoot(), State.DELIVERED), "png")
    folder = f"{world.organisation.pk}/walls/{shoot.order_id}"
    vault().put(f"{folder}/drawn.png", b"with their picture")
    choosing.opt_out(actor=employee_actor(shoot.employee), shoot=shoot)
    assert not list(vault().keys(folder))
    assert vault().exists(key)


def test_a_zip_that_was_being_packed_is_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, _stays = two_of_an_order(world)
    export = exports.begin(actor=world.actor, organisation=world.organisation, order=gone.order)
    files = delivery.files

    def packed_when_they_leave(**wanted: object) -> object:
        yield from files(**wanted)  # type: ignore[arg-type]
        withdrawals.withdraw(actor=employee_actor(gone.employee), shoot=gone)

    monkeypatch.setattr(delivery, "files", packed_when_they_leave)
    exports.make(export_id=export.pk)
    assert Export.objects.get(pk=export.pk).state == Export.State.FAILED
    assert not list(vault().keys(f"{world.organisation.pk}/exports"))


def test_a_wall_that_was_being_drawn_is_destroyed_by_the_sweep(world: World) -> None:
    gone, stays = two_of_an_order(world)
    late = wall(world, gone, "png")
    kept = vault().read(late)
    withdrawals.withdraw(actor=employee_actor(gone.employee), shoot=gone)
    vault().put(late, kept)
    hangs = wall(world, stays, "pdf")
    assert retention.sweep()["remains_cleared"] == 1
    assert not vault().exists(late)
    assert vault().exists(hangs)


def test_so_is_one_of_the_whole_staff_and_of_a_department(world: World) -> None:
    gone, _stays = two_of_an_order(world)
    type(gone.employee).objects.update(department="Design")
    late = [staff_wall(world, "png"), staff_wall(world, "png", "Design")]
    kept = [vault().read(key) for key in late]
    withdrawals.withdraw(actor=employee_actor(gone.employee), shoot=gone)
    for key, data in zip(late, kept, strict=True):
        vault().put(key, data)
    hangs = [staff_wall(world, "pdf"), staff_wall(world, "pdf", "Design")]
    assert retention.sweep()["remains_cleared"] == 2
    assert [key for key in late if vault().exists(key)] == []
    assert all(vault().exists(key) for key in hangs)


def test_the_sweep_keeps_a_wall_as_it_hangs_in_every_language_and_reads_nobody_without_one(
    world: World,
) -> None:
    gone, stays = two_of_an_order(world)
    withdrawals.withdraw(actor=employee_actor(gone.employee), shoot=gone)
    retention.sweep()
    with CaptureQueriesContext(connection) as without:
        retention.clear_remains()
    Headshot.objects.filter(shoot=stays).update(approved_at=None)  # So that it has a note.
    with translation.override("de"):
        german = wall(world, stays, "png")
    with CaptureQueriesContext(connection) as with_one:
        assert retention.clear_remains() == 0
    assert vault().exists(german)
    assert len(without) < len(with_one)
    assert not [q for q in without.captured_queries if "generation_headshot" in q["sql"]]


def test_a_picture_taken_back_leaves_the_wall(world: World) -> None:
    one, other = world.order(2).shoots.all()
    bring(other, State.DELIVERED)
    give_initials(one)
    key = wall(world, other, "png")
    alternatives.take_back(actor=employee_actor(one.employee), shoot=one)
    assert not vault().exists(key)

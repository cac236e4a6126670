"""Names that stay their people’s, and what is said of files that are not there."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Employee, Role
from generation.delivering import delivery, download_links, exports
from generation.finishing import finishes
from generation.models import (
    DownloadLink,
    Finish,
    Finishing,
    Headshot,
    Order,
    Rendition,
    Shoot,
    State,
)
from generation.ordering import orders
from generation.storage import vault
from tests.generation.delivering.test_delivery import archive, delivered
from tests.world import World, bring, give_files, give_initials

WHY = "The face is too close to the edge."


def rows(zipped: zipfile.ZipFile) -> dict[str, dict[str, str]]:
    found = csv.DictReader(io.StringIO(zipped.read("status.csv").decode("utf-8-sig")))
    return {row["employee number"]: row for row in found}


def names(order: Order) -> dict[str, str]:
    """The name of everybody’s file, by employee number."""
    parcel = delivery.pack(order=order)
    people = [(stem, picture.shoot) for stem, picture in (*parcel.named, *parcel.instead)]
    return {shoot.employee.employee_number: stem for stem, shoot in people}


def fail(shoot: Shoot) -> None:
    """The files of a headshot cannot be made."""
    headshot = Headshot.objects.select_related("candidate").get(shoot=shoot)
    Headshot.objects.filter(pk=headshot.pk).update(finishing=None)
    Finishing.objects.filter(headshot=headshot).delete()
    Finishing.objects.create(
        headshot=headshot,
        finish=finishes.of_order(shoot.order),
        candidate=headshot.candidate,
        state=Finishing.State.FAILED,
        sentence=WHY,
    )


def test_a_name_stays_its_persons_whoever_else_comes_and_goes(world: World) -> None:
    order = world.order(3)
    Employee.objects.filter(shoots__order=order).update(first_name="Jane", last_name="Doe")
    delivery.save_naming(actor=world.actor, order=order, pattern="{last}_{first}")
    first, second, third = order.shoots.order_by("pk")
    give_files(bring(second, State.DELIVERED))
    assert names(order) == {"1001": "Doe_Jane-2"}
    give_files(bring(first, State.DELIVERED))
    assert names(order) == {"1000": "Doe_Jane", "1001": "Doe_Jane-2"}
    give_initials(third)
    everybody = {"1000": "Doe_Jane", "1001": "Doe_Jane-2", "1002": "Doe_Jane-3"}
    assert names(order) == everybody
    # A headshot made anew is another row.
    Headshot.objects.filter(shoot=first).delete()
    give_files(first)
    assert names(order) == everybody
    # Who is added stands behind, whatever they are called and wherever the list would put them.
    (later,) = world.hire(1)
    Employee.objects.filter(pk=later.pk).update(first_name="Jane", last_name="Doe", email="a@a.aa")
    (added,) = orders.add_people(actor=world.actor, order=order, employees=[later])
    give_files(bring(added, State.DELIVERED))
    assert names(order) == {**everybody, "1003": "Doe_Jane-4"}
    # Nobody's name depends on whether somebody else's files leave.
    Shoot.objects.filter(pk=first.pk).update(state=State.WITHDRAWN)
    assert names(order)["1001"] == "Doe_Jane-2"


def test_more_people_take_no_more_queries(world: World) -> None:
    def asked(order: Order) -> int:
        order = Order.objects.select_related("look", "finish").get(pk=order.pk)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            delivery.pack(order=order)
        return len(queries)

    few, many = delivered(world, 1), delivered(world, 4)
    fail(many.shoots.first())
    assert asked(few) == asked(many)


def test_another_picture_never_stands_for_a_chosen_file(world: World) -> None:
    order = delivered(world, 3)
    _whole, broken, being_made = order.shoots.order_by("pk")
    fail(broken)
    Finishing.objects.filter(headshot__shoot=being_made).update(state=Finishing.State.WAITING)
    Headshot.objects.filter(shoot=being_made).update(finishing=None)
    zipped = archive(delivery.zip_order(actor=world.actor, order=order, wanted=["square"]))
    assert zipped.namelist() == ["status.csv", "Last000_First0_1000.jpg"]
    said = rows(zipped)
    assert said["1000"]["file"] == "Last000_First0_1000.jpg"
    assert said["1000"]["note"] == ""
    assert (said["1001"]["file"], said["1001"]["note"]) == (
        "",
        f"could not be made: square. {WHY}",
    )
    assert (said["1002"]["file"], said["1002"]["note"]) == ("", "still being made: square")
    # One that nobody has been given yet leaves out everybody.
    lone = archive(delivery.zip_order(actor=world.actor, order=order, wanted=["transparent"]))
    assert lone.namelist() == ["status.csv"]
    assert rows(lone)["1000"]["note"] == "still being made: transparent"
    parcel = delivery.pack(order=order, wanted=["square"])
    assert (parcel.ready, parcel.waiting, len(parcel.failed)) == (1, 1, 1)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.VIEWER])
def test_the_page_tells_failed_from_waiting_and_leads_to_both(
    world: World, client: Client, role: Role
) -> None:
    order = delivered(world, 8)
    broken = list(order.shoots.order_by("pk")[:7])
    client.force_login(world.member(role))
    where = reverse("order_delivery", args=[world.organisation.slug, order.pk])
    assert "could not be made" not in client.get(where).content.decode()
    for shoot in broken[:1]:
        fail(shoot)
    page = client.get(where).content.decode()
    assert "7 of 8 headshots are ready to leave" in page
    assert "Files of 1 person could not be made" in page
    assert WHY in page
    files = reverse("shoot_files", args=[world.organisation.slug, broken[0].pk])
    assert files in page
    assert ("Render them again" in page) is (role == Role.ADMIN)
    for shoot in broken[1:]:
        fail(shoot)
    page = client.get(where).content.decode()
    assert "1 of 8 headshots is ready to leave" in page
    assert page.count(WHY) == 5
    assert "2 more stand in the list" in page
    link = download_links.make(actor=world.actor, order=order, days=1)
    shared = Client().get(reverse("shared", args=[download_links.token(link)])).content.decode()
    assert "1 approved headshot with" in shared


def test_all_failed_is_said_and_is_not_nothing(world: World, client: Client) -> None:
    order = delivered(world, 1)
    fail(order.shoots.get())
    client.force_login(world.owner)
    where = reverse("order_delivery", args=[world.organisation.slug, order.pk])
    page = client.get(where).content.decode()
    assert "0 of 1 headshots are ready" in page
    assert WHY in page


def test_the_page_makes_a_link_for_some_renditions_and_says_which(
    world: World, client: Client
) -> None:
    order = delivered(world, 1)
    client.force_login(world.owner)
    where = [world.organisation.slug, order.pk]
    form = {"days": "7", "kinds_shown": "1", "note": "Printer"}
    make = reverse("download_link_make", args=where)
    refused = client.post(make, form)
    assert refused.status_code == 422
    assert "Tick what the link gives" in refused.content.decode()
    assert 'value="Printer"' in refused.content.decode()
    assert client.post(make, {**form, "kinds": ["square", "badge"]}).status_code == 302
    link = DownloadLink.objects.get()
    assert link.kinds == ["square", "badge"]
    page = client.get(reverse("order_delivery", args=where)).content.decode()
    assert "Square, Badge" in page
    every = [row.kind for row in delivery.kinds(order=order)]
    client.post(make, {**form, "kinds": every})
    assert DownloadLink.objects.latest("created_at").kinds == []
    page = client.get(reverse("order_delivery", args=where)).content.decode()
    assert page.count("All renditions") == 1
    zipped = archive(
        Client().get(reverse("shared_zip", args=[download_links.token(link)])).streaming_content
    )
    assert zipped.namelist() == ["status.csv", "square/Last000_First0_1000.jpg"]
    assert Rendition.objects.count() == 3


def without(order: Order, *removed: str) -> None:
    """The order's table loses some of its rows."""
    finish = Finish.objects.get(pk=finishes.of_order(order).pk)
    left = [row for row in finish.renditions if row["kind"] not in removed]
    Finish.objects.filter(pk=finish.pk).update(renditions=left)


def test_a_link_gives_what_is_left_of_its_renditions_and_says_what_went(
    world: World, client: Client
) -> None:
    order = delivered(world, 1)
    link = download_links.make(
        actor=world.actor, order=order, days=7, wanted=["square", "badge"], note="Printer"
    )
    without(order, "badge")
    stranger, token = Client(), download_links.token(link)
    shown = stranger.get(reverse("shared", args=[token]))
    assert shown.status_code == 200
    assert "Not made any more, and left out: Badge." in shown.content.decode()
    answer = stranger.get(reverse("shared_zip", args=[token]))
    assert answer.status_code == 200
    zipped = archive(answer.streaming_content)
    # Where it lay before.
    assert zipped.namelist() == ["status.csv", "square/Last000_First0_1000.jpg"]
    (row,) = rows(zipped).values()
    assert row["note"] == "not made any more: badge"
    client.force_login(world.owner)
    where = reverse("order_delivery", args=[world.organisation.slug, order.pk])
    assert "Not made any more, and left out: Badge." in client.get(where).content.decode()
    link.refresh_from_db()
    assert link.used == 1

    without(order, "square")
    shown = stranger.get(reverse("shared", args=[token])).content.decode()
    assert "are not made any more. Ask whoever sent it" in shown
    assert reverse("shared_zip", args=[token]) not in shown
    assert stranger.get(reverse("shared_zip", args=[token])).status_code == 410
    assert "so the link gives nothing" in client.get(where).content.decode()
    # What gave nothing was not fetched.
    link.refresh_from_db()
    assert link.used == 1


def test_an_export_packs_what_is_left_of_its_renditions(world: World) -> None:
    order = delivered(world, 1)
    export, none_left = (
        exports.begin(
            actor=world.actor, organisation=world.organisation, order=order, wanted=wanted
        )
        for wanted in (["square", "badge"], ["badge"])
    )
    without(order, "badge")
    for each in (export, none_left):
        exports.make(export_id=each.pk)
        each.refresh_from_db()
    assert export.state == "ready"
    with zipfile.ZipFile(io.BytesIO(vault().read(export.file))) as packed:
        assert packed.namelist() == ["status.csv", "square/Last000_First0_1000.jpg"]
        assert [row["note"] for row in rows(packed).values()] == ["not made any more: badge"]
    assert none_left.state == "failed"
    assert "what was chosen any more: badge" in none_left.sentence

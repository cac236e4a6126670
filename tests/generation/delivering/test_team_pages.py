"""The public team page: those who agreed, no one else, and framed by the sites named alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actors import SYSTEM
from accounts.models import AuditEntry, Employee
from generation.delivering import team_pages
from generation.finishing import finishes, rendition_table
from generation.models import State, TeamConsent
from headshots.lib.problems import Problem
from tests.browser.queue import drain
from tests.generation.sitters import sit_roster
from tests.world import World, bring, give_files, give_initials, token


def test_who_agreed_is_shown_until_they_take_it_back(world: World) -> None:
    finishes.save_finish(
        actor=SYSTEM,
        organisation=world.organisation,
        look_name=world.look.name,
        plate=None,
        renditions=[rendition_table.Row("portrait", 200, 250)],
    )
    one, other = sit_roster(world, 2)
    Employee.objects.filter(pk=one.employee_id).update(title="Surveyor")
    drain()
    page = team_pages.publish(actor=SYSTEM, of=one.order, sites=["https://www.Example.com/"])
    guest = Client()
    address = reverse("team", args=[page.key])
    assert one.employee.name not in guest.get(address).content.decode()

    guest.post(reverse("employee:team_page", args=[token(one)]), {"agreed": "1"})
    shown = guest.get(address)
    assert one.employee.name in shown.content.decode()
    assert "Surveyor" in shown.content.decode()
    assert other.employee.name not in shown.content.decode()
    assert "frame-ancestors https://www.example.com" in shown["Content-Security-Policy"]
    assert "X-Frame-Options" not in shown
    assert "frame-ancestors 'none'" in guest.get("/")["Content-Security-Policy"]
    (person,) = team_pages.people(page)
    picture = reverse("team_picture", args=[page.key, person.picture.pk])
    assert guest.get(picture)["Content-Type"] == "image/jpeg"

    guest.post(reverse("employee:team_page", args=[token(one)]))
    assert one.employee.name not in guest.get(address).content.decode()
    assert guest.get(picture).status_code == 404

    team_pages.withdraw(actor=SYSTEM, of=one.order)
    assert guest.get(address).status_code == 404


def test_taken_off_and_published_again_the_page_is_where_others_embed_it(world: World) -> None:
    order = world.order(1)
    address = reverse("team", args=[team_pages.publish(actor=SYSTEM, of=order, sites=[]).key])
    owner, guest = Client(), Client()
    owner.force_login(world.owner)
    place = {"slug": world.organisation.slug, "order_id": order.pk}
    act = reverse("team_page_publish", kwargs=place)
    bring(order.shoots.get(), State.APPROVING)

    owner.post(act, {"act": "withdraw"})
    assert guest.get(address).status_code == 404
    wall = owner.get(reverse("order_wall", kwargs=place)).content.decode()
    assert address not in wall
    assert "Publish the page" in wall
    assert "Take it off" not in wall
    # Off is off: a second time changes nothing and is no act.
    owner.post(act, {"act": "withdraw"})
    acts = AuditEntry.objects.filter(organisation=world.organisation)
    assert acts.filter(action="team_page.withdrawn").count() == 1

    owner.post(act, {"sites": "https://www.example.com"})
    shown = guest.get(address)
    assert shown.status_code == 200
    assert "frame-ancestors https://www.example.com" in shown["Content-Security-Policy"]


def test_on_the_staffs_page_stands_everybody_once_with_the_newest_they_agreed_to(
    world: World,
) -> None:
    first, other, left = world.order(3).shoots.order_by("employee__email")
    newer = world.order(employees=[first.employee]).shoots.get()
    owner, guest = Client(), Client()
    owner.force_login(world.owner)
    act = reverse("staff_team_page_publish", args=[world.organisation.slug])
    wall = reverse("staff_wall", args=[world.organisation.slug])
    for shoot in (first, other, left, newer):
        give_files(bring(shoot, State.DELIVERED))
    owner.post(act, {"sites": "https://www.example.com"})
    page = team_pages.pages(world.organisation).get()
    address = reverse("team", args=[page.key])
    assert address in owner.get(wall).content.decode()
    assert team_pages.people(page) == []

    for shoot in (first, left):
        team_pages.agree(actor=SYSTEM, shoot=shoot)
    Employee.objects.filter(pk=left.employee_id).update(status=Employee.Status.LEFT)
    (shown,) = team_pages.people(page)
    assert f"{first.pk}/" in shown.file
    team_pages.agree(actor=SYSTEM, shoot=newer)
    (again,) = team_pages.people(page)
    assert f"{newer.pk}/" in again.file
    # The picture of before is nobody's on this page any more.
    old, new = (reverse("team_picture", args=[page.key, s.picture.pk]) for s in (shown, again))
    assert guest.get(old).status_code == 404
    assert guest.get(new)["Content-Type"] == "image/jpeg"
    assert first.employee.name in guest.get(address).content.decode()
    assert team_pages.agreed(world.organisation) == 1

    # An order's page is another one.
    assert not team_pages.pages(first.order).exists()
    owner.post(act, {"act": "withdraw"})
    assert guest.get(address).status_code == 404


def test_whoever_has_left_the_company_stands_on_no_orders_page(world: World) -> None:
    order = world.order(3)
    stays, left, gave = order.shoots.order_by("employee__email")
    for shoot in (stays, left):
        give_files(bring(shoot, State.DELIVERED))
    give_initials(gave)
    for shoot in (stays, left, gave):
        team_pages.agree(actor=SYSTEM, shoot=shoot)
    page = team_pages.publish(actor=SYSTEM, of=order, sites=[])
    assert (len(team_pages.people(page)), team_pages.agreed(order)) == (3, 3)
    pictures = {shown.name: shown.picture.pk for shown in team_pages.people(page)}

    gone = [left.employee, gave.employee]
    Employee.objects.filter(pk__in=[person.pk for person in gone]).update(
        status=Employee.Status.LEFT
    )
    assert [shown.name for shown in team_pages.people(page)] == [stays.employee.name]
    assert team_pages.agreed(order) == 1
    guest = Client()
    shown = guest.get(reverse("team", args=[page.key])).content.decode()
    for person in gone:
        assert person.name not in shown
        address = reverse("team_picture", args=[page.key, pictures[person.name]])
        assert guest.get(address).status_code == 404


def test_who_opted_out_may_stand_there_with_what_they_gave_and_is_said_to(world: World) -> None:
    order = world.order(2)
    one, other = order.shoots.all()
    page = team_pages.publish(actor=SYSTEM, of=order, sites=[])
    bring(one, State.APPROVING)
    guest = Client()
    guest.post(reverse("employee:team_page", args=[token(one)]), {"agreed": "1"})
    for shoot in (one, other):
        give_initials(shoot)
    # The yes of before was to a headshot.
    assert team_pages.people(page) == []

    own = guest.get(reverse("employee:start", args=[token(one)])).content.decode()
    assert "Yes, show me" in own
    guest.post(reverse("employee:team_page", args=[token(one)]), {"agreed": "1"})
    shown = guest.get(reverse("team", args=[page.key])).content.decode()
    assert one.employee.name in shown
    assert "Initials" in shown
    assert other.employee.name not in shown
    assert "computer model" not in shown
    (person,) = team_pages.people(page)
    picture = reverse("team_picture", args=[page.key, person.picture.pk])
    assert guest.get(picture).content.startswith(b"\xff\xd8\xff")

    guest.post(reverse("employee:instead", args=[token(one)]), {"kind": "nothing"})
    assert guest.get(picture).status_code == 404
    assert team_pages.people(page) == []


def test_a_picture_of_the_page_reads_the_rows_of_nobody_else(
    world: World, django_assert_num_queries: Any
) -> None:
    order = world.order(4)
    (one, two), (three, four) = order.shoots.all()[:2], order.shoots.all()[2:]
    files = {
        shoot: give_files(bring(shoot, State.DELIVERED), ("portrait",)) for shoot in (one, two)
    }
    other = give_files(one, ("avatar",))
    given = {shoot: give_initials(shoot) for shoot in (three, four)}
    for shoot in (one, three):
        TeamConsent.objects.create(shoot=shoot)
    page = team_pages.publish(actor=SYSTEM, of=order, sites=[])
    guest = Client()

    def status(picture: UUID) -> int:
        return guest.get(reverse("team_picture", args=[page.key, picture])).status_code

    assert {shown.picture.pk for shown in team_pages.people(page)} == {
        files[one].pk,
        given[three].pk,
    }
    # The page; the headshot and its files. The page; no headshot; what was given.
    for picture in (files[one].pk, given[three].pk):
        with django_assert_num_queries(3) as asked:
            assert status(picture) == 200
        assert picture.hex in asked.captured_queries[1]["sql"]
    for hidden in (files[two].pk, given[four].pk, other.pk, uuid4()):
        assert status(hidden) == 404


@pytest.mark.parametrize("site", ["http://a.example", "https://*", "https://a b", "'self'"])
def test_what_is_no_site_is_refused(world: World, site: str) -> None:
    order = world.order(1)
    with pytest.raises(Problem, match="is no site"):
        team_pages.publish(actor=SYSTEM, of=order, sites=[site])

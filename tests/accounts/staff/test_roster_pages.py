"""The roster's pages: finding people among many, acting on some, a file's three steps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, Employee, Role, RosterImport
from accounts.staff.roster import import_roster, read_roster
from headshots.lib.tables import read_table
from tests.browser.queue import drain, forget
from tests.world import World, make_world

STAFF = (
    "Email,Number,First name,Last name,Preferred name,Title,Department,Location,Language\n"
    "ada@x.example,1,Ada,Lovelace,,Engineer,Product,London,en\n"
    "bob@x.example,2,Robert,Bauer,Bob,Designer,Product,Berlin,de\n"
    "cleo@x.example,3,Cleo,Curie,,Seller,Sales,Berlin,\n"
)


def put(world: World, text: str = STAFF) -> list[Employee]:
    return import_roster(
        actor=world.actor,
        organisation=world.organisation,
        roster=read_roster(data=text.encode(), filename="staff.csv"),
    ).employees


@pytest.fixture
def admin(world: World, client: Client) -> Client:
    client.force_login(world.owner)
    return client


def at(world: World, route: str = "roster", **more: Any) -> str:
    return reverse(route, kwargs={"slug": world.organisation.slug, **more})


def found(client: Client, world: World, **words: str) -> list[str]:
    page = client.get(at(world), words).context["page"]
    return [person.first_name for person in page]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ({}, ["Robert", "Cleo", "Ada"]),
        ({"q": "bob"}, ["Robert"]),
        ({"q": "product lovelace"}, ["Ada"]),
        ({"q": "nobody"}, []),
        ({"department": "Product"}, ["Robert", "Ada"]),
        ({"department": "Product", "location": "Berlin"}, ["Robert"]),
        ({"sort": "location"}, ["Robert", "Cleo", "Ada"]),
        ({"sort": "email"}, ["Ada", "Robert", "Cleo"]),
        ({"status": "left"}, []),
        ({"status": "nonsense", "sort": "password", "page": "x", "q": "\x00"}, None),
    ],
)
def test_people_are_found(
    admin: Client, world: World, words: dict[str, str], names: list[str] | None
) -> None:
    put(world)
    put(make_world("Other"), STAFF.replace("@x", "@y"))
    assert found(admin, world, **words) == (
        names or (["Robert", "Cleo", "Ada"] if names is None else [])
    )


def own(world: World) -> None:
    """Some of the staff have attributes of their own, one of them by the name of a number."""
    put(world)
    for name, attributes in (
        ("Ada", {"Cost centre": "CC-100%", "2026": "Yes", "Floor": "3", "Desk": 'A\\7 "é"'}),
        ("Robert", {"Cost centre": "cc-1000", "Floor": "33"}),
    ):
        Employee.objects.filter(first_name=name).update(attributes=attributes)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ({"q": "cc-100"}, ["Robert", "Ada"]),
        ({"q": "cc-100%"}, ["Ada"]),
        ({"q": "product cc-1000"}, ["Robert"]),
        ({"q": "centre"}, []),
        ({"q": '\\7 "É"'}, ["Ada"]),
        ({"language": "de"}, ["Robert"]),
        ({"language": "none"}, ["Cleo"]),
        ({"language": "xx"}, ["Robert", "Cleo", "Ada"]),
        ({"attribute": "Floor"}, ["Robert", "Ada"]),
        ({"attribute": "Floor", "attribute_value": "3"}, ["Ada"]),
        ({"attribute": "2026", "attribute_value": "yes"}, ["Ada"]),
        ({"attribute": "floor"}, []),
        ({"attribute": "Floor'; --", "attribute_value": "3"}, []),
        ({"attribute_value": "3"}, ["Robert", "Cleo", "Ada"]),
        ({"attribute": "Floor", "language": "en", "q": "lovelace"}, ["Ada"]),
    ],
)
def test_people_are_found_by_what_is_their_organisations_own(
    admin: Client, world: World, words: dict[str, str], names: list[str]
) -> None:
    own(world)
    assert found(admin, world, **words) == names
    listed = admin.get(at(world, "order_people"), words).context["people"]
    assert [person.first_name for person in listed] == names


def test_what_the_filter_offers_is_what_there_is(admin: Client, world: World) -> None:
    own(world)
    other = put(make_world("Other"), STAFF.replace("@x", "@y"))
    Employee.objects.filter(pk=other[0].pk).update(attributes={"Secret": "x", "Floor": "9"})
    page = admin.get(at(world), {"attribute": "Floor", "attribute_value": "33", "page": "1"})
    assert page.context["offered"].attributes == ["2026", "Cost centre", "Desk", "Floor"]
    assert page.context["attribute_values"] == ["3", "33"]
    text = page.content.decode()
    assert "<option selected>Floor</option>" in text
    assert 'name="attribute_value" value="33"' in text
    assert 'data-find="attribute"' in admin.get(at(world, "order_new")).content.decode()


def test_a_filter_goes_along_with_everybody_it_finds(admin: Client, world: World) -> None:
    own(world)
    words = {"attribute": "Floor", "attribute_value": "33", "language": "de"}
    page = admin.get(at(world), words).content.decode()
    for name, value in words.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in page
    answer = admin.post(at(world, "roster_act"), {**words, "act": "export", "everybody": "1"})
    (row,) = read_table(answer.content, "roster.csv").rows
    assert row.cells[0] == "bob@x.example"
    answer = admin.post(at(world, "roster_act"), {**words, "act": "order", "everybody": "1"})
    bob = Employee.objects.get(first_name="Robert")
    assert admin.get(answer["Location"]).context["chosen"] == {bob.pk}
    every = admin.get(at(world, "order_people"), {**words, "all": "1"}).json()
    assert every == {"employees": [bob.pk.hex]}


def test_pages_of_fifty_ask_as_often_at_ten_thousand(admin: Client, world: World) -> None:
    counts = []
    for people in (60, 10_000):
        put(
            world,
            "Email,Department\n" + "".join(f"p{n}@x.example,D{n % 7}\n" for n in range(people)),
        )
        Employee.objects.update(attributes={"Floor": "3", "Cost centre": "C1"})
        with CaptureQueriesContext(connection) as captured:
            page = admin.get(
                at(world),
                {"q": "example c1", "department": "D1", "attribute": "Floor"},
            ).context["page"]
        assert len(page.object_list) == min(50, page.paginator.count)
        counts.append(len(captured))
    assert page.paginator.count > 1000
    assert counts[0] == counts[1] <= 10


def test_people_who_are_chosen_are_ticked_on_a_new_order(admin: Client, world: World) -> None:
    ada, bob, _ = put(world)
    answer = admin.post(at(world, "roster_act"), {"act": "order", "employees": [ada.pk, bob.pk]})
    chosen = admin.get(answer["Location"]).context["chosen"]
    assert chosen == {ada.pk, bob.pk}
    answer = admin.post(
        at(world, "roster_act"), {"act": "order", "everybody": "1", "location": "Berlin"}
    )
    assert len(admin.get(answer["Location"]).context["chosen"]) == 2
    page = admin.get(at(world, "order_new"), {"employees": "no-identifier,\x00"})
    assert page.context["chosen"] == set()


def test_whoever_left_is_no_longer_offered_and_may_come_back(admin: Client, world: World) -> None:
    ada, *_ = put(world)
    admin.post(at(world, "roster_act"), {"act": "left", "employees": [ada.pk]})
    assert "Ada" not in found(admin, world)
    assert found(admin, world, status="left") == ["Ada"]
    people = admin.get(at(world, "order_new")).context["people"]
    assert "Ada" not in {person.first_name for person in people}
    answer = admin.post(
        at(world, "order_new"),
        {
            "look": world.look.pk,
            "due": str(timezone.localdate() + timedelta(days=30)),
            "employees": [ada.pk],
        },
    )
    assert "no longer on the roster" in answer.context["problem"].sentence
    admin.post(at(world, "roster_act"), {"act": "back", "employees": [ada.pk]})
    assert "Ada" in found(admin, world)
    actions = AuditEntry.objects.filter(action__startswith="employees.").values_list("action")
    assert {action for (action,) in actions} == {"employees.left", "employees.returned"}


def test_nobody_elses_people_are_acted_on(admin: Client, world: World) -> None:
    other = put(make_world("Other"))
    answer = admin.post(at(world, "roster_act"), {"act": "left", "employees": [other[0].pk]})
    assert answer.status_code == 422
    other[0].refresh_from_db()
    assert other[0].status == "active"


def test_the_export_comes_back_unchanged_and_runs_nothing(admin: Client, world: World) -> None:
    put(world, STAFF + "eve@x.example,4,=HYPERLINK(1),Ek,,,,,\n")
    Employee.objects.filter(first_name="Ada").update(attributes={"Cost centre": "C1"})
    answer = admin.post(at(world, "roster_act"), {"act": "export", "everybody": "1"})
    assert answer["Content-Type"].startswith("text/csv")
    assert b"\"'=HYPERLINK" in answer.content
    table = read_table(answer.content, "roster.csv")
    assert [*table.headers][-1] == "Cost centre"
    assert len(table.rows) == 4
    again = import_roster(
        actor=world.actor,
        organisation=world.organisation,
        roster=read_roster(data=answer.content, filename="roster.csv"),
    )
    assert (again.added, again.changed, again.unchanged) == (0, 0, 4)
    assert AuditEntry.objects.filter(action="roster.exported").exists()


PERSON = {"email": "New@x.example", "first_name": "Nia", "language": "fr", "employee_number": "9"}


def test_somebody_is_added_and_mended_by_hand(admin: Client, world: World) -> None:
    put(world)
    own = {"attribute_name": ["Cost centre", ""], "attribute": ["C1", ""]}
    assert admin.post(at(world, "employee_add"), PERSON | own).status_code == 302
    nia = Employee.objects.get(email="new@x.example")
    assert (nia.language, nia.attributes) == ("fr", {"Cost centre": "C1"})
    url = at(world, "employee", employee_id=nia.pk)
    assert b"Cost centre" in admin.get(url).content
    admin.post(
        url, PERSON | {"title": "Boss", "attribute_name": ["Cost centre"], "attribute": [""]}
    )
    nia.refresh_from_db()
    assert (nia.title, nia.attributes) == ("Boss", {})
    changed = AuditEntry.objects.get(action="employee.changed")
    assert changed.details == {"fields": "title, attributes"}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "ADA@x.example"}, "email"),
        ({"employee_number": "1"}, "employee_number"),
        ({"language": "xx"}, "language"),
        ({"title": "x" * 151}, "title"),
        ({"attribute": ["only a value"], "attribute_name": [""]}, "attribute_name"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_lost(
    admin: Client, world: World, said: dict[str, Any], field: str
) -> None:
    put(world)
    answer = admin.post(at(world, "employee_add"), PERSON | said)
    assert answer.status_code == 422
    assert answer.context["problem"].field == field
    assert answer.context["values"]["first_name"] == "Nia"
    assert Employee.objects.count() == 3


def test_a_file_goes_its_three_steps(admin: Client, world: World, tmp_path: Any) -> None:
    file = tmp_path / "staff.csv"
    file.write_text(STAFF.replace("cleo@x.example", "no address"))
    with file.open("rb") as stream:
        answer = admin.post(at(world, "roster_upload"), {"file": stream}, follow=True)
    meanings = answer.context["import"].meanings
    assert meanings[:4] == ["email", "employee_number", "first_name", "last_name"]
    url = answer.redirect_chain[-1][0]
    wrong = admin.post(url, {"meaning": ["email", "email", *meanings[2:]]})
    assert wrong.status_code == 422
    # What was chosen is still chosen.
    assert [column["meaning"] for column in wrong.context["columns"]][:2] == ["email", "email"]
    answer = admin.post(url, {"meaning": meanings}, follow=True)
    assert "is no e-mail address" in answer.content.decode()
    assert not Employee.objects.exists()
    answer = admin.post(url + "/apply", follow=True)
    assert "<h1>Applied</h1>" in answer.content.decode()
    assert Employee.objects.count() == 2
    assert admin.post(url + "/apply").status_code == 409


def test_the_second_of_two_administrators_is_shown_what_changed(world: World) -> None:
    put(world)
    pages = []
    for user, title in ((world.member(Role.ADMIN), "Boss"), (world.owner, "Chief")):
        client = Client()
        client.force_login(user)
        file = world.roster_file(f"Email,Title\nada@x.example,{title}\nbob@x.example,Painter\n")
        url = at(world, "roster_import", import_id=file.pk)
        client.post(url, {"meaning": ["email", "title"]})
        pages.append((client, url, user))
    (first, there, early), (second, here, _) = pages
    assert first.post(there + "/apply", follow=True).status_code == 200
    shown = second.post(here + "/apply", follow=True).content.decode()
    assert "Nothing has been applied" in shown
    assert f"{early} changed the roster" in shown
    assert "Otherwise than you saw" in shown
    assert "<del>Boss</del>" in shown
    assert Employee.objects.get(email="ada@x.example").title == "Boss"
    assert "<h1>Applied</h1>" in second.post(here + "/apply", follow=True).content.decode()
    assert Employee.objects.get(email="ada@x.example").title == "Chief"


def test_a_long_file_shows_how_far_it_is_and_leads_on(admin: Client, world: World) -> None:
    text = "Email\n" + "".join(f"p{n}@x.example\n" for n in range(400))
    file = world.roster_file(text)
    url = at(world, "roster_import", import_id=file.pk)
    admin.post(url, {"meaning": ["email"]})
    part = admin.get(url + "/live")
    assert "0 of 400 rows" in part.content.decode()
    assert "HX-Redirect" not in part
    drain()
    assert admin.get(url + "/live")["HX-Redirect"] == url
    assert admin.get(url).context["counts"]["new"] == 400


def test_a_heavy_file_shows_how_much_is_read_and_leads_to_its_columns(
    admin: Client, world: World
) -> None:
    text = "Email,Note\n" + "".join(f"p{n}@x.example,{'long ' * 10}\n" for n in range(5_000))
    file = world.roster_file(text)
    url = at(world, "roster_import", import_id=file.pk)
    assert "Reading the file" in admin.get(url).content.decode()
    RosterImport.objects.filter(pk=file.pk).update(done=1500)
    part = admin.get(url + "/live")
    assert "1,500" in part.content.decode()
    assert "HX-Redirect" not in part
    # Its message was lost: it can be asked for once more.
    forget("default")
    RosterImport.objects.filter(pk=file.pk).update(updated_at=timezone.now() - timedelta(minutes=2))
    assert "Read it again" in admin.get(url + "/live").content.decode()
    admin.post(url)
    drain()
    assert admin.get(url + "/live")["HX-Redirect"] == url
    assert len(admin.get(url).context["columns"]) == 2


def test_a_heavy_file_that_is_no_table_says_so_where_it_was_chosen(
    admin: Client, world: World
) -> None:
    file = world.roster_file("Email,Email\n" + "p@x.example,q\n" * 20_000)
    drain()
    page = admin.get(at(world, "roster_import", import_id=file.pk)).content.decode()
    assert "is there twice" in page
    assert 'type="file"' in page


def test_a_file_that_is_forgotten_is_gone(admin: Client, world: World) -> None:
    file = world.roster_file()
    admin.post(at(world, "roster_import_discard", import_id=file.pk))
    assert not RosterImport.objects.exists()

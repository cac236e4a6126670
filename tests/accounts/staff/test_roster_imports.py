"""A roster file waits for “apply”; what it will do is said first, and done all at once."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import AuditEntry, Change, Employee, RosterImport
from accounts.staff import roster_changes, roster_imports, roster_reading, roster_rows
from accounts.staff.roster_columns import CHOICES, checked, guess
from headshots.lib.problems import Problem
from headshots.lib.storage import vault
from headshots.lib.tables import Row, Table
from tests.world import World

FILE = (
    "Email,Employee number,First name,Last name,Title,Department,Cost centre\n"
    "ada@x.example,1,Ada,Lovelace,Engineer,Product,C1\n"
    "bob@x.example,2,Bob,Bauer,Designer,Product,C2\n"
)


def upload(world: World, text: str | bytes, name: str = "staff.csv") -> RosterImport:
    data = text.encode() if isinstance(text, str) else text
    return roster_reading.start_import(
        actor=world.actor, organisation=world.organisation, data=data, filename=name
    )


def preview(world: World, text: str, *, leavers: bool = False, **meanings: str) -> RosterImport:
    """A checked file; `meanings` by header with underlines for blanks, over the guess."""
    found = upload(world, text)
    if found.state == "reading":
        roster_reading.read_import(import_id=found.pk)
        found.refresh_from_db()
    chosen = [
        meanings.get(header.replace(" ", "_"), meaning)
        for header, meaning in zip(found.headers, found.meanings, strict=True)
    ]
    return roster_imports.map_columns(
        actor=world.actor, roster_import=found, meanings=chosen, mark_leavers=leavers
    )


def apply(world: World, found: RosterImport) -> roster_imports.Applied:
    return roster_imports.apply_import(actor=world.actor, roster_import=found)


def counts(found: RosterImport) -> dict[str, int]:
    found.refresh_from_db()
    return {name: count for name, count in found.counts.items() if count}


def staff() -> set[str]:
    return set(Employee.objects.filter(status="active").values_list("email", flat=True))


def test_nothing_is_written_before_apply_and_all_of_it_then(world: World) -> None:
    found = preview(world, FILE, Cost_centre="attribute")
    assert found.state == "ready"
    assert counts(found) == {"new": 2}
    assert not Employee.objects.exists()
    assert apply(world, found).done
    ada = Employee.objects.get(email="ada@x.example")
    assert (ada.name, ada.title, ada.attributes) == (
        "Ada Lovelace", "Engineer", {"Cost centre": "C1"},
    )  # fmt: skip
    entry = AuditEntry.objects.get(action="roster.imported")
    assert (entry.actor_name, entry.details["added"]) == (str(world.owner), 2)


def test_the_same_file_again_changes_nothing(world: World) -> None:
    apply(world, preview(world, FILE, Cost_centre="attribute"))
    before = list(Employee.objects.order_by("pk").values())
    # What the columns were is remembered, own attributes included.
    again = preview(world, FILE)
    assert counts(again) == {"unchanged": 2}
    apply(world, again)
    assert list(Employee.objects.order_by("pk").values()) == before


def test_a_change_says_what_was_and_what_becomes(world: World) -> None:
    apply(world, preview(world, FILE, Cost_centre="attribute"))
    found = preview(world, FILE.replace("Designer", "Head of Design").replace("C2", "C9"))
    line = found.lines.get(change=Change.CHANGED)
    assert (line.number, line.before) == (
        3, {"title": "Designer", "attributes": {"Cost centre": "C2"}},
    )  # fmt: skip
    apply(world, found)
    bob = Employee.objects.get(email="bob@x.example")
    assert (bob.title, bob.attributes["Cost centre"]) == ("Head of Design", "C9")


def test_an_empty_cell_or_a_missing_column_takes_nothing_away(world: World) -> None:
    apply(world, preview(world, FILE))
    apply(world, preview(world, "Email,Title\nada@x.example,\nbob@x.example,Boss\n"))
    assert set(Employee.objects.values_list("email", "title", "department")) == {
        ("ada@x.example", "Engineer", "Product"),
        ("bob@x.example", "Boss", "Product"),
    }


def test_a_new_address_is_recognised_by_the_employee_number(world: World) -> None:
    apply(world, preview(world, FILE))
    ada = Employee.objects.get(employee_number="1")
    found = preview(world, FILE.replace("ada@x", "ada.king@x").replace("Lovelace", "King"))
    assert found.lines.get(change=Change.CHANGED).before == {
        "email": "ada@x.example",
        "last_name": "Lovelace",
    }
    apply(world, found)
    ada.refresh_from_db()
    assert ada.email == "ada.king@x.example"


def test_a_number_of_somebody_who_is_in_the_file_too_is_a_problem(world: World) -> None:
    apply(world, preview(world, FILE))
    found = preview(world, FILE + "eve@x.example,2,Eve,Ek,,,\n")
    refused = found.lines.get(change=Change.REFUSED)
    assert refused.number == 4
    (column, sentence, fatal) = refused.problems[0]
    assert (column, fatal) == ("employee_number", True)
    assert "row 3" in sentence.lower()


def test_every_problem_has_row_and_column(world: World) -> None:
    found = preview(
        world,
        "Email,Number,Name,Sprache,Team\n"
        f"nobody,1,A,Klingon,{'x' * 101}\n"
        "b@x.example,2,B,Klingon,Ops\n"
        "b@x.example,2,C,,\n"
        "d@x.example,4,D,deutsch,,too,many\n",
    )
    told = {
        line.number: {column for column, _, _ in line.problems}
        for line in found.lines.all()
        if line.problems
    }
    assert told == {
        2: {"email", "language", "department"},
        3: {"language"},
        4: {"email", "employee_number"},
        5: {""},
    }
    # A language that is not ours does not cost the row.
    assert counts(found) == {"new": 1, "refused": 3}


def test_leavers_leave_only_when_asked_and_may_return(world: World) -> None:
    apply(world, preview(world, FILE))
    only_ada = "\n".join(FILE.splitlines()[:2]) + "\n"
    assert counts(preview(world, only_ada)) == {"unchanged": 1}
    found = preview(world, only_ada, leavers=True)
    assert counts(found) == {"unchanged": 1, "leaves": 1}
    apply(world, found)
    assert staff() == {"ada@x.example"}
    assert Employee.objects.get(email="bob@x.example").left_at
    back = preview(world, FILE)
    assert counts(back) == {"unchanged": 1, "changed": 1}
    apply(world, back)
    assert staff() == {"ada@x.example", "bob@x.example"}


def test_a_row_that_is_left_out_makes_nobody_a_leaver(world: World) -> None:
    apply(world, preview(world, FILE))
    broken = FILE.replace("Bauer", "B" * 101)
    assert counts(preview(world, broken, leavers=True)) == {"unchanged": 1, "refused": 1}
    nameless = FILE.replace("bob@x.example,2", ",")
    found = preview(world, nameless, leavers=True)
    assert counts(found) == {"unchanged": 1, "refused": 1}
    assert "Nobody is marked as having left" in found.message


def test_the_second_administrator_sees_what_changed_since(world: World) -> None:
    apply(world, preview(world, FILE))
    mine = preview(world, FILE.replace("Engineer", "Chief"))
    other = preview(world, FILE.replace("Engineer", "Director").replace("Designer", "Painter"))
    assert apply(world, other).done
    result = apply(world, mine)
    assert (result.done, result.moved) == (False, 2)
    assert Employee.objects.get(email="ada@x.example").title == "Director"
    mine.refresh_from_db()
    assert str(world.owner) in mine.message
    moved = {line.number: line.before for line in mine.lines.filter(moved=True)}
    assert moved == {2: {"title": "Director"}, 3: {"title": "Painter"}}
    # Having seen it, they may go on.
    assert apply(world, mine).done
    assert Employee.objects.get(email="ada@x.example").title == "Chief"


def test_a_change_elsewhere_stands_in_nobodys_way(world: World) -> None:
    apply(world, preview(world, FILE))
    mine = preview(world, "Email,Title\nada@x.example,Chief\n")
    apply(world, preview(world, "Email,Title\nbob@x.example,Painter\n"))
    assert apply(world, mine).done


def test_a_roster_that_stood_still_is_not_compared_again(world: World) -> None:
    apply(world, preview(world, FILE, Cost_centre="attribute"))
    Employee.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    only_ada = "\n".join(FILE.splitlines()[:2]).replace("Engineer", "Chief").replace("C1", "C3")
    found = preview(world, only_ada + "\n", leavers=True)
    assert apply(world, found).done
    ada = Employee.objects.get(email="ada@x.example")
    assert (ada.title, ada.attributes, staff()) == ("Chief", {"Cost centre": "C3"}, {ada.email})


def test_a_file_is_applied_once(world: World) -> None:
    found = preview(world, FILE)
    apply(world, found)
    with pytest.raises(Problem, match="already"):
        apply(world, found)
    with pytest.raises(Problem, match="already"):
        roster_imports.map_columns(
            actor=world.actor, roster_import=found, meanings=found.meanings, mark_leavers=False
        )
    found.refresh_from_db()
    assert found.table is None


def test_an_old_check_counts_no_more(world: World, settings: Any) -> None:
    found = preview(world, FILE)
    RosterImport.objects.filter(pk=found.pk).update(state="checking", run=5)
    roster_imports.check_import(import_id=found.pk, run=4)
    found.refresh_from_db()
    assert found.state == "checking"
    roster_imports.check_import(import_id=found.pk, run=5)
    found.refresh_from_db()
    assert found.state == "ready"


def test_columns_that_do_not_go_together(world: World) -> None:
    found = upload(world, "Email,Mail,Nick\na@x.example,b@x.example,A\n")
    assert found.meanings == ["email", "", ""]
    for meanings, sentence in (
        (["", "", "title"], "which column has the e-mail"),
        (["email", "email", ""], "cannot both be"),
        (["email", "", "salary"], "Choose for each column"),
        (["email"], "Choose for each column"),
    ):
        with pytest.raises(Problem, match=sentence):
            checked(found.headers, meanings)


@pytest.mark.parametrize(
    ("headers", "meanings"),
    [
        (["E-Mail-Adresse", "Vorname", "Nachname", "Abteilung", "Standort", "Personalnummer"],
         ["email", "first_name", "last_name", "department", "location", "employee_number"]),
        (["Courriel", "Prénom", "Nom", "Service", "Poste", "Langue"],
         ["email", "first_name", "last_name", "department", "title", "language"]),
        (["Correo electrónico", "Nombre", "Apellidos", "Puesto", "Oficina"],
         ["email", "first_name", "last_name", "title", "location"]),
        (["E-mailadres", "Voornaam", "Achternaam", "Functie"],
         ["email", "first_name", "last_name", "title"]),
        (["WORK_EMAIL", "Full Name", "Preferred name", "Shoe size"],
         ["email", "name", "preferred_name", ""]),
        (["Kontakt", "Name"], ["email", "name"]),
    ],
)  # fmt: skip
def test_columns_are_guessed_in_several_languages(headers: list[str], meanings: list[str]) -> None:
    table = Table(tuple(headers), (Row(2, ("a@x.example", *["x"] * (len(headers) - 1))),))
    assert guess(table) == meanings


def test_ten_thousand_rows_are_checked_by_a_task_and_take_few_statements(world: World) -> None:
    from tests.browser.queue import drain

    rows = "".join(f"p{n}@x.example,{n},First{n},Last{n},,,\n" for n in range(1, 10_001))
    found = preview(world, FILE.splitlines()[0] + "\n" + rows)
    assert (found.state, found.total) == ("checking", 10_000)
    drain()
    assert counts(found) == {"new": 10_000}
    with CaptureQueriesContext(connection) as captured:
        assert apply(world, found).done
    assert len(captured) < 15
    assert Employee.objects.count() == 10_000
    # And each of them changed.
    found = preview(world, FILE.splitlines()[0] + "\n" + rows.replace(",,,\n", ",Boss,,\n"))
    drain()
    assert counts(found) == {"changed": 10_000}
    with CaptureQueriesContext(connection) as captured:
        apply(world, found)
    assert len(captured) < 15
    assert Employee.objects.filter(title="Boss").count() == 10_000


def test_a_workbook_goes_the_same_way(world: World) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Email", "Employee number", "Name"])
    book.active.append(["a@x.example", 1001, "Ada Lovelace"])
    out = io.BytesIO()
    book.save(out)
    found = upload(world, out.getvalue(), "staff.xlsx")
    assert (found.meanings, found.total) == (["email", "employee_number", "name"], 1)


def workbook(rows: int) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["Email", "Employee number", "Name"])
    for n in range(rows):
        sheet.append([f"person.{n}@x.example", n, f"First{n} Last{n}"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_heavy_file_is_read_by_a_task_and_not_while_the_page_waits(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.browser.queue import drain

    read = []
    real = roster_reading.read_table

    def watched(*given: Any, **named: Any) -> Table:
        read.append(given[1])
        return real(*given, **named)

    monkeypatch.setattr(roster_reading, "read_table", watched)
    # Small as it is sent, heavy once unpacked.
    data = workbook(2_000)
    assert len(data) < roster_reading.AT_ONCE_BYTES
    found = upload(world, data, "staff.xlsx")
    assert (found.state, read) == ("reading", [])
    assert vault().read(found.file) == data
    with pytest.raises(Problem, match="not been read yet"):
        roster_imports.map_columns(
            actor=world.actor, roster_import=found, meanings=[], mark_leavers=False
        )
    drain()
    found.refresh_from_db()
    assert (found.state, found.total) == ("mapping", 2_000)
    assert found.meanings == ["email", "employee_number", "name"]
    assert not vault().exists(found.file)
    # The message twice does no harm.
    roster_reading.read_import(import_id=found.pk)
    found.refresh_from_db()
    assert found.state == "mapping"


def test_a_heavy_file_that_cannot_be_read_says_why_in_the_uploaders_language(
    world: World,
) -> None:
    world.owner.language = "de"
    world.owner.save()
    rows = "".join(f"person.{n}@x.example,a\n" for n in range(20_000))
    found = upload(world, "Email,Email\n" + rows)
    assert found.state == "reading"
    roster_reading.read_import(import_id=found.pk)
    found.refresh_from_db()
    assert found.state == "failed"
    assert "„Email“" in found.message
    assert not vault().exists(found.file)


def test_a_file_that_was_never_read_goes_with_its_row(world: World) -> None:
    found = upload(world, workbook(2_000), "staff.xlsx")
    RosterImport.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert roster_imports.forget_old() == 1
    assert not vault().exists(found.file)


PEOPLE = (uuid4(), uuid4())
CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["a@x.example", "A@x.example", "b@x.example", "1", "2", "de", "x" * 300]),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(CELLS, min_size=4, max_size=4), min_size=1, max_size=6),
    st.permutations([*[*CHOICES][:9], "name", "attribute"]),
    st.booleans(),
)
def test_any_cells_become_a_person_or_a_sentence(
    cells: list[list[str]], meanings: list[str], leavers: bool
) -> None:
    meanings = ["email", *[m for m in meanings if m != "email"][:3]]
    headers = ("One", "Two", "Three", "Four")
    table = Table(headers, tuple(Row(n, tuple(row)) for n, row in enumerate(cells, start=2)))
    read = roster_rows.read_rows(table, meanings)
    people = [
        roster_changes.Known(
            pk,
            "active",
            {},
            dict.fromkeys(roster_changes.FIELDS, "") | {"email": email, "employee_number": number},
        )
        for pk, email, number in zip(PEOPLE, ("a@x.example", "Z@x.example"), ("1", ""), strict=True)
    ]
    decisions = roster_changes.decide(read, people, by_number=True, leavers=leavers)
    told = [d.line for d in decisions if d.line is not None]
    assert told == [row.number for row in table.rows if any(row.cells)]
    for decision in decisions:
        if decision.change == Change.REFUSED:
            assert any(p.fatal and p.sentence.endswith(".") for p in decision.problems)
        elif decision.line is not None:
            assert "@" in decision.values["email"]
    # Nobody comes out of a file twice.
    kept = [d for d in decisions if d.change not in (Change.REFUSED, Change.LEAVES)]
    emails = [d.values["email"] for d in kept]
    assert len(emails) == len(set(emails))
    matched = [d.employee_id for d in decisions if d.employee_id]
    assert len(matched) == len(set(matched))

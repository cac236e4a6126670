"""A roster file becomes employees, and what is wrong is said row by row."""

from __future__ import annotations

import io

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.actors import SYSTEM
from accounts.models import Employee
from accounts.staff.roster import Roster, import_roster, read_roster
from headshots.lib.problems import Problem
from tests.world import World

HEADER = "Email,Employee number,First name,Last name,Title\n"


def read(text: str, encoding: str = "utf-8", name: str = "staff.csv") -> Roster:
    return read_roster(data=text.encode(encoding), filename=name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_any_usual_encoding(encoding: str) -> None:
    roster = read(HEADER + "zoe@x.example,7,Zoë,Müller,Büro\n", encoding)
    assert roster.rows[0].first_name == "Zoë"
    assert roster.rows[0].last_name == "Müller"


def test_german_headers_semicolons_and_full_names() -> None:
    roster = read("Name;E-Mail-Adresse;Abteilung\nMüller, Jörg;J.M@x.example;Einkauf\n")
    (row,) = roster.rows
    assert (row.first_name, row.last_name, row.email, row.department) == (
        "Jörg", "Müller", "j.m@x.example", "Einkauf",
    )  # fmt: skip


def test_xlsx_with_numbers() -> None:
    book = openpyxl.Workbook()
    book.active.append(["Email", "Employee number", "Name"])
    book.active.append(["a@x.example", 1001, "Ada Lovelace"])
    out = io.BytesIO()
    book.save(out)
    (row,) = read_roster(data=out.getvalue(), filename="staff.xlsx").rows
    assert (row.employee_number, row.first_name, row.last_name) == ("1001", "Ada", "Lovelace")


def test_each_bad_row_is_named_and_the_good_are_kept() -> None:
    roster = read(
        HEADER
        + "a@x.example,1,A,A,\n"
        + "not an address,2,B,B,\n"
        + ",3,C,C,\n"
        + "A@X.example,4,D,D,\n"
        + "e@x.example,1,E,E,\n"
        + f"f@x.example,6,{'F' * 101},F,\n"
        + "g@x.example,7,G,G,\n"
    )
    assert [row.email for row in roster.rows] == ["a@x.example", "g@x.example"]
    told = {problem.line: problem.sentence for problem in roster.problems}
    assert set(told) == {3, 4, 5, 6, 7}
    assert "“not an address” is no e-mail address" in told[3]
    assert "no e-mail address" in told[4]
    assert "Row 2 has the same e-mail address" in told[5]
    assert "Row 2 has the same employee number" in told[6]
    assert "101 characters" in told[7]


def test_a_row_with_more_cells_than_columns_is_named() -> None:
    roster = read("email,name\na@x.example,A\nb@x.example,B,what,is,this\nc@x.example,C\n")
    assert [row.email for row in roster.rows] == ["a@x.example", "c@x.example"]
    assert [problem.line for problem in roster.problems] == [3]


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"", "staff.csv", "empty"),
        (b"Email\n", "staff.csv", "no"),
        (b"Name,Phone\nA,1\n", "staff.csv", "no e-mail column"),
        (b"%PDF-1.7 x", "staff.pdf", "CSV"),
        (b"\xff\xd8\xff\xe0", "staff.csv", "CSV"),
        (b"PK\x03\x04broken", "staff.xlsx", "damaged"),
        (b"Email\nnobody\n", "staff.csv", "No row of the file can be used"),
    ],
)
def test_unusable_files_get_a_sentence(data: bytes, name: str, sentence: str) -> None:
    with pytest.raises(Problem) as refused:
        read_roster(data=data, filename=name)
    assert sentence in refused.value.sentence


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(max_size=20), min_size=3, max_size=3), min_size=1, max_size=6))
def test_any_cells_give_rows_or_sentences(cells: list[list[str]]) -> None:
    import csv

    out = io.StringIO()
    csv.writer(out).writerows([["email", "first name", "employee number"], *cells])
    try:
        roster = read(out.getvalue())
    except Problem as problem:
        sentence = problem.sentence
    else:
        assert all("@" in row.email for row in roster.rows)
        assert all(str(problem.line) in problem.sentence for problem in roster.problems)
        return
    assert sentence.endswith((".", "?"))


def test_import_adds_changes_and_leaves(world: World) -> None:
    first = read(HEADER + "a@x.example,1,A,One,\nb@x.example,2,B,Two,\n")
    report = import_roster(actor=SYSTEM, organisation=world.organisation, roster=first)
    assert (report.added, report.changed, report.unchanged) == (2, 0, 0)
    again = import_roster(actor=SYSTEM, organisation=world.organisation, roster=first)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    second = read(HEADER + "A@x.example,1,Ann,One,Chief\nc@x.example,2,C,Three,\n")
    report = import_roster(actor=SYSTEM, organisation=world.organisation, roster=second)
    assert (report.added, report.changed) == (0, 1)
    assert "belongs to b@x.example" in report.problems[0].sentence
    assert Employee.objects.get(email="a@x.example").title == "Chief"


def test_a_column_that_is_missing_changes_nothing(world: World) -> None:
    import_roster(
        actor=SYSTEM,
        organisation=world.organisation,
        roster=read(HEADER + "a@x.example,1,A,One,Chief\n"),
    )
    import_roster(
        actor=SYSTEM, organisation=world.organisation, roster=read("email\na@x.example\n")
    )
    assert Employee.objects.get(email="a@x.example").title == "Chief"


def test_five_thousand_rows_take_few_queries(
    world: World, django_assert_max_num_queries: object
) -> None:
    rows = "".join(f"p{n}@x.example,{n},First{n},Last{n},\n" for n in range(1, 5001))
    roster = read(HEADER + rows)
    assert len(roster.rows) == 5000
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        report = import_roster(actor=SYSTEM, organisation=world.organisation, roster=roster)
    assert report.added == 5000

"""Tables from people: every encoding and separator they export, every wrong file they pick."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headshots.lib.tables import Table, TableProblem, read_table, write_csv

ROSTER = "Name;E-Mail;Ort\nJürgen Groß;juergen@example.com;Köln\nÅsa Öz;asa@example.com;Malmö\n"
EXPECTED = [
    (2, ("Jürgen Groß", "juergen@example.com", "Köln")),
    (3, ("Åsa Öz", "asa@example.com", "Malmö")),
]


def workbook(*rows: Sequence[object], name: str = "Sheet") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = name
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def repacked(data: bytes, part: str, content: bytes) -> bytes:
    """The workbook with one part of it replaced."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return stream.getvalue()


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1",
                 "cp1252"],
)  # fmt: skip
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_encoding_separator_and_line_end(
    encoding: str, separator: str, line_end: str
) -> None:
    text = ROSTER.replace(";", separator).replace("\n", line_end)
    table = read_table(text.encode(encoding), "staff.csv")
    assert table.headers == ("Name", "E-Mail", "Ort")
    assert list(table.rows) == EXPECTED


def test_windows_signs_that_latin_1_does_not_have() -> None:
    table = read_table("name,note\nZoë,“80 €” – ok\n".encode("cp1252"), "a.csv")
    assert table.rows[0].cells == ("Zoë", "“80 €” – ok")


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("name;email\nMüller, Anna;a@x.de\nLee, Bo;b@x.de\n", ("Müller, Anna", "a@x.de")),
        ('name,email\n"Müller, Anna",a@x.de\n', ("Müller, Anna", "a@x.de")),
        ("sep=|\r\nname|email\r\nA;B,C|a@x.de\r\n", ("A;B,C", "a@x.de")),
        ("email\na@x.de\n", ("a@x.de",)),
        ('name,email\n"Anna ""Ann"" Lee",a@x.de\n', ('Anna "Ann" Lee', "a@x.de")),
        ("name,email,\nAnna,a@x.de,\n", ("Anna", "a@x.de")),
        ("name,email,phone\nAnna,a@x.de\n", ("Anna", "a@x.de", "")),
        ("\ufeffname ,\u00a0email\nAnna\u00a0, a@x.de \n", ("Anna", "a@x.de")),
        ("name,email\nA\u0308nne,a@x.de\n", ("Änne", "a@x.de")),
    ],
)
def test_ways_of_writing_a_row(text: str, cells: tuple[str, ...]) -> None:
    assert read_table(text.encode(), "staff.csv").rows[0].cells == cells


def test_rows_are_numbered_as_a_spreadsheet_program_does() -> None:
    text = '\n\nname,note\n\nAnna,"two\nlines"\n,,\nBo,x\n'
    assert [row.number for row in read_table(text.encode(), "a.csv").rows] == [5, 7]
    data = workbook([], [], ["name", "note"], [], ["Anna", "two\nlines"], [None, ""], ["Bo", "x"])
    assert [row.number for row in read_table(data, "a.xlsx").rows] == [5, 7]


def test_the_content_decides_and_not_the_name() -> None:
    assert read_table(ROSTER.encode(), "staff.xlsx").rows == tuple(EXPECTED)
    assert read_table(workbook(["email"], ["a@x.de"]), "staff.csv").rows == ((2, ("a@x.de",)),)


def test_cells_of_a_workbook_become_what_a_person_would_type() -> None:
    cells = [1001, 1001.0, 12.5, True, date(2026, 3, 31), datetime(2026, 3, 31, 9, 5), time(9, 5)]
    cells += [None, " x ", 491701234567.0, "00123"]
    data = workbook([f"column {n}" for n in range(len(cells))], cells)
    assert read_table(data, "a.xlsx").rows[0].cells == (
        "1001", "1001", "12.5", "yes", "2026-03-31", "2026-03-31 09:05", "09:05:00", "", "x",
        "491701234567", "00123",
    )  # fmt: skip


def test_the_first_visible_sheet_with_content_is_read() -> None:
    book = openpyxl.Workbook()
    book.active.title = "empty"
    for name, state in (("hidden", "hidden"), ("staff", "visible"), ("other", "visible")):
        sheet = book.create_sheet(name)
        sheet.sheet_state = state
        sheet.append([name])
        sheet.append(["x"])
    stream = io.BytesIO()
    book.save(stream)
    assert read_table(stream.getvalue(), "a.xlsx").headers == ("staff",)


def test_a_workbook_that_lies_about_its_size_is_read_whole() -> None:
    data = workbook(["email"], ["a@x.de"], ["b@x.de"])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    lie = sheet.replace(b'ref="A1:A3"', b'ref="A1:A1"')
    assert lie != sheet
    assert len(read_table(repacked(data, "xl/worksheets/sheet1.xml", lie), "a").rows) == 2


def test_a_row_that_is_too_wide_is_named_and_the_others_kept() -> None:
    table = read_table(b"name,email\nAnna,a@x.de\nLee, Bo,b@x.de\nCy,c@x.de\n", "a.csv")
    assert [row.number for row in table.rows] == [2, 4]
    assert [skipped.number for skipped in table.skipped] == [3]
    assert "Row 3 has 3 cells" in table.skipped[0].sentence


SHEET = "xl/worksheets/sheet1.xml"
HOLLOW = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def bomb() -> bytes:
    return repacked(workbook(["a"]), SHEET, HOLLOW + b" " * 60_000_000)


def entity_bomb() -> bytes:
    levels = "".join(f'<!ENTITY x{n} "{f"&x{n - 1};" * 10}">' for n in range(1, 12))
    text = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x0 "ha">{levels}]><w>&x11;</w>'
    return repacked(workbook(["a"]), SHEET, text.encode())


def far_row(number: int, column: bytes = b"A") -> bytes:
    row = b'<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'
    far = b'<row r="%d"><c r="%b%d"><v>1</v></c></row></sheetData></worksheet>'
    far %= (number, column, number)
    return repacked(workbook(["a"]), SHEET, HOLLOW + row + far)


def zipped(name: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, "x")
    return stream.getvalue()


REFUSED = {
    "empty": (b"", "is empty"),
    "blanks": (b" \n\n\t\n", "holds no text"),
    "header only": (b"name,email\n", "no rows below"),
    "header only, workbook": (workbook(["name", "email"]), "no rows below"),
    "empty workbook": (workbook(), "holds no text"),
    "pdf": (b"%PDF-1.7 ...", "“staff” is a PDF"),
    "jpeg": (b"\xff\xd8\xff\xe0" + bytes(200), "is a picture"),
    "old excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel"),
    "word": (zipped("word/document.xml"), "no Excel workbook"),
    "half a workbook": (workbook(["a"], ["b"])[:900], "damaged"),
    "zip bomb": (bomb(), "too large once unpacked"),
    "entity bomb": (entity_bomb(), "damaged"),
    "column beyond the last": (far_row(2, b"ZZZ"), "no rows below"),
    "row beyond the last": (far_row(99_999_999_999), "damaged"),
    "nul": (b"name,email\nAnna,a@x.de\nBo,\0@x.de\n", "Line 3 has a character"),
    "binary": (bytes(range(256)) * 20, "a character that no text has"),
    "headers twice": (
        b"Email,name,email\na@x.de,A,b@x.de\n",
        "“email” is there twice.*column 1.*column 3",
    ),
    "no header": (b"Anna,a@x.de\nBo,b@x.de\n", "names of the columns"),
    "open quote": (b'name,email\nA,a@x.de\n"Bo,b@x.de\nC,c@x.de\n', "Row 3 has a stray quot"),
    "odd utf-16": ("name,email\n".encode("utf-16") + b"x", "says it is Unicode"),
    "endless cell": (b"name,email\n" + b"x" * 200_000 + b",a\n", "Row 2 is too long"),
    "long cell": (b"name,email\n" + b"x" * 20_000 + b",a\n", "row 2 holds more than"),
    "too many columns": (b",".join(b"c%d" % n for n in range(300)) + b"\nx\n", "columns"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_gets_a_sentence(name: str) -> None:
    data, part = REFUSED[name]
    with pytest.raises(TableProblem, match=part) as caught:
        read_table(data, "staff")
    assert caught.value.sentence.endswith(".")


def test_the_row_of_a_problem_is_told() -> None:
    with pytest.raises(TableProblem) as caught:
        read_table(b'name\nAnna\n"Bo\n', "a.csv")
    assert caught.value.row == 3


def test_limits_of_rows_and_bytes() -> None:
    data = b"email\n" + b"".join(b"p%d@x.de\n" % n for n in range(5_000))
    assert len(read_table(data, "a.csv", max_rows=5_000).rows) == 5_000
    with pytest.raises(TableProblem, match="more than 4,999 rows"):
        read_table(data, "a.csv", max_rows=4_999)
    with pytest.raises(TableProblem, match="MB are taken"):
        read_table(data, "a.csv", max_bytes=1_000)
    sheet = workbook(["email"], *[[f"p{n}@x.de"] for n in range(11)])
    with pytest.raises(TableProblem, match="more than 10 rows"):
        read_table(sheet, "a.xlsx", max_rows=10)


def test_a_sheet_with_a_far_away_row_is_read() -> None:
    assert read_table(far_row(1_000_000), "a.xlsx").rows == ((1_000_000, ("1",)),)


@given(st.binary(max_size=300))
@settings(max_examples=400, deadline=None)
def test_any_bytes_are_a_table_or_a_problem(data: bytes) -> None:
    check(data)


@given(st.text(alphabet=st.sampled_from("ab@.,;|\t\"\n\r'= é\0\ufeffﬀ"), max_size=80))
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_table_or_a_problem(text: str) -> None:
    for encoding in ("utf-8", "utf-16"):
        check(text.encode(encoding))


BOOK = workbook(["name", "email"], ["Anna", "a@x.de"], ["Bo", 12.5])


@given(st.lists(st.tuples(st.integers(0, len(BOOK) - 1), st.integers(0, 255)), max_size=12))
@settings(max_examples=200, deadline=None)
def test_any_damaged_workbook_is_a_table_or_a_problem(damage: list[tuple[int, int]]) -> None:
    data = bytearray(BOOK)
    for position, value in damage:
        data[position] = value
    check(bytes(data))


with zipfile.ZipFile(io.BytesIO(BOOK)) as _archive:
    PARTS = {name: _archive.read(name) for name in _archive.namelist()}


@given(st.sampled_from(sorted(PARTS)), st.data())
@settings(max_examples=200, deadline=None)
def test_any_damaged_part_of_a_workbook_is_a_table_or_a_problem(
    part: str, data: st.DataObject
) -> None:
    content = bytearray(PARTS[part])
    start = data.draw(st.integers(0, len(content)))
    length = data.draw(st.integers(0, 20))
    content[start : start + length] = data.draw(st.binary(max_size=20))
    check(repacked(BOOK, part, bytes(content)))


def check(data: bytes) -> None:
    try:
        table = read_table(data, "upload")
    except TableProblem:
        return
    assert isinstance(table, Table)
    assert table.rows
    numbers = [row.number for row in table.rows]
    assert numbers == sorted(set(numbers))
    assert all(len(row.cells) == len(table.headers) for row in table.rows)


FORMULAS = [
    "=1+1", "+1+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "|calc", "%x", "\t=1", "\r=1", " =1",
    "=HYPERLINK(\"http://x\",\"y\")", "＝1", "＋1", "'=1", "a;=1", "a\t=1", "a\n=1", 'a";=1',
]  # fmt: skip


@pytest.mark.parametrize("cell", FORMULAS)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_of_an_export_runs_as_a_formula(cell: str, separator: str) -> None:
    text = write_csv(["name", "note"], [[cell, "x"], ["y", cell]]).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
        for found in row:
            seen = found.lstrip(' \t\r\n"')
            assert not seen.startswith(("=", "+", "-", "@", "|", "%", "＝", "＋")), found


def test_an_export_keeps_numbers_and_ordinary_words() -> None:
    data = write_csv(["a", "b", "c"], [[-5, "-3.5", "O'Neil, Ann-Marie"], [None, "", "ä € 漢"]])
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows[1:] == [["-5", "-3.5", "O'Neil, Ann-Marie"], ["", "", "ä € 漢"]]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["Anna", "=x", "+49 170", "@home", "-", "a,b", 'say "hi"', "two\nlines"]
            ),
            st.text(st.characters(codec="latin-1", categories=["L", "N"]), min_size=1, max_size=9),
        ),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=100, deadline=None)
def test_an_export_can_be_imported_again(rows: list[tuple[str, str]]) -> None:
    table = read_table(write_csv(["name", "note"], rows), "export.csv")
    assert [row.cells for row in table.rows] == rows

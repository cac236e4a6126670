"""Read a table that a person exported (CSV or XLSX), and write one that is safe to open."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import defusedcsv.csv
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from headshots.lib import numbers, workbooks
from headshots.lib.problems import Problem

MAX_ROWS = 20_000
MAX_BYTES = 20_000_000
MAX_COLUMNS = 200
MAX_CELL = 10_000

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 50
_UTF_16_SAMPLE = 4096

_PICTURE = gettext_noop("“{name}” is a picture. Send the table as CSV or XLSX.")
_COMPRESSED = gettext_noop("“{name}” is a compressed file. Send the table as CSV or XLSX.")
_OPEN_DOCUMENT = gettext_noop("“{name}” is an OpenDocument file. Send the table as CSV or XLSX.")
_NO_WORKBOOK = gettext_noop("“{name}” is no Excel workbook. Send the table as CSV or XLSX.")
# How files begin that are sent by mistake, and what is said then.
_OTHERS = (
    (b"%PDF", gettext_noop("“{name}” is a PDF. Send the table as CSV or XLSX.")),
    (b"\xff\xd8\xff", _PICTURE),
    (b"\x89PNG", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"{\\rtf", gettext_noop("“{name}” is a text document. Send the table as CSV or XLSX.")),
    (b"\x1f\x8b", _COMPRESSED),
    (b"7z\xbc\xaf", _COMPRESSED),
    (b"Rar!", _COMPRESSED),
)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"


class TableProblem(Problem):
    """The file cannot be read as a table; `row` is where, if that is known (1 is the first)."""

    def __init__(self, sentence: str, row: int | None = None) -> None:
        super().__init__(sentence, code="table", status=422)
        self.row = row


class Row(NamedTuple):
    """A row as a person sees it: its number in the file, and one text for each header."""

    number: int
    cells: tuple[str, ...]


class Skipped(NamedTuple):
    """A row that was left out, and why."""

    number: int
    sentence: str


@dataclass(frozen=True)
class Table:
    """Headers as written, and the rows that are not empty, each as wide as the headers.

    `skipped` are rows that cannot be understood, each with a sentence that names it.
    """

    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    skipped: tuple[Skipped, ...] = ()


def check_file(data: bytes, filename: str, *, max_bytes: int = MAX_BYTES) -> None:
    """Refuse what its size or first bytes say is no table. Raises TableProblem with a sentence."""
    if not data:
        raise TableProblem(_("The file is empty. Choose a CSV or XLSX file with one row a person."))
    if len(data) > max_bytes:
        raise TableProblem(
            _("The file has {size} MB; at most {most} MB are taken. Split it.").format(
                size=f"{len(data) / 1e6:.0f}", most=f"{max_bytes / 1e6:.0f}"
            )
        )
    _refuse_other_kinds(data, filename)


def weight(data: bytes) -> int:
    """How much there is to read, in bytes: of a workbook what it says it unpacks to."""
    if not data.startswith(b"PK\x03\x04"):
        return len(data)
    return max(len(data), workbooks.unpacked_bytes(data))


def read_table(
    data: bytes,
    filename: str,
    *,
    max_rows: int = MAX_ROWS,
    max_bytes: int = MAX_BYTES,
    on_row: Callable[[int], None] = lambda number: None,
) -> Table:
    """Read a CSV or XLSX file; the content decides which, not the name.

    CSV may be in UTF-8, UTF-16 or a Western single-byte encoding, separated by comma, semicolon,
    tab or bar. Of a workbook the first visible sheet with content is read; numbers and dates
    become text (1001, 2026-03-31). The first row with content names the columns. Rows are
    numbered as a spreadsheet program does; `on_row` hears each number. Raises TableProblem with a
    sentence.
    """
    check_file(data, filename, max_bytes=max_bytes)
    if data.startswith(b"PK\x03\x04"):
        try:
            return _as_table(workbooks.read_rows(data, MAX_COLUMNS), max_rows, on_row)
        except workbooks.WorkbookProblem as problem:
            raise TableProblem(str(problem), problem.row) from problem
    return _as_table(_csv_rows(_decoded(data)), max_rows, on_row)


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a CSV file that spreadsheet programs open rightly and run nothing of.

    UTF-8 with a mark, as Excel takes it for something else without. A text that a program would
    run as a formula begins with an apostrophe; `read_table` takes that away again.
    """
    stream = io.StringIO()
    # Everything is quoted: where the list separator is a semicolon, an unquoted one would begin
    # a new cell.
    writer = defusedcsv.csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in (headers, *rows):
        writer.writerow([_harmless(cell) for cell in row])
    return stream.getvalue().encode("utf-8-sig")


_FORMULA = re.compile(r"[\s\0]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"-?\d+([.,]\d+)?")
_INNER_FORMULA = re.compile(r"(?<=[;\t|\r\n])(?=\s*['\"]*[=+\-@|%])")


def _harmless(cell: object) -> object:
    """SECURITY: what defusedcsv lets pass: formulas behind blanks, tabs, wide signs, separators."""
    if cell is None or isinstance(cell, (int, float)):
        return cell
    text = str(cell)
    if _NUMBER.fullmatch(text):
        return text
    # A program that splits at another separator must find no formula behind it either.
    text = _INNER_FORMULA.sub("'", text)
    return f"'{text}" if _FORMULA.match(text) else text


def _refuse_other_kinds(data: bytes, filename: str) -> None:
    if data.startswith(_OLD_OFFICE):
        raise TableProblem(
            _(
                "This is an old Excel file (.xls) or a workbook with a password. Save it as .xlsx "
                "without a password, or as CSV."
            )
        )
    said = next((words for beginning, words in _OTHERS if data.startswith(beginning)), None)
    if said is None and data.startswith(b"PK\x03\x04") and not workbooks.is_workbook(data):
        said = _OPEN_DOCUMENT if b"opendocument" in data[:200] else _NO_WORKBOOK
    if said is not None:
        raise TableProblem(_(said).format(name=filename[:100] or _("the file")))


def _decoded(data: bytes) -> str:
    """Decode by mark, then by what fits; a single-byte encoding fits everything."""
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        if encoding not in ("utf-8-sig", "cp1252"):
            raise TableProblem(
                _(
                    "The file is damaged: it says it is Unicode and is not. Save it again as CSV "
                    "UTF-8."
                )
            ) from None
        text = data.decode("latin-1")
    if found := re.search(r"[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]", text):
        line = len(re.findall(r"\r\n|\r|\n", text[: found.start()])) + 1
        raise TableProblem(
            _(
                "Line {line} has a character that no text has (code {code}). The file is damaged "
                "or no CSV; save the table again as CSV or XLSX."
            ).format(line=line, code=ord(found[0])),
            line,
        )
    return text


def _encoding(data: bytes) -> str:
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return encoding
    # Western text in UTF-16 without a mark: every other byte is zero.
    sample = data[:_UTF_16_SAMPLE]
    if len(sample) >= 4 and len(data) % 2 == 0:
        half = len(sample) // 2
        if sample[1::2].count(0) > 0.6 * half and sample[::2].count(0) < 0.1 * half:
            return "utf-16-le"
        if sample[::2].count(0) > 0.6 * half and sample[1::2].count(0) < 0.1 * half:
            return "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _csv_rows(text: str) -> Iterator[list[str]]:
    if announced := re.match(r"\s*sep=(.)[ \t]*(\r\n|\r|\n)", text):  # Excel's own hint
        delimiter, text = announced[1], text[announced.end() :]
        if delimiter in "\"'\r\n ":
            raise TableProblem(_("The first line names a separator that cannot be one."), 1)
    else:
        delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 1
    try:
        for row in reader:
            yield row
            number += 1
    except csv.Error as problem:
        said = (
            _(
                "Row {number} is too long. A quotation mark inside a cell must be doubled, and one "
                "that is opened must be closed."
            )
            if "field larger" in str(problem)
            else _(
                "Row {number} has a stray quotation mark. A quotation mark inside a cell must be "
                "doubled, and one that is opened must be closed."
            )
        )
        raise TableProblem(said.format(number=number), number) from problem


def _delimiter(text: str) -> str:
    """The separator by which most rows come out as wide as the first one."""

    def agreement(delimiter: str) -> tuple[float, int]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        widths: list[int] = []
        try:
            for row in reader:
                if any(cell.strip() for cell in row):
                    widths.append(len(row))
                if len(widths) == _SAMPLE_ROWS:
                    break
        except csv.Error:
            pass
        if not widths or widths[0] == 1:
            return (0.0, 0)
        return (widths.count(widths[0]) / len(widths), widths[0])

    return max(_DELIMITERS, key=agreement)


def _as_table(source: Iterator[list[str]], max_rows: int, on_row: Callable[[int], None]) -> Table:
    headers: tuple[str, ...] | None = None
    rows: list[Row] = []
    skipped: list[Skipped] = []
    for number, raw in enumerate(source, start=1):
        on_row(number)
        cells = [_clean(cell) for cell in raw]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if headers is None:
            headers = _headers(cells, number)
        elif len(rows) + len(skipped) == max_rows:
            raise TableProblem(
                _("The file has more than {most} rows. Split it into several files.").format(
                    most=numbers.grouped(max_rows)
                ),
                number,
            )
        elif sentence := _fault(cells, number, len(headers)):
            skipped.append(Skipped(number, sentence))
        else:
            rows.append(Row(number, tuple(cells) + ("",) * (len(headers) - len(cells))))
    if headers is None:
        raise TableProblem(_("The file holds no text. Fill in one row a person and send it again."))
    if not rows and skipped:
        raise TableProblem(skipped[0].sentence, skipped[0].number)
    if not rows:
        raise TableProblem(_("The file has column names but no rows below them. Add one a person."))
    return Table(headers, tuple(rows), tuple(skipped))


def _fault(cells: list[str], number: int, columns: int) -> str | None:
    if len(cells) > columns:
        return _(
            "Row {number} has {cells} cells, but there are only {columns} columns. Put a cell that "
            "contains the separator in quotation marks, or name the column."
        ).format(number=number, cells=len(cells), columns=columns)
    if any(len(cell) > MAX_CELL for cell in cells):
        return _("A cell in row {number} holds more than {most} signs. Shorten it.").format(
            number=number, most=numbers.grouped(MAX_CELL)
        )
    return None


_ADDRESS = re.compile(r"\S+@\S+\.\S+")


def _headers(cells: list[str], number: int) -> tuple[str, ...]:
    if len(cells) > MAX_COLUMNS:
        raise TableProblem(
            _("The file has more than {most} columns.").format(most=MAX_COLUMNS), number
        )
    if any(_ADDRESS.fullmatch(cell) for cell in cells):
        raise TableProblem(
            _(
                "Row {number} holds a person, not the names of the columns. Add a row above it "
                "with names such as email, first name, last name."
            ).format(number=number),
            number,
        )
    seen: dict[str, int] = {}
    for position, cell in enumerate(cells, start=1):
        if cell and (first := seen.setdefault(cell.casefold(), position)) != position:
            raise TableProblem(
                _(
                    "The column “{name}” is there twice, as column {first} and as column {second}. "
                    "Rename or remove one."
                ).format(name=cell[:60], first=first, second=position),
                number,
            )
    return tuple(cell[:MAX_CELL] for cell in cells)


def _clean(cell: str) -> str:
    text = unicodedata.normalize("NFC", cell).strip(" \t\r\n\v\f\ufeff\u00a0\u200b")
    # Our own guard against formulas, and Excel's sign for text.
    if text.startswith("'") and _FORMULA.match(text[1:]):
        return text[1:].strip()
    return text

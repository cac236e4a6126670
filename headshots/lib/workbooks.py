"""The cells of an Excel workbook (XLSX) as text, read without trust in what it claims."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import openpyxl
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_MAX_UNPACKED_BYTES = 40_000_000
_MAX_PARTS = 2_000
_LAST_ROW = 1_048_576

_DAMAGED = gettext_noop(
    "The workbook is damaged. Open it in a spreadsheet program and save it again."
)


class WorkbookProblem(Exception):
    """The workbook cannot be read; the text says why. `row` is where, if known."""

    def __init__(self, sentence: str, row: int | None = None) -> None:
        super().__init__(sentence)
        self.row = row


def is_workbook(data: bytes) -> bool:
    """Whether a ZIP archive names the parts of a workbook; also True if it cannot be listed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except Exception:
        return True  # damaged, which `read_rows` says


def unpacked_bytes(data: bytes) -> int:
    """What the archive says it unpacks to; 0 where it cannot be listed, which `read_rows` says."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return sum(part.file_size for part in archive.infolist())
    except Exception:
        return 0


def read_rows(data: bytes, max_columns: int) -> Iterator[list[str]]:
    """Yield each row of the first visible sheet that has content, empty rows included.

    At most `max_columns` + 1 cells a row. Raises WorkbookProblem.
    """
    try:
        _refuse_bombs(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about drawings and styles that nobody asks for
            yield from _rows(data, max_columns)
    except (WorkbookProblem, GeneratorExit):
        raise
    except Exception as problem:  # the parser has no exception of its own for hostile files
        raise WorkbookProblem(_(_DAMAGED)) from problem


def _refuse_bombs(data: bytes) -> None:
    # zipfile stops at the size that the directory tells, so its sum is a bound.
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
    if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_UNPACKED_BYTES:
        raise WorkbookProblem(
            _("The workbook is too large once unpacked. Save only the table, as CSV.")
        )
    if any(part.flag_bits & 1 for part in parts):
        raise WorkbookProblem(_("The workbook has a password. Save it without one, or as CSV."))


def _rows(data: bytes, max_columns: int) -> Iterator[list[str]]:
    book = openpyxl.load_workbook(
        io.BytesIO(data), read_only=True, data_only=True, keep_links=False
    )
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            sheet.reset_dimensions()  # they are often wrong
            begun = False
            empty = 0
            rows = sheet.iter_rows(max_col=max_columns + 1, values_only=True)
            for number, cells in enumerate(rows, start=1):
                if number > _LAST_ROW:
                    raise WorkbookProblem(_(_DAMAGED))
                if cells.count(None) == len(cells):
                    empty += 1
                    continue
                yield from ([] for _ in range(empty))
                empty = 0
                begun = True
                yield [_text(cell) for cell in cells]
            if begun:
                return
    finally:
        book.close()


def _text(cell: object) -> str:
    """As a person would type it: 1001 and not 1001.0, 2026-03-31 and not 46112."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "minutes")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return "".join(sign for sign in str(cell) if sign >= " " or sign in "\t\n")

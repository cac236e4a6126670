"""How files are named: a pattern with the person's fields, safe on any system, no two alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Employee
from headshots.lib.problems import Problem
from headshots.lib.windows_names import RESERVED

DEFAULT = "{last}_{first}_{number}"
FIELDS = ("last", "first", "number", "email", "department", "title")
# The columns of people that they are made of.
COLUMNS = ("last_name", "first_name", "employee_number", "email", "department", "title")
LONGEST_PATTERN = 120
_LONGEST_BYTES = 160
# What stands between fields, and goes where one is empty.
_SEPARATORS = " ._-,&"
_FIELD = re.compile(r"\{([^{}]*)\}")
# Letters and marks that show nothing by themselves: fillers and selectors of variants.
_UNSEEN = {
    *"\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0",
    *(chr(code) for code in range(0xFE00, 0xFE10)),
    *(chr(code) for code in range(0xE0100, 0xE01F0)),
}


@dataclass(frozen=True)
class Names:
    """A file name without ending for each person, in their order, and how many had to be numbered,
    had signs replaced, were cut, are reserved, or had nothing left but the address."""

    stems: list[str]
    numbered: int = 0
    replaced: int = 0
    cut: int = 0
    reserved: int = 0
    by_address: int = 0

    @property
    def sentences(self) -> list[str]:
        """What an administrator should know of these names."""
        said = []
        if self.numbered:
            said.append(
                ngettext(
                    "{count} name is taken by somebody before, so a number stands behind it. Add "
                    "{{number}} or {{email}} to the pattern to tell people apart.",
                    "{count} names are taken by somebody before, so a number stands behind them. "
                    "Add {{number}} or {{email}} to the pattern to tell people apart.",
                    self.numbered,
                ).format(count=self.numbered)
            )
        if self.replaced:
            said.append(
                ngettext(
                    "In {count} name signs that do not belong in a file name were replaced by a "
                    "hyphen.",
                    "In {count} names signs that do not belong in a file name were replaced by a "
                    "hyphen.",
                    self.replaced,
                ).format(count=self.replaced)
            )
        if self.by_address:
            said.append(
                ngettext(
                    "Of {count} name no letter or digit is left, so the e-mail address stands "
                    "there.",
                    "Of {count} names no letter or digit is left, so the e-mail addresses stand "
                    "there.",
                    self.by_address,
                ).format(count=self.by_address)
            )
        if self.cut:
            said.append(
                ngettext(
                    "{count} name is too long for a file, so its end was cut off.",
                    "{count} names are too long for a file, so their ends were cut off.",
                    self.cut,
                ).format(count=self.cut)
            )
        if self.reserved:
            said.append(
                ngettext(
                    "Windows keeps {count} name for itself, so an underscore was added.",
                    "Windows keeps {count} names for itself, so an underscore was added.",
                    self.reserved,
                ).format(count=self.reserved)
            )
        return said


def checked(pattern: str) -> str:
    """The pattern, if files can be named by it; an empty one is the usual.

    Raises Problem with a sentence for an unknown field, a stray brace, or one without a field.
    """
    pattern = pattern.strip() or DEFAULT
    known = ", ".join(f"{{{name}}}" for name in FIELDS)
    if len(pattern) > LONGEST_PATTERN:
        raise _problem(_("The pattern has more than {most} signs.").format(most=LONGEST_PATTERN))
    for name in _FIELD.findall(pattern):
        if name not in FIELDS:
            raise _problem(
                _("There is no {{{name}}}. Use {known}.").format(name=name[:30], known=known)
            )
    if re.search(r"[{}]", _FIELD.sub("", pattern)):
        raise _problem(_("A brace stands alone. Write fields like {last}."))
    if not _FIELD.search(pattern):
        raise _problem(_("Put at least one field into the pattern: {known}.").format(known=known))
    return pattern


def _problem(sentence: str) -> Problem:
    return Problem(sentence, code="naming", field="naming")


def names(pattern: str, people: Sequence[Employee]) -> Names:
    """A name for each, as `pattern` (checked before) says.

    Letters of any script stay; slashes, emoji and what file systems refuse become hyphens; a field
    that somebody lacks takes its separator along. Equal names, whatever a file system makes of
    case, are numbered from 2, so that nobody's name depends on who comes after them.
    """
    taken: set[str] = set()
    last: dict[str, int] = {}
    stems: list[str] = []
    count = dict.fromkeys(("numbered", "replaced", "cut", "reserved", "by_address"), 0)
    for person in people:
        wanted = _safe(_filled(pattern, person))
        stem = wanted.stem or _safe(person.email).stem or str(person.pk)
        name, number = stem, last.get(stem.casefold(), 1)
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        last[stem.casefold()] = number
        taken.add(name.casefold())
        stems.append(name)
        count["numbered"] += number > 1
        count["by_address"] += not wanted.stem
        count["replaced"] += wanted.replaced and bool(wanted.stem)
        count["cut"] += wanted.cut
        count["reserved"] += wanted.reserved
    return Names(stems, **count)


def _filled(pattern: str, person: Employee) -> str:
    values = {
        "last": person.last_name,
        "first": person.first_name,
        "number": person.employee_number,
        "email": person.email,
        "department": person.department,
        "title": person.title,
    }
    return _FIELD.sub(lambda found: values[found.group(1)] or "", pattern)


class _Safe(NamedTuple):
    stem: str
    replaced: bool
    cut: bool
    reserved: bool


def _safe(text: str) -> _Safe:
    """What of it may stand, at most 160 bytes, never hidden and never reserved; nothing where no
    letter or digit is among that."""
    seen = [
        sign
        for sign in unicodedata.normalize("NFC", text)
        if unicodedata.category(sign) not in ("Me", "Cf") and sign not in _UNSEEN
    ]
    kept = "".join(sign if _may_stand(sign) else "-" for sign in seen)
    replaced = any(not _may_stand(sign) for sign in "".join(seen).strip())
    kept = whole = _tidy(kept)
    while len(kept.encode()) > _LONGEST_BYTES:
        kept = kept[:-1]
    cut = kept != whole
    kept = kept.rstrip(_SEPARATORS)
    if not any(unicodedata.category(sign)[0] in "LN" for sign in kept):
        return _Safe("", replaced, cut, False)
    # What counts is what stands before the first dot.
    first, dot, rest = kept.partition(".")
    reserved = first.rstrip().casefold() in RESERVED
    return _Safe(f"{first}_{dot}{rest}" if reserved else kept, replaced, cut, reserved)


def _may_stand(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LMN" or sign in " ._-@+()'’,&"


def _tidy(text: str) -> str:
    """Without separators that stand at an end or doubled, where a field was empty."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"([,&])(?:[ ,&]*[,&])+", r"\1", text)
    return re.sub(r"([ ._-])[ ._-]+", r"\1", text).strip(_SEPARATORS)


def preview(pattern: str, people: Iterable[Employee], *, most: int = 3) -> list[str]:
    """The first few names."""
    return names(pattern, list(people)[:most]).stems

"""How files are named: a pattern with the person's fields, safe on any system, no two alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Employee
from headshots.lib.problems import Problem

DEFAULT = "{last}_{first}_{number}"
FIELDS = ("last", "first", "number", "email", "department", "title")
LONGEST_PATTERN = 120
_LONGEST_BYTES = 160
_FIELD = re.compile(r"\{([^{}]*)\}")
# Names that Windows keeps for itself, with any extension.
_RESERVED = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}


@dataclass(frozen=True)
class Names:
    """A file name without ending for each person, in their order, and what had to be changed."""

    stems: list[str]
    numbered: int
    changed: int

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
        if self.changed:
            said.append(
                ngettext(
                    "In {count} name signs that no file name may have were replaced by a hyphen.",
                    "In {count} names signs that no file name may have were replaced by a hyphen.",
                    self.changed,
                ).format(count=self.changed)
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
    case, are numbered from 2.
    """
    taken: set[str] = set()
    stems = []
    numbered = changed = 0
    for person in people:
        raw = _filled(pattern, person)
        stem = _safe(raw)
        changed += stem != _tidy(unicodedata.normalize("NFC", raw).strip())
        stem = stem or _safe(person.email) or str(person.pk)
        name, number = stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        numbered += number > 1
        taken.add(name.casefold())
        stems.append(name)
    return Names(stems, numbered, changed)


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


def _safe(text: str) -> str:
    """Letters, digits and ._-@ of it, at most 160 bytes, never hidden and never reserved."""
    kept = "".join(
        sign if unicodedata.category(sign)[0] in "LMN" or sign in " ._-@+()" else "-"
        for sign in unicodedata.normalize("NFC", text)
    )
    kept = _tidy(kept)
    while len(kept.encode()) > _LONGEST_BYTES:
        kept = kept[:-1]
    kept = kept.rstrip(" .-_")
    return f"{kept}_" if kept.split(".")[0].casefold() in _RESERVED else kept


def _tidy(text: str) -> str:
    """Without separators that stand at an end or doubled, where a field was empty."""
    text = re.sub(r"\s+", " ", text)
    return re.sub(r"([ ._-])[ ._-]+", r"\1", text).strip(" ._-")


def preview(pattern: str, people: Iterable[Employee], *, most: int = 3) -> list[str]:
    """The first few names."""
    return names(pattern, list(people)[:most]).stems

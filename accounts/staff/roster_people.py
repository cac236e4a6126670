"""Finding people on the roster, and taking them along as a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Func, OrderBy, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, NullIf
from django.utils.translation import gettext_noop

from accounts import audit
from accounts.actors import Actor
from accounts.models import Employee, Organisation
from accounts.staff.roster_columns import ATTRIBUTE_LIMIT, ATTRIBUTE_NAME_LIMIT, LABELS
from headshots.lib.tables import write_csv

STATUSES = {
    "active": gettext_noop("On the roster"),
    "left": gettext_noop("Has left"),
    "all": gettext_noop("Everybody"),
}
SORTS = {
    "name": gettext_noop("Name"),
    "department": gettext_noop("Department"),
    "location": gettext_noop("Location"),
    "email": gettext_noop("E-mail"),
    "newest": gettext_noop("Newest first"),
}
# Of whom nobody has said which language they read.
NO_LANGUAGE = "none"
LANGUAGES = (*Employee.Language.values, NO_LANGUAGE)
# How many values of an own attribute are offered; any other can be typed.
MOST_VALUES = 200
# The states of a shoot that has not ended, which is what somebody's part in an order is.
UNDER_WAY = (
    "invited", "collecting", "queued", "training", "generating", "choosing", "approving",
)  # fmt: skip
_BY_NAME = ("last_name", "first_name", "email")
_SEARCHED = (
    "first_name", "last_name", "preferred_name", "email", "title", "department", "location",
    "employee_number",
)  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """Which people, in which order; an empty word means any."""

    query: str = ""
    department: str = ""
    location: str = ""
    language: str = ""
    # An own attribute: whoever has it, or has this value of it.
    attribute: str = ""
    attribute_value: str = ""
    status: str = "active"
    sort: str = "name"

    @classmethod
    def read(cls, said: Mapping[str, str]) -> Filter:
        """From the words of an address; what is unknown is left out."""
        status, sort = said.get("status", ""), said.get("sort", "")
        language = said.get("language", "")
        attribute = _text(said.get("attribute", ""), ATTRIBUTE_NAME_LIMIT)
        value = _text(said.get("attribute_value", ""), ATTRIBUTE_LIMIT)
        return cls(
            query=_text(said.get("q", "")),
            department=_text(said.get("department", "")),
            location=_text(said.get("location", "")),
            language=language if language in LANGUAGES else "",
            attribute=attribute,
            attribute_value=value if attribute else "",
            status=status if status in STATUSES else "active",
            sort=sort if sort in SORTS else "name",
        )

    def words(self) -> dict[str, str]:
        """The words of an address that say this, without what goes without saying."""
        said = {
            "q": self.query,
            "department": self.department,
            "location": self.location,
            "language": self.language,
            "attribute": self.attribute,
            "attribute_value": self.attribute_value,
            "status": "" if self.status == "active" else self.status,
            "sort": "" if self.sort == "name" else self.sort,
        }
        return {name: value for name, value in said.items() if value}

    @property
    def narrows(self) -> bool:
        """Whether some are left out besides those who have left."""
        return bool(replace(self, sort="name").words())


def _text(said: str, most: int = 100) -> str:
    return said.replace("\x00", "").strip()[:most]


class _OwnWords(Func):
    """The values of somebody's own attributes as one text, each on a line of its own."""

    template = "(SELECT string_agg(value, chr(10)) FROM jsonb_each_text(%(expressions)s))"
    output_field = TextField()


class _Own(Func):
    """The value of one own attribute; a name such as “2026” is a name and no place in a list."""

    function = "jsonb_extract_path_text"
    output_field = TextField()

    def __init__(self, name: str) -> None:
        super().__init__(F("attributes"), Value(name))


def search(people: QuerySet[Employee], wanted: Filter) -> QuerySet[Employee]:
    """Those of `people` whom the filter wants, in its order; each word must be somewhere."""
    if wanted.query:
        people = people.alias(
            own_words=_OwnWords("attributes"), own_text=Cast("attributes", TextField())
        )
    for word in wanted.query.split():
        somewhere = Q()
        for name in _SEARCHED:
            somewhere |= Q(**{f"{name}__icontains": word})
        # The text, of names too and as JSON writes it, first: it is had for half the time.
        written = json.dumps(word, ensure_ascii=False)[1:-1]
        somewhere |= Q(own_text__icontains=written) & Q(own_words__icontains=word)
        people = people.filter(somewhere)
    if wanted.department:
        people = people.filter(department=wanted.department)
    if wanted.location:
        people = people.filter(location=wanted.location)
    if wanted.language:
        no_language = wanted.language == NO_LANGUAGE
        people = people.filter(language="" if no_language else wanted.language)
    if wanted.attribute:
        people = _with_attribute(people, wanted.attribute, wanted.attribute_value)
    if wanted.status != "all":
        people = people.filter(status=wanted.status)
    if wanted.sort in ("department", "location"):
        # Whoever has none comes last.
        first = OrderBy(NullIf(F(wanted.sort), Value("")), nulls_last=True)
        return people.order_by(first, *_BY_NAME)
    if wanted.sort == "newest":
        return people.order_by("-created_at", "-pk")
    return people.order_by(*(("email",) if wanted.sort == "email" else _BY_NAME))


def _with_attribute(people: QuerySet[Employee], name: str, value: str) -> QuerySet[Employee]:
    if not value:
        return people.filter(attributes__has_key=name)
    # Whole, as a department is; people type it, so in capitals or not.
    return people.alias(own=_Own(name)).filter(own__iexact=value)


def selection(people: QuerySet[Employee], said: Mapping[str, str]) -> QuerySet[Employee]:
    """The people that an address or a form means by `employees`.

    Identifiers parted by commas, or “found”: everybody whom the filter beside it finds. What is
    no identifier means nobody.
    """
    words = said.get("employees", "")
    if words == "found":
        return search(people, Filter.read(said))
    return people.filter(pk__in=identifiers(words.split(",")))


def in_open_orders(people: QuerySet[Employee]) -> int:
    """How many of them have a part in an order that has not ended."""
    return people.filter(shoots__state__in=UNDER_WAY).distinct().count()


def identifiers(words: Iterable[str]) -> set[UUID]:
    """Those of the words that are identifiers."""
    found = set()
    for word in words:
        try:
            found.add(UUID(word))
        except ValueError:
            continue
    return found


def choices(people: QuerySet[Employee], name: str) -> list[str]:
    """The departments or locations that there are, by the alphabet."""
    return list(people.exclude(**{name: ""}).order_by(name).values_list(name, flat=True).distinct())


def attribute_names(people: QuerySet[Employee]) -> list[str]:
    """The names of the own attributes that anybody has, by the alphabet."""
    name = Func("attributes", function="jsonb_object_keys", output_field=TextField())
    names = people.order_by().annotate(own=name).values_list("own", flat=True).distinct()
    return sorted(names, key=str.casefold)


def attribute_values(people: QuerySet[Employee], name: str) -> list[str]:
    """The first MOST_VALUES values that there are of an own attribute, by the alphabet; none
    without a name."""
    if not name:
        return []
    values = people.filter(attributes__has_key=name).annotate(own=_Own(name)).order_by("own")
    return list(values.values_list("own", flat=True).distinct()[:MOST_VALUES])


@dataclass(frozen=True)
class Offered:
    """What the filter can be set to."""

    departments: list[str]
    locations: list[str]
    attributes: list[str]


def offered(people: QuerySet[Employee]) -> Offered:
    """What any of `people` have."""
    return Offered(
        choices(people, "department"), choices(people, "location"), attribute_names(people)
    )


def cancelled_as_left(people: QuerySet[Employee]) -> bool:
    """Whether a part in an order was cancelled for any of them since they left."""
    return people.filter(shoots__state="cancelled", shoots__state_since__gte=F("left_at")).exists()


@transaction.atomic
def export(*, actor: Actor, organisation: Organisation, people: QuerySet[Employee]) -> bytes:
    """A CSV file of these people with every field and own attribute, in their order; audited.

    Uploading it again changes nothing.
    """
    fields = list(LABELS)
    rows = list(people.values_list("attributes", *fields))
    own = sorted({name for attributes, *_ in rows for name in attributes})
    table: list[Sequence[object]] = [
        [*values, *(attributes.get(name, "") for name in own)] for attributes, *values in rows
    ]
    audit.record(actor=actor, organisation=organisation, action="roster.exported", people=len(rows))
    return write_csv([*LABELS.values(), *own], table)


def departments(people: QuerySet[Employee]) -> QuerySet[Employee, Any]:
    """The departments that there are, by the alphabet, and how many people are in each: rows with
    `department` and `people`."""
    rows = people.exclude(department="").order_by("department").values("department")
    return rows.annotate(people=Count("pk")).values_list("department", "people", named=True)

"""Finding people on the roster, and taking them along as a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, OrderBy, Q, QuerySet, Value
from django.db.models.functions import NullIf
from django.utils.translation import gettext_noop

from accounts import audit
from accounts.actors import Actor
from accounts.models import Employee, Organisation
from accounts.staff.roster_columns import LABELS
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
    status: str = "active"
    sort: str = "name"

    @classmethod
    def read(cls, said: Mapping[str, str]) -> Filter:
        """From the words of an address; what is unknown is left out."""
        status, sort = said.get("status", ""), said.get("sort", "")
        return cls(
            query=_text(said.get("q", "")),
            department=_text(said.get("department", "")),
            location=_text(said.get("location", "")),
            status=status if status in STATUSES else "active",
            sort=sort if sort in SORTS else "name",
        )

    def words(self) -> dict[str, str]:
        """The words of an address that say this, without what goes without saying."""
        said = {
            "q": self.query,
            "department": self.department,
            "location": self.location,
            "status": "" if self.status == "active" else self.status,
            "sort": "" if self.sort == "name" else self.sort,
        }
        return {name: value for name, value in said.items() if value}

    @property
    def narrows(self) -> bool:
        """Whether some are left out besides those who have left."""
        return bool(replace(self, sort="name").words())


def _text(said: str) -> str:
    return said.replace("\x00", "").strip()[:100]


def search(people: QuerySet[Employee], wanted: Filter) -> QuerySet[Employee]:
    """Those of `people` whom the filter wants, in its order; each word must be somewhere."""
    for word in wanted.query.split():
        somewhere = Q()
        for name in _SEARCHED:
            somewhere |= Q(**{f"{name}__icontains": word})
        people = people.filter(somewhere)
    if wanted.department:
        people = people.filter(department=wanted.department)
    if wanted.location:
        people = people.filter(location=wanted.location)
    if wanted.status != "all":
        people = people.filter(status=wanted.status)
    if wanted.sort in ("department", "location"):
        # Whoever has none comes last.
        first = OrderBy(NullIf(F(wanted.sort), Value("")), nulls_last=True)
        return people.order_by(first, *_BY_NAME)
    if wanted.sort == "newest":
        return people.order_by("-created_at", "-pk")
    return people.order_by(*(("email",) if wanted.sort == "email" else _BY_NAME))


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

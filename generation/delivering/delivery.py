"""Approved headshots on their way out."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from defusedcsv import csv
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.models import Employee
from generation.approving import alternatives
from generation.delivering import naming
from generation.delivering.told import EVERYTHING, Told
from generation.finishing import finishes, rendition_table, renditions, wall_pictures
from generation.finishing.walls import Wall
from generation.models import Alternative, Headshot, Order, Rendition, Shoot, State
from generation.storage import vault
from headshots.lib.problems import Problem
from headshots.lib.vault import FileMissing
from headshots.lib.zip_stream import zip_stream

# What stands for a headshot whose renditions are not there: its picture as the worker left it.
PICTURE = "portrait"
# What the list says of those who opted out and gave something else.
_INSTEAD = {
    Alternative.Kind.PHOTO: "photo given instead",
    Alternative.Kind.INITIALS: "initials",
}
_COLUMNS = ("employee number", "first name", "last name", "email", "state", "approved", "file")


@dataclass(frozen=True)
class File:
    """One file that leaves: where it goes in an archive, and where it lies."""

    path: str
    key: str


@dataclass
class Parcel:
    """What a download holds: a name for each picture, the files, and what to say of them."""

    named: list[tuple[str, Headshot]] = field(default_factory=list)
    # What people who opted out gave: a photo in every rendition, initials in one.
    instead: list[tuple[str, Alternative]] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    # Headshots that have no file of a chosen kind yet.
    missing: int = 0

    @property
    def people(self) -> list[Employee]:
        """Whose pictures these are, as they are named one after the other."""
        return _people([h for _name, h in self.named], [a for _name, a in self.instead])


def delivered(*, order: Order) -> list[Headshot]:
    """The approved headshots of an order, by name."""
    return list(
        Headshot.objects.filter(shoot__state=State.DELIVERED, shoot__order=order)
        .select_related("candidate", "shoot__employee")
        .order_by("shoot__employee__last_name", "shoot__employee__first_name", "pk")
    )


def kinds(*, order: Order) -> list[rendition_table.Row]:
    """The renditions that an order's headshots have, as its finish lists them."""
    return rendition_table.rows(finishes.of_order(order).renditions)


def chosen_kinds(*, order: Order, wanted: Sequence[str]) -> list[str]:
    """Those of the wanted renditions that the order has; all where none is wanted.

    Raises Problem for one that it does not have.
    """
    there = [row.kind for row in kinds(order=order)]
    unknown = sorted(set(wanted) - set(there))
    if unknown:
        raise Problem(
            _("This order has no rendition “{name}”.").format(name=unknown[0][:40]),
            code="renditions",
            field="kinds",
        )
    return [kind for kind in there if kind in wanted] if wanted else there


def save_naming(*, actor: Actor, order: Order, pattern: str) -> str:
    """Keep how the files of an order are named. Raises Problem for a pattern that is none."""
    pattern = naming.checked(pattern)
    with transaction.atomic():
        Order.objects.filter(pk=order.pk).update(naming=pattern)
        audit.record(
            actor=actor,
            organisation=order.organisation,
            action="order.naming",
            about=order,
            pattern=pattern,
        )
    order.naming = pattern
    return pattern


def pack(*, order: Order, wanted: Sequence[str] = (), pattern: str = "") -> Parcel:
    """What a download of some renditions would hold; reads no file.

    One rendition lies flat, several lie in a folder each. What people who opted out gave lies
    beside the headshots, named after them. Raises Problem as `chosen_kinds` and `naming.checked`.
    """
    headshots, given = delivered(order=order), alternatives.of_order(order)
    names = naming.names(naming.checked(pattern or order.naming), _people(headshots, given))
    parcel = Parcel(
        list(zip(names.stems, headshots, strict=False)),
        list(zip(names.stems[len(headshots) :], given, strict=True)),
        sentences=names.sentences,
    )
    wanted = chosen_kinds(order=order, wanted=wanted)
    found = renditions.of_order(order)
    for stem, headshot in parcel.named:
        files = _files_of(headshot, found.get(headshot.pk, {}), wanted)
        parcel.missing += len(files) < len(wanted)
        parcel.files += [_file(stem, kind, key, flat=len(wanted) == 1) for kind, key in files]
    for stem, given_one in parcel.instead:
        files = _files_instead(given_one, wanted)
        parcel.files += [_file(stem, kind, key, flat=len(wanted) == 1) for kind, key in files]
    return parcel


def _people(headshots: Sequence[Headshot], given: Sequence[Alternative]) -> list[Employee]:
    return [h.shoot.employee for h in headshots] + [a.shoot.employee for a in given]


def _file(stem: str, kind: str, key: str, *, flat: bool) -> File:
    name = f"{stem}.{key.rsplit('.', 1)[-1]}"
    return File(name if flat else f"{kind}/{name}", key)


def _files_of(
    headshot: Headshot, made: Mapping[str, Rendition], wanted: Sequence[str]
) -> list[tuple[str, str]]:
    if not made:
        return [(PICTURE, headshot.candidate.finished)]
    return [(kind, made[kind].file) for kind in wanted if kind in made]


def _files_instead(given: Alternative, wanted: Sequence[str]) -> list[tuple[str, str]]:
    made = {file["kind"]: file["file"] for file in given.files}
    files = [(kind, made[kind]) for kind in wanted if kind in made]
    return files or [(PICTURE, given.finished)]


def status_csv(*, order: Order, parcel: Parcel | None = None, told: Told = EVERYTHING) -> bytes:
    """Everybody of an order with state and files, as far as it may be told, as CSV that runs in no
    spreadsheet."""
    parcel = parcel or pack(order=order)
    out = io.StringIO()
    writer = csv.writer(out)
    columns = told.columns(_COLUMNS)
    writer.writerow(columns)
    names: dict[UUID, tuple[str, Headshot]] = {
        headshot.shoot_id: (name, headshot) for name, headshot in parcel.named
    }
    instead = {picture.shoot_id: (name, picture) for name, picture in parcel.instead}
    for shoot in Shoot.objects.filter(order=order).select_related("employee"):
        person, state = shoot.employee, shoot.state
        name, headshot = names.get(shoot.pk, ("", None))
        if headshot is None and shoot.pk in instead:
            name, picture = instead[shoot.pk]
            state = _INSTEAD[Alternative.Kind(picture.kind)]
        if not name and not told.everybody:
            continue
        approved = headshot.approved_at if headshot else None
        row = (
            person.employee_number,
            person.first_name,
            person.last_name,
            person.email,
            state,
            approved.date().isoformat() if approved else "",
            name,
        )
        said = dict(zip(_COLUMNS, row, strict=True))
        writer.writerow([said[column] for column in columns])
    return out.getvalue().encode("utf-8-sig")


def _members(
    *, actor: Actor, order: Order, wanted: Sequence[str], pattern: str, told: Told = EVERYTHING
) -> list[tuple[str, Callable[[], bytes | None]]]:
    """What is taken home: names, and what reads each file. That it was taken is written down."""
    with transaction.atomic():
        parcel = pack(order=order, wanted=wanted, pattern=pattern)
        audit.record(
            actor=actor,
            organisation=order.organisation,
            action="order.downloaded",
            about=order,
            headshots=len(parcel.named),
            instead=len(parcel.instead),
            files=len(parcel.files),
        )
        status = status_csv(order=order, parcel=parcel, told=told)
    return [
        ("status.csv", lambda: status),
        *((file.path, _reader(file.key)) for file in parcel.files),
    ]


def zip_order(
    *,
    actor: Actor,
    order: Order,
    wanted: Sequence[str] = (),
    pattern: str = "",
    told: Told = EVERYTHING,
) -> Iterator[bytes]:
    """A ZIP of the approved headshots, what was given instead of some, and a status CSV that says
    as much as may be told, in pieces while it is read."""
    return zip_stream(_members(actor=actor, order=order, wanted=wanted, pattern=pattern, told=told))


def files(
    *, actor: Actor, order: Order, wanted: Sequence[str] = (), told: Told = EVERYTHING
) -> Iterator[tuple[str, bytes]]:
    """The same one by one: name and content; the list says as much as may be told."""
    members = _members(actor=actor, order=order, wanted=wanted, pattern="", told=told)
    return ((name, data) for name, read in members if (data := read()) is not None)


def zip_own(*, shoot: Shoot) -> Iterator[bytes]:
    """All renditions of one person's own headshot, as a ZIP. Raises Problem where there is none."""
    headshot = own_headshot(shoot=shoot)
    made = renditions.of(headshot)
    stem = naming.names("{first}_{last}", [shoot.employee]).stems[0]
    members = [
        (f"{stem}-{kind}.{key.rsplit('.', 1)[-1]}", _reader(key))
        for kind, key in _files_of(headshot, made, list(made))
    ]
    return zip_stream(members)


def own_headshot(*, shoot: Shoot) -> Headshot:
    """The approved headshot of a shoot. Raises Problem (404) where there is none."""
    headshot = Headshot.objects.select_related("candidate").filter(shoot=shoot).first()
    if headshot is None or shoot.state != State.DELIVERED:
        raise Problem(_("There is no approved headshot to download."), code="none", status=404)
    return headshot


def _reader(key: str) -> Callable[[], bytes | None]:
    def read() -> bytes | None:
        try:
            return vault().read(key)
        except FileMissing:  # withdrawn while the archive was on its way
            return None

    return read


def wall_picture(*, order: Order) -> bytes | None:
    """An order's wall as one PNG: all delivered headshots, and what was given
    instead of others, in a grid with names; None for none.

    Takes about 20 ms a person, so it is made in tasks and commands.
    """
    headshots, given = delivered(order=order), alternatives.of_order(order)
    wall = Wall(order.organisation, headshots, given, order=order)
    people = wall_pictures.hung(headshots=headshots, given=given)
    return wall_pictures.png(wall, people) if people else None

"""Approved headshots on their way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from generation.approving import alternatives
from generation.delivering import naming, status_list
from generation.delivering.parcels import File, Lacking, Parcel
from generation.delivering.told import EVERYTHING, Told
from generation.finishing import finishes, rendition_table, renditions, wall_pictures
from generation.finishing.walls import Wall
from generation.models import Headshot, Order, Shoot, State
from generation.storage import vault
from headshots.lib.problems import Problem
from headshots.lib.vault import FileMissing
from headshots.lib.zip_stream import zip_stream


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


def still_there(*, order: Order, wanted: Sequence[str]) -> list[str]:
    """Those of the renditions that were chosen some time ago which the order still has; its table
    may have others since."""
    there = {row.kind for row in kinds(order=order)}
    return [kind for kind in wanted if kind in there]


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


def pack(
    *, order: Order, wanted: Sequence[str] = (), pattern: str = "", long_chosen: bool = False
) -> Parcel:
    """What a download of some renditions would hold; reads no file.

    One rendition lies flat, several lie in a folder each. What people who opted out gave lies
    beside the headshots, named after them. A rendition that somebody does not have is left out;
    nothing else stands for it. Of what was `long_chosen`, for a link or an export, what the order
    does not have any more is named as gone. Raises Problem as `naming.checked` and, of what was
    not, as `chosen_kinds`.
    """
    stems, sentences = _stems(order, naming.checked(pattern or order.naming))
    gone: list[str] = []
    if wanted and long_chosen:
        left = still_there(order=order, wanted=wanted)
        gone = [kind for kind in wanted if kind not in left]
        wanted = left
    else:
        wanted = chosen_kinds(order=order, wanted=wanted)
    flat = len(wanted) + len(gone) == 1
    parcel = Parcel(
        [(stems[headshot.shoot_id], headshot) for headshot in delivered(order=order)],
        [(stems[given.shoot_id], given) for given in alternatives.of_order(order)],
        sentences=sentences,
        gone=gone,
    )
    found = renditions.of_order(order)
    failed = renditions.failed_of_order(order)
    for stem, headshot in parcel.named:
        made = {kind: row.file for kind, row in found.get(headshot.pk, {}).items()}
        parcel.files += _files(stem, headshot.shoot_id, made, wanted, flat=flat)
        if lacks := [kind for kind in wanted if kind not in made]:
            parcel.lacking[headshot.shoot_id] = Lacking(
                lacks, headshot.pk in failed, failed.get(headshot.pk, "")
            )
    drawn = rendition_table.main_kind(kinds(order=order))
    for stem, given in parcel.instead:
        made = {file["kind"]: file["file"] for file in given.files} or {drawn: given.finished}
        parcel.files += _files(stem, given.shoot_id, made, wanted, flat=flat)
    return parcel


def _stems(order: Order, pattern: str) -> tuple[dict[UUID, str], list[str]]:
    """A name for everybody of an order, by shoot, and what to know of them.

    All are named, in the order in which they came to it: so nobody's name changes when somebody
    else is approved, steps out or is added.
    """
    shoots = list(
        Shoot.objects.filter(order=order)
        .select_related("employee")
        .only(*(f"employee__{name}" for name in naming.COLUMNS))
        .order_by("pk")
    )
    names = naming.names(pattern, [shoot.employee for shoot in shoots])
    stems = {shoot.pk: stem for shoot, stem in zip(shoots, names.stems, strict=True)}
    return stems, names.sentences


def _files(
    stem: str, shoot_id: UUID, made: Mapping[str, str], wanted: Sequence[str], *, flat: bool
) -> Iterator[File]:
    for kind in wanted:
        if key := made.get(kind):
            name = f"{stem}.{key.rsplit('.', 1)[-1]}"
            yield File(name if flat else f"{kind}/{name}", key, shoot_id)


def _members(
    *,
    actor: Actor,
    order: Order,
    wanted: Sequence[str],
    pattern: str,
    told: Told,
    long_chosen: bool,
) -> list[tuple[str, Callable[[], bytes | None]]]:
    """What is taken home: names, and what reads each file. That it was taken is written down."""
    with transaction.atomic():
        parcel = pack(order=order, wanted=wanted, pattern=pattern, long_chosen=long_chosen)
        audit.record(
            actor=actor,
            organisation=order.organisation,
            action="order.downloaded",
            about=order,
            headshots=len(parcel.named),
            instead=len(parcel.instead),
            files=len(parcel.files),
        )
        status = status_list.as_csv(order=order, parcel=parcel, told=told)
    return [
        ("status.csv", lambda: status),
        *((file.path, reader(file.key)) for file in parcel.files),
    ]


def zip_order(
    *,
    actor: Actor,
    order: Order,
    wanted: Sequence[str] = (),
    pattern: str = "",
    told: Told = EVERYTHING,
    long_chosen: bool = False,
) -> Iterator[bytes]:
    """A ZIP of the approved headshots, what was given instead of some, and a status CSV that says
    as much as may be told, in pieces while it is read. `long_chosen` as `pack`."""
    return zip_stream(
        _members(
            actor=actor,
            order=order,
            wanted=wanted,
            pattern=pattern,
            told=told,
            long_chosen=long_chosen,
        )
    )


def files(
    *,
    actor: Actor,
    order: Order,
    wanted: Sequence[str] = (),
    told: Told = EVERYTHING,
    long_chosen: bool = False,
) -> Iterator[tuple[str, bytes]]:
    """The same one by one: name and content; the list says as much as may be told."""
    members = _members(
        actor=actor,
        order=order,
        wanted=wanted,
        pattern="",
        told=told,
        long_chosen=long_chosen,
    )
    return ((name, data) for name, read in members if (data := read()) is not None)


def reader(key: str) -> Callable[[], bytes | None]:
    """What reads a file of the vault for an archive; None for one that went on its way."""

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

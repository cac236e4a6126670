"""Approved headshots on their way out."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Iterator

from defusedcsv import csv
from django.db import transaction
from PIL import Image

from accounts import audit
from accounts.actors import Actor
from generation.models import Headshot, Order, Shoot, State
from generation.storage import vault
from headshots.lib.zip_stream import zip_stream


def file_stem(shoot: Shoot) -> str:
    """A file name for a person: last, first and number, in letters any system takes."""
    employee = shoot.employee
    parts = [employee.last_name, employee.first_name, employee.employee_number]
    text = "_".join(part for part in parts if part) or employee.email
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-.") or str(shoot.pk)


def delivered(*, order: Order) -> list[Headshot]:
    """The approved headshots of an order, by name."""
    return list(
        Headshot.objects.filter(shoot__order=order, shoot__state=State.DELIVERED)
        .select_related("candidate", "shoot__employee")
        .order_by("shoot__employee__last_name", "shoot__employee__first_name", "pk")
    )


def status_csv(*, order: Order) -> bytes:
    """Everybody of an order with state and file name, as CSV that runs in no spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["employee number", "first name", "last name", "email", "state", "file"])
    names = {headshot.shoot_id: name for name, headshot in _named(order)}
    for shoot in Shoot.objects.filter(order=order).select_related("employee"):
        person = shoot.employee
        writer.writerow(
            [
                person.employee_number,
                person.first_name,
                person.last_name,
                person.email,
                shoot.state,
                names.get(shoot.pk, ""),
            ]
        )
    return out.getvalue().encode("utf-8-sig")


def _named(order: Order) -> list[tuple[str, Headshot]]:
    """File names of the delivered, no two alike whatever a file system makes of case."""
    taken: set[str] = set()
    named = []
    for headshot in delivered(order=order):
        stem = file_stem(headshot.shoot)
        name, number = f"{stem}.jpg", 1
        while name.lower() in taken:
            number += 1
            name = f"{stem}-{number}.jpg"
        taken.add(name.lower())
        named.append((name, headshot))
    return named


def _members(*, actor: Actor, order: Order) -> list[tuple[str, Callable[[], bytes]]]:
    """What is taken home: names, and what reads each file. That it was taken is written down."""
    with transaction.atomic():
        named = _named(order)
        audit.record(
            actor=actor,
            organisation=order.organisation,
            action="order.downloaded",
            about=order,
            headshots=len(named),
        )
        status = status_csv(order=order)
    return [
        ("status.csv", lambda: status),
        *((name, _reader(headshot.candidate.finished)) for name, headshot in named),
    ]


def zip_order(*, actor: Actor, order: Order) -> Iterator[bytes]:
    """A ZIP of the approved headshots and a status CSV, in pieces while it is read."""
    return zip_stream(_members(actor=actor, order=order))


def files(*, actor: Actor, order: Order) -> Iterator[tuple[str, bytes]]:
    """The same one by one: name and content."""
    return ((name, read()) for name, read in _members(actor=actor, order=order))


def _reader(key: str) -> Callable[[], bytes]:
    return lambda: vault().read(key)


def wall_picture(*, order: Order) -> bytes | None:
    """The staff wall as one PNG: all delivered headshots in a grid with names; None for none.

    Takes about 20 ms a person, so it is made in tasks and commands.
    """
    from generation.engine import finish

    headshots = delivered(order=order)
    if not headshots:
        return None
    pictures = []
    for headshot in headshots:
        with Image.open(vault().path(headshot.candidate.finished)) as picture:
            pictures.append(picture.convert("RGB"))
    names = [headshot.shoot.employee.name for headshot in headshots]
    return finish.png(finish.wall(pictures, names, title=order.organisation.name))

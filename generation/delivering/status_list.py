"""The list that goes along with an order's files: everybody, with state, files and what is lacking.

In English wherever it is made, as programs read it.
"""

from __future__ import annotations

import io
from uuid import UUID

from defusedcsv import csv

from generation.delivering.parcels import Parcel
from generation.delivering.told import EVERYTHING, Told
from generation.models import Alternative, Order, Shoot

# What the list says of those who opted out and gave something else.
_INSTEAD = {
    Alternative.Kind.PHOTO: "photo given instead",
    Alternative.Kind.INITIALS: "initials",
}
_COLUMNS = (
    "employee number",
    "first name",
    "last name",
    "email",
    "state",
    "approved",
    "file",
    "note",
)
# Stands between the paths of a person's files; no file name holds it.
BETWEEN = "; "


def as_csv(*, order: Order, parcel: Parcel, told: Told = EVERYTHING) -> bytes:
    """Everybody of an order with state, the paths of their files in the archive, and a note where
    a chosen file is lacking, as far as it may be told, as CSV that runs in no spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    columns = told.columns(_COLUMNS)
    writer.writerow(columns)
    headshots = {headshot.shoot_id: headshot for _name, headshot in parcel.named}
    instead = {given.shoot_id: given for _name, given in parcel.instead}
    paths: dict[UUID, list[str]] = {}
    for file in parcel.files:
        paths.setdefault(file.shoot_id, []).append(file.path)
    for shoot in Shoot.objects.filter(order=order).select_related("employee"):
        person, state, note = shoot.employee, str(shoot.state), ""
        headshot, given = headshots.get(shoot.pk), instead.get(shoot.pk)
        if headshot is None and given is None and not told.everybody:
            continue
        if headshot is not None:
            note = _lacking(parcel, shoot.pk)
        elif given is not None:
            state = _INSTEAD[Alternative.Kind(given.kind)]
            note = "" if shoot.pk in paths else "not made in the chosen renditions"
        if parcel.gone and (headshot is not None or given is not None):
            gone = f"not made any more: {', '.join(parcel.gone)}"
            note = f"{note}{BETWEEN}{gone}" if note else gone
        approved = headshot.approved_at if headshot else None
        row = (
            person.employee_number,
            person.first_name,
            person.last_name,
            person.email,
            state,
            approved.date().isoformat() if approved else "",
            BETWEEN.join(paths.get(shoot.pk, [])),
            note,
        )
        said = dict(zip(_COLUMNS, row, strict=True))
        writer.writerow([said[column] for column in columns])
    return out.getvalue().encode("utf-8-sig")


def _lacking(parcel: Parcel, shoot_id: UUID) -> str:
    lacking = parcel.lacking.get(shoot_id)
    if lacking is None:
        return ""
    kinds = ", ".join(lacking.kinds)
    if not lacking.failed:
        return f"still being made: {kinds}"
    return f"could not be made: {kinds}. {lacking.reason}".strip()

"""What somebody takes home of themselves: their headshot, or what they gave instead of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from generation.delivering import naming
from generation.delivering.delivery import reader
from generation.finishing import finishes, rendition_table, renditions
from generation.models import Alternative, Headshot, Shoot, State
from headshots.lib.problems import Problem
from headshots.lib.zip_stream import zip_stream


@dataclass(frozen=True)
class InsteadFile:
    """One file of a photo that was given instead; without sides where its rendition went."""

    kind: str
    format: str
    width: int
    height: int
    key: str

    @property
    def content_type(self) -> str:
        """The MIME type."""
        return f"image/{self.format}"


def headshot(*, shoot: Shoot) -> Headshot:
    """The approved headshot of a shoot. Raises Problem (404) where there is none."""
    found = Headshot.objects.select_related("candidate").filter(shoot=shoot).first()
    if found is None or shoot.state != State.DELIVERED:
        raise Problem(_("There is no approved headshot to download."), code="none", status=404)
    return found


def instead(*, shoot: Shoot) -> Alternative | None:
    """What somebody who opted out gave, once it is finished."""
    given = Alternative.objects.filter(shoot=shoot).exclude(finished="").first()
    return given if shoot.state == State.OPTED_OUT else None


def files_instead(*, given: Alternative) -> list[InsteadFile]:
    """The files that a photo became, as its order's table lists them; none of initials."""
    table = finishes.of_order(given.shoot.order).renditions
    rows = {row.kind: row for row in rendition_table.rows(table)}
    found = []
    for file in given.files:
        row = rows.get(file["kind"])
        width, height = (row.width, row.height) if row else (0, 0)
        found.append(InsteadFile(file["kind"], file["format"], width, height, file["file"]))
    return found


def file_instead(*, shoot: Shoot, kind: str) -> InsteadFile:
    """One of them. Raises Problem (404) where there is none of that kind."""
    given = instead(shoot=shoot)
    for file in files_instead(given=given) if given else []:
        if file.kind == kind:
            return file
    raise Problem(_("There is no such file of yours to download."), code="none", status=404)


def zip_own(*, shoot: Shoot) -> Iterator[bytes]:
    """All files of one person's own headshot, or of what they gave instead, as a ZIP. Raises
    Problem (404) where there is neither."""
    given = instead(shoot=shoot)
    if given is not None:
        files = [(file["kind"], file["file"]) for file in given.files]
        picture = given.finished
    else:
        own = headshot(shoot=shoot)
        files = [(row.kind, row.file) for row in renditions.of(own).values()]
        picture = own.candidate.finished
    stem = naming.names("{first}_{last}", [shoot.employee]).stems[0]
    return zip_stream(
        [
            (f"{stem}-{kind}.{key.rsplit('.', 1)[-1]}", reader(key))
            for kind, key in files or [("portrait", picture)]
        ]
    )

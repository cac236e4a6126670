"""A staff wall as one picture or a PDF: drawn by a task, kept until the wall changes."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _
from django_q.tasks import async_task
from PIL import Image, ImageOps

from accounts import audit
from accounts.actors import Actor
from accounts.models import Employee
from generation.engine import provenance
from generation.finishing import credentials, renditions, wall_waits, walls
from generation.finishing.credentials import Unusable
from generation.finishing.walls import Wall, by_name
from generation.models import Alternative, Headshot
from generation.storage import vault
from headshots.lib.problems import Problem
from headshots.lib.vault import FileMissing

KINDS = {"png": "image/png", "pdf": "application/pdf"}
# Pixels that a picture is wide, up to _WHOLE people; of more all are narrower.
_TILE, _WHOLE = 320, 250
_BROKE = gettext_noop(
    "The fault is here. Whoever runs this installation finds the reason in its log."
)
# A4 upright at 150 dots an inch, 4 × 5 people a page.
_PAGE, _DPI, _ACROSS, _DOWN = (1240, 1754), 150, 4, 5


@dataclass(frozen=True)
class Hung:
    """One picture of a wall: whose, its vault key, what it is where it is no approved headshot,
    the person's title, and what stands for a name that no font has: their address up to the @."""

    name: str
    key: str
    note: str = ""
    title: str = ""
    address: str = ""


def hung(*, headshots: Sequence[Headshot], given: Sequence[Alternative]) -> list[Hung]:
    """A wall by name: headshots, said to await approval where they do, and what people who opted
    out gave instead, said to be that."""
    both = [
        *((h.shoot.employee, _hung_headshot(h)) for h in headshots),
        *((a.shoot.employee, _hung(a.shoot.employee, a.finished, what_is(a))) for a in given),
    ]
    return [one for _employee, one in sorted(both, key=lambda pair: by_name(pair[0]))]


def _hung_headshot(headshot: Headshot) -> Hung:
    note = "" if headshot.approved_at else _("Awaits approval")
    return _hung(headshot.shoot.employee, picture_key(headshot), note)


def _hung(person: Employee, key: str, note: str) -> Hung:
    return Hung(person.name, key, note, person.title, person.email.partition("@")[0])


def not_written(people: Iterable[Employee]) -> int:
    """How many people have a name that the pictures of a wall cannot write whole."""
    from generation.engine.lettering import lettering

    text = lettering(_TILE / 16, settings.FONTS)
    return sum(bool(text.missing(person.name)) for person in people)


def what_is(given: Alternative) -> str:
    """What a picture given instead of a headshot is, in two words."""
    if given.kind == Alternative.Kind.PHOTO:
        return _("Own photo, not generated")
    return _("Initials")


def picture_key(headshot: Headshot) -> str:
    """The vault key of the picture that stands for a headshot: its first rendition that fills its
    frame, or, until there is one, the candidate as aligned."""
    main = renditions.main(headshot)
    return main.file if main is not None else headshot.candidate.finished


@dataclass(frozen=True)
class Hanging:
    """A wall as it hangs now: how many people, the vault key of its picture, whether that is
    drawn already, and why it could not be when it was last asked for (`wall_waits.why_not`)."""

    people: int
    key: str
    ready: bool
    sentence: str = ""


def hanging(*, wall: Wall, kind: str) -> Hanging:
    """A wall as it hangs now; `kind` is one of KINDS."""
    people = _people(wall)
    key = _key(wall, people, kind)
    ready = vault().exists(key)
    why = "" if ready else wall_waits.why_not(key)
    return Hanging(people=len(people), key=key, ready=ready, sentence=why)


def hanging_keys(*, wall: Wall) -> set[str]:
    """The vault keys of a wall as it hangs now, of each kind and in each language."""
    keys = set()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            people = _people(wall)
        keys |= {_key(wall, people, kind) for kind in KINDS}
    return keys


def _people(wall: Wall) -> list[Hung]:
    if wall.order is None:
        walls.fetch_files(wall.headshots)
    return hung(headshots=wall.headshots, given=wall.given)


def _key(wall: Wall, people: Sequence[Hung], kind: str) -> str:
    text = "\n".join(f"{one.name} {one.title} {one.key} {one.note} {one.address}" for one in people)
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    return f"{wall.folder}/{digest}.{kind}"


def asked_for(*, actor: Actor, wall: Wall, kind: str, waiting: bool = False) -> tuple[str, bool]:
    """The vault key of a wall as it hangs now, and whether it is drawn already. If not, drawing is
    queued, once however often it is asked for meanwhile. Raises Problem for an empty wall, and
    (503) where who is `waiting` waits for one that could not be drawn."""
    found = hanging(wall=wall, kind=kind)
    if not found.people:
        raise Problem(
            _("The wall is empty so far; approve a headshot first."), code="empty", status=409
        )
    key = found.key
    if found.ready:
        return key, True
    if waiting and found.sentence:
        raise Problem(
            _("The wall could not be drawn. {why} Go back to the wall and try it again.").format(
                why=_(found.sentence)
            ),
            code="not_drawn",
            status=503,
        )
    with transaction.atomic():
        if not wall_waits.begin(key):
            return key, False
        if wall.order is not None:
            async_task("generation.tasks.draw_wall", str(wall.order.pk), kind, key, get_language())
        else:
            whose = (str(wall.organisation.pk), wall.department)
            async_task("generation.tasks.draw_staff_wall", *whose, kind, key, get_language())
        audit.record(
            actor=actor,
            organisation=wall.organisation,
            action="wall.exported",
            about=wall.order or wall.organisation,
        )
    return key, False


def draw(*, wall: Wall, kind: str, key: str) -> None:
    """Draw a wall into the vault and remove older ones; about 20 ms a person. Twice is once. What
    keeps it from being drawn is noted for whoever waits, and raised."""
    try:
        _draw(wall, kind, key)
    except Exception as problem:
        known = isinstance(problem, (Problem, Unusable, provenance.CannotSign))
        wall_waits.end(key, sentence=str(problem) if known else _BROKE)
        raise
    wall_waits.end(key)


def _draw(wall: Wall, kind: str, key: str) -> None:
    if vault().exists(key):
        return
    people = _people(wall)
    if not people:
        return
    data = png(wall, people) if kind == "png" else _pdf(wall, people)
    for old in list(vault().keys(wall.folder)):
        if old.endswith(f".{kind}") and old != key:
            vault().delete(old)
    vault().put(key, data)


def _tile(key: str, width: int) -> Image.Image:
    """A picture so wide; an empty one where its file is gone, so that the others hang."""
    try:
        path = vault().path(key)
    except FileMissing:
        return Image.new("RGB", (width, round(width * 1.25)), (232, 232, 229))
    with Image.open(path) as picture:
        picture.draft("RGB", (width, round(width * 1.25)))
        tile = picture.convert("RGB")
    height = round(width * tile.height / tile.width)
    return tile.resize((width, height), Image.Resampling.LANCZOS)


def _tiles(people: Sequence[Hung], width: int) -> list[Image.Image]:
    """Everybody's picture in the proportions of the first, as looks may have others; what does not
    fit is cut off, more of it below than above."""
    tiles = [_tile(one.key, width) for one in people]
    size = tiles[0].size
    return [
        tile if tile.size == size else ImageOps.fit(tile, size, centering=(0.5, 0.3))
        for tile in tiles
    ]


def png(wall: Wall, people: Sequence[Hung]) -> bytes:
    """A wall as one picture, which says that it is composed of others, some of them a model's."""
    from generation.engine import finish

    # So that a thousand people are a picture that programs still open.
    width = min(_TILE, round(_TILE * math.sqrt(_WHOLE / len(people))))
    sheet = _sheet(people, title=wall.title, width=width)
    data = finish.png(sheet, xmp=credentials.label(provenance.COMPOSED))
    return credentials.sign(data, "png", look=wall.looks, source=provenance.COMPOSED)[0]


def _sheet(
    people: Sequence[Hung], *, title: str, width: int = _TILE, columns: int | None = None
) -> Image.Image:
    from generation.engine import finish
    from generation.engine.lettering import lettering

    text = lettering(_TILE / 16, settings.FONTS)
    return finish.wall(
        _tiles(people, width),
        [text.written(one.name) or one.address for one in people],
        titles=[one.title for one in people],
        notes=[one.note for one in people],
        columns=columns,
        tile=width,
        title=title,
        fonts=settings.FONTS,
    )


def _pdf(wall: Wall, people: Sequence[Hung]) -> bytes:
    """A wall as pages, which say the same."""
    from generation.engine import pdf

    label = credentials.label(provenance.COMPOSED)
    data = pdf.document(_pages(wall, people), dpi=_DPI, title=wall.title, xmp=label)
    return credentials.sign(data, "pdf", look=wall.looks, source=provenance.COMPOSED)[0]


def _pages(wall: Wall, people: Sequence[Hung]) -> Iterator[Image.Image]:
    each = _ACROSS * _DOWN
    for start in range(0, len(people), each):
        sheet = _sheet(
            people[start : start + each],
            columns=_ACROSS,
            title=wall.title if start == 0 else "",
        )
        factor = min((_PAGE[0] - 120) / sheet.width, (_PAGE[1] - 120) / sheet.height)
        size = (round(sheet.width * factor), round(sheet.height * factor))
        page = Image.new("RGB", _PAGE, (250, 250, 248))
        page.paste(sheet.resize(size, Image.Resampling.LANCZOS), ((_PAGE[0] - size[0]) // 2, 60))
        yield page

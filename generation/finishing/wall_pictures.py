"""A staff wall as one picture or a PDF: drawn by a task, kept until the wall changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django_q.tasks import async_task
from PIL import Image

from accounts import audit
from accounts.actors import Actor
from accounts.models import Employee
from generation.approving import alternatives
from generation.engine import provenance
from generation.finishing import consistency, credentials, renditions
from generation.models import Alternative, Headshot, Order
from generation.storage import vault
from headshots.lib.problems import Problem
from headshots.lib.vault import FileMissing

KINDS = {"png": "image/png", "pdf": "application/pdf"}
_TILE = 320
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


def by_name(person: Employee) -> tuple[str, str, str]:
    """What people on a wall are sorted by."""
    return person.last_name.casefold(), person.first_name.casefold(), str(person.pk)


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
    """A wall as it hangs now: how many people, the vault key of its picture, and whether that is
    drawn already."""

    people: int
    key: str
    ready: bool


def hanging(*, order: Order, kind: str) -> Hanging:
    """An order's wall as it hangs now; `kind` is one of KINDS."""
    people = hung(headshots=consistency.shown(order=order), given=alternatives.of_order(order))
    key = _key(order, people, kind)
    return Hanging(people=len(people), key=key, ready=vault().exists(key))


def hanging_keys(*, order: Order) -> set[str]:
    """The vault keys of an order's wall as it hangs now, of each kind and in each language."""
    headshots, given = consistency.shown(order=order), alternatives.of_order(order)
    keys = set()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            people = hung(headshots=headshots, given=given)
        keys |= {_key(order, people, kind) for kind in KINDS}
    return keys


def _key(order: Order, people: Sequence[Hung], kind: str) -> str:
    text = "\n".join(f"{one.name} {one.title} {one.key} {one.note} {one.address}" for one in people)
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    return f"{order.walls_folder}/{digest}.{kind}"


def asked_for(*, actor: Actor, order: Order, kind: str) -> tuple[str, bool]:
    """The vault key of an order's wall as it hangs now, and whether it is drawn already. If not,
    drawing is queued. Raises Problem for an empty wall."""
    found = hanging(order=order, kind=kind)
    if not found.people:
        raise Problem(
            _("The wall is empty so far; approve a headshot first."), code="empty", status=409
        )
    key = found.key
    if found.ready:
        return key, True
    with transaction.atomic():
        async_task("generation.tasks.draw_wall", str(order.pk), kind, key, get_language())
        audit.record(
            actor=actor, organisation=order.organisation, action="wall.exported", about=order
        )
    return key, False


def draw(*, order_id: UUID, kind: str, key: str) -> None:
    """Draw a wall into the vault and remove older ones; about 20 ms a person. Twice is once."""
    if vault().exists(key):
        return
    order = Order.objects.select_related("organisation", "look").get(pk=order_id)
    people = hung(headshots=consistency.shown(order=order), given=alternatives.of_order(order))
    if not people:
        return
    data = png(order, people) if kind == "png" else _pdf(order, people)
    for old in list(vault().keys(order.walls_folder)):
        if old.endswith(f".{kind}") and old != key:
            vault().delete(old)
    vault().put(key, data)


def _tile(key: str) -> Image.Image:
    """A picture as wide as a tile; an empty one where its file is gone, so that the others hang."""
    try:
        path = vault().path(key)
    except FileMissing:
        return Image.new("RGB", (_TILE, round(_TILE * 1.25)), (232, 232, 229))
    with Image.open(path) as picture:
        picture.draft("RGB", (_TILE, round(_TILE * 1.25)))
        tile = picture.convert("RGB")
    height = round(_TILE * tile.height / tile.width)
    return tile.resize((_TILE, height), Image.Resampling.LANCZOS)


def png(order: Order, people: Sequence[Hung]) -> bytes:
    """A wall as one picture, which says that it is composed of others, some of them a model's."""
    from generation.engine import finish

    sheet = _sheet(people, title=order.organisation.name)
    data = finish.png(sheet, xmp=credentials.label(provenance.COMPOSED))
    look = order.direction.words()
    return credentials.sign(data, "png", look=look, source=provenance.COMPOSED)[0]


def _sheet(people: Sequence[Hung], *, title: str, columns: int | None = None) -> Image.Image:
    from generation.engine import finish
    from generation.engine.lettering import lettering

    text = lettering(_TILE / 16, settings.FONTS)
    return finish.wall(
        [_tile(one.key) for one in people],
        [text.written(one.name) or one.address for one in people],
        titles=[one.title for one in people],
        notes=[one.note for one in people],
        columns=columns,
        title=title,
        fonts=settings.FONTS,
    )


def _pdf(order: Order, people: Sequence[Hung]) -> bytes:
    """A wall as pages, which say the same."""
    from generation.engine import pdf

    pages = []
    each = _ACROSS * _DOWN
    for start in range(0, len(people), each):
        sheet = _sheet(
            people[start : start + each],
            columns=_ACROSS,
            title=order.organisation.name if start == 0 else "",
        )
        factor = min((_PAGE[0] - 120) / sheet.width, (_PAGE[1] - 120) / sheet.height)
        size = (round(sheet.width * factor), round(sheet.height * factor))
        page = Image.new("RGB", _PAGE, (250, 250, 248))
        page.paste(sheet.resize(size, Image.Resampling.LANCZOS), ((_PAGE[0] - size[0]) // 2, 60))
        pages.append(page)
    name = order.organisation.name
    label = credentials.label(provenance.COMPOSED)
    data = pdf.document(pages, dpi=_DPI, title=name, xmp=label)
    look = order.direction.words()
    return credentials.sign(data, "pdf", look=look, source=provenance.COMPOSED)[0]

"""A staff wall as one picture or a PDF: drawn by a task, kept until the wall changes."""

from __future__ import annotations

import hashlib
import io
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django_q.tasks import async_task
from PIL import Image

from accounts import audit
from accounts.actors import Actor
from generation import consistency, renditions
from generation.models import Headshot, Order
from generation.storage import vault
from headshots.lib.problems import Problem

KINDS = {"png": "image/png", "pdf": "application/pdf"}
_TILE = 320
# A4 upright at 150 dots an inch, 4 × 5 people a page.
_PAGE, _DPI, _ACROSS, _DOWN = (1240, 1754), 150, 4, 5


def picture_key(headshot: Headshot) -> str:
    """The vault key of the picture that stands for a headshot: its first rendition that fills its
    frame, or, until there is one, the candidate as aligned."""
    finishing = headshot.finishing
    if finishing is not None:
        files = {row.kind: row for row in finishing.renditions.all()}
        main = renditions.main_of(files, finishing.finish)
        if main is not None:
            return main.file
    return headshot.candidate.finished


def asked_for(*, actor: Actor, order: Order, kind: str) -> tuple[str, bool]:
    """The vault key of an order's wall as it hangs now, and whether it is drawn already. If not,
    drawing is queued. Raises Problem for an empty wall."""
    headshots = consistency.shown(order=order)
    if not headshots:
        raise Problem(
            _("The wall is empty so far; approve a headshot first."), code="empty", status=409
        )
    text = "\n".join(f"{h.shoot.employee.name} {picture_key(h)}" for h in headshots)
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    key = f"{order.organisation_id}/walls/{order.pk}/{digest}.{kind}"
    if vault().exists(key):
        return key, True
    with transaction.atomic():
        async_task("generation.tasks.draw_wall", str(order.pk), kind, key)
        audit.record(
            actor=actor, organisation=order.organisation, action="wall.exported", about=order
        )
    return key, False


def draw(*, order_id: UUID, kind: str, key: str) -> None:
    """Draw a wall into the vault and remove older ones; about 20 ms a person. Twice is once."""
    if vault().exists(key):
        return
    order = Order.objects.select_related("organisation", "look").get(pk=order_id)
    headshots = consistency.shown(order=order)
    if not headshots:
        return
    names = [headshot.shoot.employee.name for headshot in headshots]
    pictures = [_tile(headshot) for headshot in headshots]
    data = _png(order, pictures, names) if kind == "png" else _pdf(order, pictures, names)
    folder = f"{order.organisation_id}/walls/{order.pk}"
    for old in list(vault().keys(folder)):
        if old.endswith(f".{kind}") and old != key:
            vault().delete(old)
    vault().put(key, data)


def _tile(headshot: Headshot) -> Image.Image:
    with Image.open(vault().path(picture_key(headshot))) as picture:
        picture.draft("RGB", (_TILE, round(_TILE * 1.25)))
        tile = picture.convert("RGB")
    height = round(_TILE * tile.height / tile.width)
    return tile.resize((_TILE, height), Image.Resampling.LANCZOS)


def _png(order: Order, pictures: list[Image.Image], names: list[str]) -> bytes:
    from generation.engine import finish

    return finish.png(finish.wall(pictures, names, title=order.organisation.name))


def _pdf(order: Order, pictures: list[Image.Image], names: list[str]) -> bytes:
    from generation.engine import finish

    pages = []
    each = _ACROSS * _DOWN
    for start in range(0, len(pictures), each):
        sheet = finish.wall(
            pictures[start : start + each],
            names[start : start + each],
            columns=_ACROSS,
            title=order.organisation.name if start == 0 else "",
        )
        factor = min((_PAGE[0] - 120) / sheet.width, (_PAGE[1] - 120) / sheet.height)
        size = (round(sheet.width * factor), round(sheet.height * factor))
        page = Image.new("RGB", _PAGE, (250, 250, 248))
        page.paste(sheet.resize(size, Image.Resampling.LANCZOS), ((_PAGE[0] - size[0]) // 2, 60))
        pages.append(page)
    stream = io.BytesIO()
    pages[0].save(
        stream, "PDF", save_all=True, append_images=pages[1:], resolution=_DPI, quality=92
    )
    return stream.getvalue()

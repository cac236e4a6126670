"""A picture beside the others of somebody who opted out: one real photo, or initials.

No face is generated and nobody is recognised: the photo is moved to the order's crop by where its
eyes are and gets the order's backdrop; no measurement of the face is kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django_q.tasks import async_task

from accounts import audit
from accounts.actors import Actor
from generation import states
from generation.dispatch import queue
from generation.engine import provenance
from generation.finishing import (
    credentials,
    finishes,
    noted,
    photo_figures,
    renditions,
    signed_words,
)
from generation.leaving import shared_files
from generation.models import Alternative, Order, Refinish, Shoot, State, TeamConsent
from generation.sandbox import directory as stand_ins
from generation.storage import destroy, vault
from headshots.lib.images import PhotoProblem, decode_photo, to_jpeg
from headshots.lib.problems import Problem
from headshots.lib.vault import FileMissing

if TYPE_CHECKING:
    from PIL.Image import Image

    from generation.engine.finishing import Cutout, FinishSpec, RenderedFile, RenditionSpec

AGREEMENT = gettext_noop(
    "I allow {organisation} to use this photo of me, cropped and with the backdrop of the others, "
    "on its directories, badges and pages. No face is generated and my face is not measured."
)
# When a picture that is not there was lost, and when no more is hoped for.
LOST_AFTER = timedelta(minutes=3)
GIVE_UP = timedelta(hours=1)
NOT_MADE = gettext_noop(
    "The picture could not be made, and the fault is ours. Give the photo again, or choose your "
    "initials."
)
# What could be better in the photo, said beside the picture made of it, by code of the notes of its
# files.
_BETTER = {
    "hair_missing": gettext_noop(
        "The upper edge of this photo cuts your hair so far down that your head looks flat. Please "
        "take one with some room above your hair."
    ),
    "hair_cut": gettext_noop(
        "The upper edge of this photo cuts your hair. It can stay as it is; a photo with more "
        "space above your head would look better."
    ),
    "shoulders_cut": gettext_noop(
        "The side of this photo cuts your shoulder. It can stay as it is; a photo taken from a "
        "little further away would look better."
    ),
    "busy_backdrop": gettext_noop(
        "The backdrop of this photo is not plain, so something behind you may show at the outline. "
        "It can stay as it is; a photo in front of a plain wall would look better."
    ),
}


def give_initials(*, actor: Actor, shoot: Shoot) -> Alternative:
    """Initials in the order's style, instead of anything given before."""
    return _give(actor=actor, shoot=shoot, kind=Alternative.Kind.INITIALS)


def give_photo(
    *, actor: Actor, shoot: Shoot, data: bytes, name: str, agreed: bool, agreement: str
) -> Alternative:
    """One real photo, with the permission (`agreement`, as it was read) to use it.

    Raises Problem without the permission and for what is no photo.
    """
    _refuse(shoot)
    if not agreed:
        raise Problem(
            _("Tick that the photo may be used; without that it is not kept."),
            code="agreement",
            field="agreed",
        )
    try:
        photo = decode_photo(data)
    except PhotoProblem as problem:
        raise Problem(f"{name}: {problem.sentence}", code="photo", field="photo") from problem
    key = f"{shoot.instead_folder}/photo.jpg"
    vault().put(key, to_jpeg(photo.image, quality=95))
    return _give(
        actor=actor, shoot=shoot, kind=Alternative.Kind.PHOTO, file=key, agreed_text=agreement
    )


@transaction.atomic
def _give(
    *,
    actor: Actor,
    shoot: Shoot,
    kind: Alternative.Kind,
    file: str = "",
    agreed_text: str = "",
) -> Alternative:
    shoot = states.locked(shoot.pk)
    _refuse(shoot)
    before = Alternative.objects.filter(shoot=shoot).first()
    found, _made = Alternative.objects.update_or_create(
        shoot=shoot,
        defaults={
            "kind": kind,
            "file": file,
            "finished": "",
            "files": [],
            "measures": None,
            "problem": "",
            "agreed_text": agreed_text,
            "address": actor.address,
        },
    )
    audit.record(
        actor=actor,
        organisation=shoot.order.organisation,
        action="alternative.given",
        about=shoot,
        kind=str(kind),
    )
    if before:
        destroy(keys=_keys(before))
    if not file:
        destroy(keys=[f"{shoot.instead_folder}/photo.jpg"])
    async_task("generation.tasks.finish_alternative", str(found.pk))
    return found


def _refuse(shoot: Shoot) -> None:
    if shoot.state != State.OPTED_OUT:
        raise Problem(_("Opt out first."), code="not_opted_out", status=409)


@transaction.atomic
def take_back(*, actor: Actor, shoot: Shoot) -> None:
    """Destroy the picture; nothing stands beside the others then. Twice is once."""
    shoot = states.locked(shoot.pk)
    TeamConsent.objects.filter(shoot=shoot).delete()
    if Alternative.objects.filter(shoot=shoot).delete()[0]:
        audit.record(
            actor=actor,
            organisation=shoot.order.organisation,
            action="alternative.taken_back",
            about=shoot,
        )
        shared_files.forget(order=shoot.order)
        stand_ins.forget(shoot=shoot)
    destroy(folders=[shoot.instead_folder])


def begin_anew(*, order: Order) -> None:
    """Queue the pictures of those who opted out once more: the order's finish is another one now.
    Call it in the transaction of what it stands for; the old ones stay until the new are there."""
    for found in of_order(order):
        async_task("generation.tasks.finish_alternative", str(found.pk), True)


def finish(*, alternative_id: UUID, anew: bool = False) -> bool:
    """Make the picture, or `anew` where there is one; of a photo every file that the order's
    headshots become. Runs in a task: it loads dlib, and takes about two seconds. Returns whether
    there is one now.

    What was given in the meantime wins; doing it again changes nothing.
    """
    found = (
        Alternative.objects.select_related("shoot__order__look", "shoot__employee")
        .filter(pk=alternative_id)
        .first()
    )
    if found is None:
        return False
    ending = _ending(finishes.of_order(found.shoot.order).pk)
    if found.finished and (not anew or found.finished.endswith(ending)):
        return True
    before, old = found.finished, _keys(found)
    made = _made(found)
    if not made.picture and before:
        return True
    stem = f"{found.shoot.instead_folder}/{found.kind}-{secrets.token_hex(8)}"
    new = [f"{stem}{ending}"] if made.picture else []
    if made.picture:
        vault().put(new[0], made.picture)
    files = []
    for file in made.files:
        key = f"{stem}/{file.kind}.{file.suffix}"
        vault().put(key, file.data)
        new.append(key)
        files.append({"kind": file.kind, "format": file.format, "file": key})
    kept = Alternative.objects.filter(
        pk=found.pk, updated_at=found.updated_at, finished=before
    ).update(
        finished=new[0] if new else "", files=files, measures=made.measures, problem=made.problem
    )
    _remove(old if kept else new)
    return bool(kept and made.picture)


def _ending(finish_id: UUID) -> str:
    """What the name of a picture ends in: it says in which finish it was made."""
    return f"-{finish_id.hex[:12]}.jpg"


def finish_lost() -> int:
    """Queue pictures once more whose making was lost, also those that an order's change of finish
    has left in the one before; returns how many. What cannot be made for GIVE_UP is said to its
    person."""
    now = timezone.now()
    waiting = Alternative.objects.filter(
        finished="", problem="", updated_at__lt=now - LOST_AFTER, shoot__state=State.OPTED_OUT
    )
    waiting.filter(updated_at__lt=now - GIVE_UP).update(problem=NOT_MADE)
    if queue.is_long():
        return 0
    keys = list(waiting.order_by("pk").values_list("pk", flat=True)[:200])
    for key in keys:
        async_task("generation.tasks.finish_alternative", str(key))
    left = _left_behind(now)
    for key in left:
        async_task("generation.tasks.finish_alternative", str(key), True)
    return len(keys) + len(left)


def _left_behind(now: datetime) -> list[UUID]:
    """Pictures in another finish than their order's, which was changed a short while ago."""
    changed = Refinish.objects.filter(
        state__in=(Refinish.State.APPROVED, Refinish.State.UNDONE),
        decided_at__gt=now - GIVE_UP,
        decided_at__lt=now - LOST_AFTER,
    )
    given = Alternative.objects.filter(
        shoot__order__in=changed.values("order"), shoot__state=State.OPTED_OUT
    ).exclude(finished="")
    rows = given.order_by("pk").values_list("pk", "finished", "shoot__order__finish")[:2000]
    left = [pk for pk, name, finish in rows if finish and not name.endswith(_ending(finish))]
    return left[:200]


def _keys(given: Alternative) -> list[str]:
    """The vault keys of what was made for somebody, without what they gave."""
    return [key for key in (given.finished, *(file["file"] for file in given.files)) if key]


def _remove(keys: Iterable[str]) -> None:
    for key in keys:
        vault().delete(key)


@dataclass(frozen=True)
class _File:
    """One rendition of a photo, signed."""

    kind: str
    format: str
    data: bytes

    @property
    def suffix(self) -> str:
        return renditions.suffix(self.format)


@dataclass(frozen=True)
class _Made:
    """The picture that stands for somebody as JPEG, empty where there is none; of a photo every
    file of the order's table, too, and what the person should know of it, a line each, or why there
    is none."""

    picture: bytes = b""
    files: list[_File] = field(default_factory=list)
    measures: dict[str, Any] | None = None
    problem: str = ""


def _made(found: Alternative) -> _Made:
    """What somebody gave, in the order's crop and on its plate."""
    from PIL import Image

    from generation.engine import finish as encoding
    from generation.engine import finishing, initials
    from generation.engine.errors import EngineError

    person, order = found.shoot.employee, found.shoot.order
    spec = finishes.spec(finishes.of_order(order), order)
    wanted = replace(spec.main, format="jpeg")
    if found.kind == Alternative.Kind.INITIALS:
        first = person.preferred_name or person.first_name
        fonts = settings.FONTS
        letters = initials.initials(first, person.last_name, person.email, fonts=fonts)
        ground = finishing.paint(spec.plate, (wanted.width, wanted.height))
        drawn = initials.draw(letters, Image.fromarray(ground), wanted.eye_line, fonts=fonts)
        label = credentials.label(provenance.DRAWN)
        return _Made(_signed(encoding.jpeg(drawn, xmp=label), "jpeg", order, provenance.DRAWN))
    try:
        cut, (main, *others) = _finished(found, spec, [wanted, *spec.renditions])
    except (EngineError, FileMissing) as error:
        return _Made(problem=renditions.why_not(error))
    source = provenance.MADE_BY_A_PERSON
    # Its owner is told of a cut that does not show in these files, too: in others it may.
    notes = {*cut.notes, *finishing.notes(cut, [main, *others])}
    if "hair_missing" in notes:
        notes.remove("hair_cut")
    return _Made(
        picture=_signed(main.data, "jpeg", order, source),
        files=[
            _File(
                file.spec.kind,
                file.spec.format,
                _signed(file.data, file.spec.format, order, source),
            )
            for file in others
        ],
        measures=photo_figures.of(main, cut),
        problem="\n".join(said for note, said in _BETTER.items() if note in notes),
    )


def _finished(
    found: Alternative, spec: FinishSpec, wanted: Sequence[RenditionSpec]
) -> tuple[Cutout, list[RenderedFile]]:
    """The photo in some renditions of a finish. Raises EngineError and FileMissing."""
    from PIL import Image

    from generation.engine import finishing

    with Image.open(vault().path(found.file)) as photo:
        cut = finishing.cut_out(photo, renditions.matting(), least_face=finishing.LEAST_FACE)
    label = credentials.label(provenance.MADE_BY_A_PERSON)
    return cut, finishing.finish(cut, replace(spec, renditions=tuple(wanted)), xmp=label)


def notes(found: Alternative) -> list[str]:
    """What wants a look in the picture, in sentences for who is in charge."""
    told = found.problem.splitlines()
    return noted.of_photo([note for note, said in _BETTER.items() if said in told])


def square(*, found: Alternative, side: int) -> Image:
    """The photo as a square of `side` pixels, cropped as the order's largest square is, RGB; about
    a second. Raises Problem where it cannot be finished any more."""
    from generation.engine.errors import EngineError

    order = found.shoot.order
    spec = finishes.spec(finishes.of_order(order), order)
    try:
        return _finished(found, spec, [spec.plain_square(side)])[1][0].picture.convert("RGB")
    except (EngineError, FileMissing) as error:
        raise Problem(renditions.why_not(error), status=409) from error


def _signed(data: bytes, format_: str, order: Order, source: str) -> bytes:
    return credentials.sign(data, format_, look=signed_words.of_given(order), source=source)[0]


def photos(order: Order) -> list[Alternative]:
    """Those that are real photos, given to be used in directories (AGREEMENT), by name."""
    return [found for found in of_order(order) if found.kind == Alternative.Kind.PHOTO]


def of_order(order: Order) -> list[Alternative]:
    """The finished pictures of those of an order who opted out, by name."""
    return list(finished(order))


def finished(order: Order) -> QuerySet[Alternative]:
    """The same, for whoever asks for some of them."""
    return (
        Alternative.objects.filter(shoot__order=order, shoot__state=State.OPTED_OUT)
        .exclude(finished="")
        .select_related("shoot__employee")
        .order_by("shoot__employee__last_name", "shoot__employee__first_name", "pk")
    )

"""The files of headshots: rendered by the default cluster, without a GPU or a credit."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django_q.tasks import async_task
from PIL import Image

from accounts import audit
from accounts.actors import Actor
from accounts.webhooks import events
from generation.accounting import usage
from generation.finishing import credentials, finishes, noted, rendition_table, signed_words
from generation.models import Finish, Finishing, Headshot, Order, Refinish, Rendition, Shoot
from generation.storage import destroy, vault
from headshots.lib.problems import Problem
from headshots.lib.vault import FileMissing

if TYPE_CHECKING:
    from generation.engine.finishing import Alignment, Cutout
    from generation.engine.finishing.matte import Matting

log = structlog.get_logger(__name__)

# A rendering that did not come to an end within this time was lost, and is queued again.
LOST_S = 180
NOT_EQUIPPED = gettext_noop(
    "Nothing can be finished here at the moment; the fault is not in the picture. Whoever runs "
    "this installation finds the reason in its log."
)
MOST_ATTEMPTS = 4


def begin(
    *,
    headshot: Headshot,
    finish: Finish | None = None,
    refinish: Refinish | None = None,
    among_many: bool = False,
) -> Finishing:
    """Queue the rendering of a headshot, in its order's finish if none is named; `among_many`:
    whoever calls queues them together (in_turn). Call it in the transaction of what it stands for.

    What was rendered of another candidate goes. Without `refinish` the files count as soon as
    they are there.
    """
    shoot = headshot.shoot
    finish = finish or finishes.of_order(shoot.order)
    drop(headshots=[headshot], but_candidate=headshot.candidate_id)
    finishing, made = Finishing.objects.get_or_create(
        headshot=headshot,
        finish=finish,
        candidate=headshot.candidate,
        defaults={"refinish": refinish},
    )
    if not made:
        Finishing.objects.filter(pk=finishing.pk).update(
            state=Finishing.State.WAITING, attempts=0, tried_at=None, sentence=""
        )
        if refinish:
            Finishing.objects.filter(pk=finishing.pk).update(refinish=refinish)
        finishing.refresh_from_db()
    if not among_many:
        async_task("generation.tasks.render", str(finishing.pk))
    return finishing


def drop(*, headshots: Iterable[Headshot], but_candidate: UUID | None = None) -> None:
    """Remove the files and rows of headshots; with `but_candidate`, those of other candidates."""
    doomed = Finishing.objects.filter(headshot__in=list(headshots))
    if but_candidate is not None:
        doomed = doomed.exclude(candidate=but_candidate)
    drop_finishings(finishings=doomed)


def drop_finishings(*, finishings: QuerySet[Finishing]) -> None:
    """Remove finishings with their files. Call it in the transaction of what it stands for."""
    found = list(finishings.select_related("headshot__shoot__order"))
    folders = [folder(finishing) for finishing in found]
    Finishing.objects.filter(pk__in=[finishing.pk for finishing in found]).delete()
    destroy(folders=folders)


def forget(*, shoot: Shoot) -> None:
    """The pick of a shoot is taken back: its headshot goes, with every file of it."""
    headshots = list(Headshot.objects.filter(shoot=shoot))
    drop(headshots=headshots)
    Headshot.objects.filter(pk__in=[found.pk for found in headshots]).delete()


def folder(finishing: Finishing) -> str:
    """Where the files of a finishing lie in the vault."""
    shoot = finishing.headshot.shoot
    return f"{shoot.folder}/headshots/{finishing.pk}"


def render(*, finishing_id: UUID) -> Finishing | None:
    """Render the files of one headshot in one finish. Runs in a task of the default cluster: it
    loads dlib and OpenCV, never torch; about a second and a half on one core.

    A picture that cannot be finished fails it with a sentence; what counted before goes on
    counting. Returns None where it is gone meanwhile; rendering again makes the same files.
    """
    from generation.engine import finishing as engine
    from generation.engine.errors import EngineError
    from generation.engine.finishing import alignment

    found = (
        Finishing.objects.filter(pk=finishing_id)
        .select_related(
            "headshot__shoot__order__look",
            "headshot__finishing__finish__plate",
            "finish__plate",
            "refinish",
            "candidate",
        )
        .first()
    )
    if found is None or found.state != Finishing.State.WAITING:
        return found
    # Where the storage is away this raises, and no attempt is counted.
    vault().confirm()
    Finishing.objects.filter(pk=found.pk).update(
        attempts=F("attempts") + 1, tried_at=timezone.now()
    )
    started = time.monotonic()
    try:
        with Image.open(vault().path(found.candidate.file)) as picture:
            cut = engine.cut_out(picture, matting())
        order = found.headshot.shoot.order
        kept = kept_alignment(found, cut)
        files = engine.finish(
            cut,
            finishes.spec(found.finish, order, generated=True),
            landmarks=alignment.landmarks(kept, cut) if kept else None,
            xmp=credentials.label(),
        )
        main = next((f for f in files if f.spec.fills_frame), files[0])
        if kept is None or kept.seen is None:
            kept = alignment.found_in(main, cut)
        face = alignment.face_in(kept, main, cut)
        measures = engine.measure(main.picture, main.alpha, cut, face) if face else None
    except (EngineError, FileMissing) as error:
        return _failed(found, why_not(error))
    made = []
    for file in files:
        data, signed = _signed(found, file.data, file.spec.format)
        key = f"{folder(found)}/{file.spec.kind}.{suffix(file.spec.format)}"
        vault().put(key, data)
        made.append(
            Rendition(
                finishing=found,
                kind=file.spec.kind,
                format=file.spec.format,
                width=file.spec.width,
                height=file.spec.height,
                dpi=file.spec.dpi,
                bytes=len(data),
                enlarged=file.enlarged,
                file=key,
                sha256=hashlib.sha256(data).hexdigest(),
                signed=signed,
            )
        )
    with transaction.atomic():
        headshot = Headshot.objects.select_for_update().filter(pk=found.headshot_id).first()
        fresh = Finishing.objects.filter(pk=found.pk, state=Finishing.State.WAITING).update(
            state=Finishing.State.DONE,
            sentence="",
            measures=measures.as_dict() if measures else None,
            alignment=kept.as_dict(),
            notes=list(engine.notes(cut, files)),
            seconds=round(time.monotonic() - started, 3),
        )
        if headshot is not None:
            usage.count_finishing(shoot=headshot.shoot, seconds=time.monotonic() - started)
        if headshot is None or not fresh:
            if not Finishing.objects.filter(pk=found.pk).exists():
                vault().delete_tree(folder(found))
            return None
        Rendition.objects.filter(finishing=found).delete()
        Rendition.objects.bulk_create(made)
        undecided = found.refinish is not None and found.refinish.state == Refinish.State.RENDERING
        if not undecided and headshot.candidate_id == found.candidate_id:
            Headshot.objects.filter(pk=headshot.pk).update(finishing=found)
            events.emit(
                organisation=found.headshot.shoot.order.organisation,
                type="headshot.finished",
                resource=headshot,
            )
    found.refresh_from_db()
    return found


def kept_alignment(finishing: Finishing, cut: Cutout) -> Alignment | None:
    """Where the person stands in the files that count, so that another plate or crop does not move
    them, or where they shall stand; None for the first files of a candidate. What was not kept is
    found on the plate of those files."""
    from generation.engine import finishing as engine
    from generation.engine.finishing import alignment

    if finishing.alignment:
        return alignment.from_dict(finishing.alignment)
    before = finishing.headshot.finishing
    if before is None or before.candidate_id != finishing.candidate_id:
        return None
    if before.alignment:
        return alignment.from_dict(before.alignment)
    spec = finishes.spec(before.finish, finishing.headshot.shoot.order, generated=True)
    (file,) = engine.finish(cut, replace(spec, renditions=(spec.main,)))
    return alignment.found_in(file, cut)


@transaction.atomic
def again(*, actor: Actor, headshot: Headshot) -> Finishing:
    """Render a headshot once more whose files could not be made. What counts goes on counting
    meanwhile.

    Raises Problem (409) where nothing has failed, and where that belongs to a rendering of the
    whole order that is undecided.
    """
    headshot = (
        Headshot.objects.select_for_update(of=("self",))
        .select_related("shoot__order__look", "shoot__order__organisation", "candidate")
        .get(pk=headshot.pk)
    )
    failed = failed_of(headshot)
    if failed is None:
        raise Problem(
            _("The files of this headshot are there, or are being made."),
            code="not_failed",
            status=409,
        )
    if failed.refinish is not None and failed.refinish.state == Refinish.State.RENDERING:
        raise Problem(
            _("Headshots of this order are being rendered. Use or discard those first."),
            code="refinish_open",
            status=409,
        )
    audit.record(
        actor=actor,
        organisation=headshot.shoot.order.organisation,
        action="headshot.rendered_again",
        about=headshot.shoot,
    )
    return begin(headshot=headshot)


def failed_of(headshot: Headshot) -> Finishing | None:
    """The failed rendering of what was picked in its order's finish, if it is that."""
    return (
        Finishing.objects.filter(
            headshot=headshot,
            candidate=headshot.candidate_id,
            finish=headshot.shoot.order.finish_id,
            state=Finishing.State.FAILED,
        )
        .select_related("refinish")
        .first()
    )


def failed_of_order(order: Order) -> dict[UUID, str]:
    """Why the files of headshots could not be made in their order's finish, by headshot; one
    query."""
    failed = Finishing.objects.filter(
        headshot__shoot__order=order,
        candidate=F("headshot__candidate"),
        finish=order.finish_id,
        state=Finishing.State.FAILED,
    ).order_by()
    return dict(failed.values_list("headshot", "sentence"))


def _failed(finishing: Finishing, sentence: str) -> Finishing:
    Finishing.objects.filter(pk=finishing.pk).update(
        state=Finishing.State.FAILED, sentence=sentence
    )
    finishing.refresh_from_db()
    return finishing


def suffix(format_: str) -> str:
    """The ending of a file of a rendition's format."""
    return {"jpeg": "jpg"}.get(format_, format_)


def why_not(error: Exception) -> str:
    """The sentence for a picture that was not finished: what is wrong with it, or that the fault
    is this installation's, whose log says more."""
    from generation.engine.errors import FinishError

    if isinstance(error, FileMissing):
        return error.sentence
    if isinstance(error, FinishError):
        return str(error)
    log.error("finishing_impossible", error=str(error))
    return NOT_EQUIPPED


def matting() -> Matting | None:
    """The matting network that this installation names, if any. Raises EngineError where it
    cannot be used: nothing is finished another way than the installation says."""
    if not settings.MATTING_MODEL:
        return None
    from generation.engine.finishing.network import network

    return network(Path(settings.MATTING_MODEL))


def _signed(finishing: Finishing, data: bytes, format_: str) -> tuple[bytes, bool]:
    """A rendition as it leaves: the last step, after which no byte may change."""
    return credentials.sign(
        data,
        format_,
        look=signed_words.of_generated(finishing.headshot.shoot, finishing.finish),
    )


def of(headshot: Headshot) -> dict[str, Rendition]:
    """The files of a headshot that count, by kind; empty until they are rendered."""
    if headshot.finishing_id is None:
        return {}
    return {r.kind: r for r in Rendition.objects.filter(finishing=headshot.finishing_id)}


def of_order(order: Order) -> Mapping[UUID, dict[str, Rendition]]:
    """The files that count of every headshot of an order, by headshot and kind; one query."""
    found: dict[UUID, dict[str, Rendition]] = {}
    rows = Rendition.objects.filter(finishing__counts_for__shoot__order=order).select_related(
        "finishing"
    )
    for row in rows:
        found.setdefault(row.finishing.headshot_id, {})[row.kind] = row
    return found


def main(headshot: Headshot) -> Rendition | None:
    """The file that stands for a headshot, as `main_of`; None until it is rendered. Asks nothing
    of the database where `finishing__finish` and its renditions were fetched along."""
    if headshot.finishing is None:
        return None
    files = {row.kind: row for row in headshot.finishing.renditions.all()}
    return main_of(files, headshot.finishing.finish)


def main_of(files: Mapping[str, Rendition], finish: Finish) -> Rendition | None:
    """The rendition that stands for a headshot: the first of the table that fills its frame."""
    for row in rendition_table.rows(finish.renditions):
        if row.kind in files and row.fills_frame:
            return files[row.kind]
    return None


def notes(headshot: Headshot) -> list[str]:
    """What wants a look in the files that count, in sentences."""
    return noted.of_headshot(headshot.finishing.notes) if headshot.finishing else []


def begin_missing() -> int:
    """Queue headshots of approved or awaiting shoots that have no rendering at all."""
    headshots = Headshot.objects.filter(
        # The first says nothing more than the second, and is answered by an index.
        finishing=None,
        finishings__isnull=True,
        shoot__state__in=("approving", "delivered"),
    ).select_related("shoot__order__look", "shoot__order__organisation")[:200]
    count = 0
    for headshot in headshots:
        with transaction.atomic():
            begin(headshot=headshot)
        count += 1
    return count

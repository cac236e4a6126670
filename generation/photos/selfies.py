"""Photos of an employee: taken in, judged, taken out again."""

from __future__ import annotations

import hashlib
import io
import secrets
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django_q.brokers import get_broker
from django_q.tasks import async_task

from accounts import audit
from accounts.actors import Actor
from accounts.webhooks import events
from generation import states
from generation.dispatch import base_model
from generation.models import Selfie, Shoot, State
from generation.photos import together
from generation.photos.counts import LEAST as LEAST
from generation.photos.counts import MOST as MOST
from generation.storage import destroy, vault
from headshots.lib.images import PhotoProblem, decode_photo, to_jpeg
from headshots.lib.problems import Problem
from headshots.lib.vault import FileMissing

# Judging that has not ended so many seconds after it was queued or begun is taken for lost, and a
# photo that was begun with so often for one that cannot be judged.
LOST_S = 120
MOST_ATTEMPTS = 3
A_SWEEP = 500
NOT_JUDGED = gettext_noop("This photo could not be checked. Please upload another one.")


def add_selfie(*, actor: Actor, shoot: Shoot, data: bytes, name: str, judge: bool = True) -> Selfie:
    """Decode an upload, keep its pixels alone, and have it judged (at once, by `judge`, in a task).

    The same file again gives the selfie that is there. Raises Problem with a sentence naming the
    file for what is no usable photo, before the release is signed, and past MOST.
    """
    name = (name.replace("\x00", "").strip() or "photo")[-200:]
    refuse_closed(shoot)
    sha256 = hashlib.sha256(data).hexdigest()
    known = Selfie.objects.filter(shoot=shoot, sha256=sha256).first()
    if known is not None:
        return known
    try:
        photo = decode_photo(data)
    except PhotoProblem as problem:
        raise Problem(f"{name}: {problem.sentence}", code="photo", field="photos") from problem
    # A name of its own, so that an upload that is refused takes away nobody else's file.
    key = f"{shoot.folder}/selfies/{secrets.token_hex(16)}.jpg"
    # Somebody waits for the verdict, and the file goes with the photos.
    vault().put(key, to_jpeg(photo.image, quality=93, optimize=False))
    try:
        with transaction.atomic():
            shoot = states.locked(shoot.pk)
            refuse_closed(shoot)
            refuse_full(shoot, name)
            selfie = Selfie.objects.create(
                shoot=shoot,
                file=key,
                name=name,
                sha256=sha256,
                width=photo.width,
                height=photo.height,
            )
            if shoot.inputs_destroyed_at:
                Shoot.objects.filter(pk=shoot.pk).update(inputs_destroyed_at=None)
            if judge:
                async_task("generation.tasks.judge_selfie", str(selfie.pk))
            return selfie
    except IntegrityError:
        vault().delete(key)
        return Selfie.objects.get(shoot=shoot, sha256=sha256)
    except Problem:
        vault().delete(key)
        raise


def refuse_closed(shoot: Shoot) -> None:
    """Raise Problem (409) where photos cannot be added or removed now."""
    if shoot.release_id is None:
        raise Problem(
            _("Sign the release first; photos can be added after it."),
            code="release_missing",
            status=409,
        )
    if shoot.state != State.COLLECTING:
        raise Problem(
            _("Your photos have been handed in; they cannot be changed now."),
            code="handed_in",
            status=409,
        )


def refuse_full(shoot: Shoot, name: str) -> None:
    """Raise Problem where there are MOST photos, so that the file `name` cannot be one more."""
    if Selfie.objects.filter(shoot=shoot).count() >= MOST:
        raise Problem(
            _("{name}: there are {most} photos already, which is plenty. Remove one first.").format(
                name=name, most=MOST
            ),
            code="too_many",
            field="photos",
        )


def judge_selfie(*, selfie_id: UUID) -> Selfie | None:
    """Judge one photo, alone and beside those judged before it. Runs in a task: it loads dlib.

    A photo that shows somebody else than most of the others is refused, an earlier one too, and
    accepted after all once most of the others show the same person (see `together`). Returns None
    where the photo has been removed meanwhile. Judging again changes nothing. An attempt counts
    once its file is read: a storage that is away is not the photo's fault.
    """
    from PIL import Image

    from generation.engine import photos
    from generation.sandbox import engine as sandbox

    selfie = (
        Selfie.objects.filter(pk=selfie_id)
        .select_related("shoot__order__organisation", "shoot__employee")
        .first()
    )
    if selfie is None or selfie.verdict != Selfie.Verdict.CHECKING:
        return selfie
    if selfie.shoot.order.organisation.sandbox_of_id:
        return sandbox.judge(selfie=selfie)
    rules = base_model.recipe().photos
    try:
        data = vault().read(selfie.file)
    except FileMissing:
        _refuse(selfie)
        selfie.refresh_from_db()
        return selfie
    Selfie.objects.filter(pk=selfie.pk).update(attempts=F("attempts") + 1, tried_at=timezone.now())
    with Image.open(io.BytesIO(data)) as image:
        verdict = photos.judge_photo(image, rules)
    with transaction.atomic():
        # Photos that are judged at the same time have to know of each other.
        shoot = states.locked(selfie.shoot_id)
        others = Selfie.objects.filter(shoot=selfie.shoot_id).exclude(descriptor=None)
        known = others.values_list("measures__fingerprint", flat=True)
        if verdict.ok and photos.is_known(verdict.fingerprint, [m for m in known if m], rules):
            verdict = replace(
                verdict, ok=False, code="duplicate", sentence=photos.SENTENCES["duplicate"]
            )
        good = verdict.ok and verdict.descriptor is not None
        changed = Selfie.objects.filter(pk=selfie_id, verdict=Selfie.Verdict.CHECKING).update(
            verdict=Selfie.Verdict.ACCEPTED if good else Selfie.Verdict.REJECTED,
            sentence=verdict.sentence,
            score=verdict.score,
            descriptor=list(verdict.descriptor) if good and verdict.descriptor else None,
            measures={
                "fingerprint": verdict.fingerprint,
                "appearance": verdict.appearance,
                "surroundings": verdict.surroundings,
                "sharpness": verdict.sharpness,
                "brightness": verdict.brightness,
                "yaw": verdict.yaw,
                # So that whoever trains on the photo need not look for the face again.
                "landmarks": verdict.landmarks if good else None,
            },
            warnings=[photos.WARNINGS[code] for code in verdict.warnings] if good else [],
        )
        if changed:
            together.regroup(shoot=shoot, judged=[selfie])
    selfie.refresh_from_db()
    return selfie


def _refuse(selfie: Selfie) -> None:
    """Refuse a photo that cannot be judged, unless it has been meanwhile."""
    with transaction.atomic():
        checking = Selfie.objects.filter(pk=selfie.pk, verdict=Selfie.Verdict.CHECKING)
        if checking.update(verdict=Selfie.Verdict.REJECTED, sentence=NOT_JUDGED):
            events.emit_all(
                organisation=selfie.shoot.order.organisation,
                type="selfie.judged",
                resources=[selfie],
            )


def judge_again() -> int:
    """Queue photos once more whose judging was lost, and refuse those that cannot be judged;
    returns how many were queued. While the queue is long, its messages wait and are not lost."""
    late = timezone.now() - timedelta(seconds=LOST_S)
    waiting = Selfie.objects.filter(
        Q(tried_at=None, created_at__lt=late) | Q(tried_at__lt=late),
        verdict=Selfie.Verdict.CHECKING,
    )
    spent = waiting.filter(attempts__gte=MOST_ATTEMPTS).select_related("shoot__order__organisation")
    for selfie in spent[:A_SWEEP]:
        _refuse(selfie)
    if get_broker("default").queue_size() >= A_SWEEP:
        return 0
    fresh = waiting.filter(attempts__lt=MOST_ATTEMPTS)
    ids = list(fresh.order_by("created_at").values_list("pk", flat=True)[:A_SWEEP])
    Selfie.objects.filter(pk__in=ids).update(tried_at=timezone.now())
    for selfie_id in ids:
        async_task("generation.tasks.judge_selfie", str(selfie_id))
    return len(ids)


def remove_selfie(*, actor: Actor, selfie: Selfie) -> None:
    """Destroy a photo while photos are collected; the others are judged together anew."""
    with transaction.atomic():
        shoot = states.locked(selfie.shoot_id)
        refuse_closed(shoot)
        selfie.delete()
        together.regroup(shoot=shoot)
        audit.record(
            actor=actor,
            organisation=shoot.order.organisation,
            action="selfie.removed",
            about=shoot,
        )
        destroy(keys=[selfie.file])

"""The work of the gpu cluster: claim shoots, train, generate, judge, finish, commit.

Imported inside task functions alone, since it brings in torch. No transaction is held while the
device works; what is made is written under the fence of the claim, so a claim that was lost writes
nothing. A shoot that is claimed again goes on where the last claim stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from accounts.actors import SYSTEM
from generation import states
from generation.dispatch import base_model, claims, unusable
from generation.dispatch.claims import Claim
from generation.dispatch.drawing import generate_round
from generation.dispatch.heartbeat import Heartbeat, report, reporting
from generation.dispatch.sitters import Sitter, back_to_collecting, begin_generating
from generation.engine import adapters, gate, load, train
from generation.engine.errors import Diverged, EngineError, PhotoError, Stopped
from generation.engine.memory import device_lost
from generation.engine.specs import TrainSpec
from generation.leaving import retention
from generation.models import Selfie, State
from generation.photos import demands, together
from generation.storage import vault
from headshots.lib.vault import VaultUnavailable

log = structlog.get_logger(__name__)

# After so many failures in a row this process itself may be what is wrong.
MOST_FAILURES = 2
PHOTOS_MISSING = gettext_noop("Your photos could not be found any more. Please upload them again.")
_DAMAGED = gettext_noop(
    "One of your photos cannot be read any more and was taken out. Please upload another one."
)
_NO_FACE = gettext_noop(
    "No face could be found in your photos again. Please upload photos that show your face."
)
_NOT_LEARNT = gettext_noop(
    "Learning from your photos broke down twice. That is rare, and hardly your fault: please "
    "exchange one or two of them and hand them in again."
)


def run(*, worker: str, should_stop: Callable[[], bool]) -> int:
    """Work until nothing can be claimed or a stop is asked for; returns how many claims ended.

    Nothing is claimed where this host does not see the vault, or cannot open the base model. Raises
    SystemExit where this process cannot be trusted any more, so that another takes its place.
    """
    base = _open(worker)
    if base is None:
        return 0
    done = failures = 0
    while not should_stop():
        try:
            vault().confirm()
        except VaultUnavailable:
            log.error("vault_missing", root=str(vault().root))
            report(worker=worker, doing="waits: no private files where this host looks")
            break
        claims.fail_exhausted()
        held = claims.claim(worker=worker, people=settings.PEOPLE_AT_ONCE)
        if not held:
            break
        done += len(held)
        try:
            with Heartbeat(worker=worker, base=base, claims=held) as heart:
                _work(base, held, heart, should_stop)
            failures = 0
        except Stopped:
            claims.give_back(held)
        except Exception as error:
            log.exception("work_failed", shoots=[str(c.shoot_id) for c in held])
            claims.put_off(held)
            failures += 1
            if device_lost(error) or failures == MOST_FAILURES:
                raise SystemExit("This worker process begins anew.") from error
    return done


def _open(worker: str) -> load.BaseModel | None:
    """The base model, or None where it cannot be used: the worker's row says why then."""
    before = unusable.last()
    if before is not None and before.too_early:
        report(worker=worker, doing=before.doing)
        return None
    if before is not None and before.lost:
        raise SystemExit("This worker process begins anew, as its device was lost.")
    try:
        with reporting(worker=worker, doing="loads the base model"):
            base = load.base_model(base_model.folder(), device=settings.GPU_DEVICE)
    except EngineError as error:
        log.error("base_model_unusable", said=str(error))
        report(worker=worker, doing=unusable.refuse(error, lost=device_lost(error)))
        return None
    unusable.opened()
    return base


def _work(
    base: load.BaseModel, held: Sequence[Claim], heart: Heartbeat, should_stop: Callable[[], bool]
) -> None:
    def stopping() -> bool:
        return should_stop() or heart.all_lost

    sitters = [sitter for claim in held if (sitter := _sit(claim))]
    for sitter in sitters:
        if not _photos_suffice(sitter):
            sitter.ended = True
    _train(base, [s for s in sitters if not s.ended], heart, stopping)
    heart.phase = "generating"
    while pending := [s for s in sitters if not s.ended and not heart.lost(s.claim)]:
        generate_round(base, pending, heart, stopping)


def _sit(claim: Claim) -> Sitter | None:
    """Load a claimed shoot and, where it is new, bring it into training."""
    with transaction.atomic():
        shoot = states.locked(claim.shoot_id)
        if shoot.fence != claim.fence:
            return None
        if shoot.state == State.QUEUED:
            states.move(actor=SYSTEM, shoot=shoot, to=State.TRAINING, fence=claim.fence)
    selfies = list(Selfie.objects.filter(shoot=shoot, verdict=Selfie.Verdict.ACCEPTED))
    own = np.array([s.descriptor for s in selfies], dtype=np.float64).reshape(-1, 128)
    threshold = demands.bound(shoot, gate.own_threshold(own, base_model.recipe().gate))
    return Sitter(claim, shoot, selfies, own, threshold, demands.strict(shoot))


def _photos_suffice(sitter: Sitter) -> bool:
    """Whether every photo is still there; if not, the shoot goes back to collecting."""
    missing = [s for s in sitter.selfies if not vault().exists(s.file)]
    if sitter.selfies and not missing:
        return True
    why = retention.KEPT_LONG_ENOUGH if sitter.shoot.inputs_destroyed_at else PHOTOS_MISSING
    if back_to_collecting(sitter, why, kind="photos_gone"):
        together.take_out(shoot_id=sitter.shoot.pk, selfies=[s.pk for s in missing])
    return False


def _train(
    base: load.BaseModel, sitters: list[Sitter], heart: Heartbeat, stopping: Callable[[], bool]
) -> None:
    """Train whoever has no adapter of these photos yet, together; commit each adapter."""
    fresh = []
    for sitter in sitters:
        if (adapter := _adapter_of(sitter)) and adapters.fits(adapter, base.recipe):
            sitter.adapter = adapter
            if sitter.shoot.state == State.TRAINING:
                begin_generating(sitter, sitter.shoot.adapter, sitter.shoot.adapter_steps)
        else:
            fresh.append(sitter)
    if not fresh:
        return
    heart.phase = "training"
    folders = {sitter.person: _adapter_folder(sitter) for sitter in fresh}
    by_person = {sitter.person: sitter for sitter in fresh}

    def on_progress(person: str, step: int, steps: int) -> None:
        heart.note(by_person[person].claim, step, steps)

    try:
        results = train.train_people(
            base,
            [
                TrainSpec(
                    person=sitter.person,
                    photos=tuple(vault().path(s.file) for s in sitter.selfies),
                    seed=sitter.shoot.seed,
                    landmarks=tuple(_landmarks(s) for s in sitter.selfies),
                    descriptors=tuple(tuple(row) for row in sitter.own.tolist()),
                )
                for sitter in fresh
            ],
            folders,
            on_progress=on_progress,
            should_stop=stopping,
            dropped=lambda person: heart.lost(by_person[person].claim),
        )
    except PhotoError as error:
        at_fault = by_person[error.person]
        at_fault.ended = True
        _refuse_photos(at_fault, error.photo)
        # The others keep what they have learnt.
        _train(base, [sitter for sitter in fresh if sitter is not at_fault], heart, stopping)
        return
    except Diverged as error:
        log.error("training_diverged", shoot=error.person)
        at_fault = by_person[error.person]
        at_fault.ended = True
        back_to_collecting(at_fault, _NOT_LEARNT)
        _train(base, [sitter for sitter in fresh if sitter is not at_fault], heart, stopping)
        return
    for person in by_person.keys() - {result.person for result in results}:
        by_person[person].ended = True
    for result in results:
        sitter = by_person[result.person]
        sitter.adapter = result.adapter
        key = sitter.key("adapter", str(sitter.claim.fence), result.adapter.name)
        begin_generating(sitter, key, result.steps)


def _landmarks(selfie: Selfie) -> tuple[tuple[float, float], ...]:
    """Where the face lies in a photo, as it was judged; empty of photos judged before that was
    noted."""
    return tuple((float(x), float(y)) for x, y in selfie.measures.get("landmarks") or ())


def _refuse_photos(sitter: Sitter, damaged: Path | None) -> None:
    """Ask for other photos; one that cannot be read is taken out, lest it stop them again."""
    if not back_to_collecting(sitter, _DAMAGED if damaged else _NO_FACE):
        return
    for selfie in sitter.selfies:
        # By the key alone: another of them may be gone altogether.
        if damaged is not None and vault().root / selfie.file == damaged:
            together.take_out(shoot_id=sitter.shoot.pk, selfies=[selfie.pk])
            vault().delete(selfie.file)


def _adapter_of(sitter: Sitter) -> Path | None:
    key = sitter.shoot.adapter
    return vault().path(key) if key and vault().exists(key) else None


def _adapter_folder(sitter: Sitter) -> Path:
    """A folder of this claim's own, with the newest checkpoint of an earlier claim in it.

    Its own, so that a worker that lost its claim does not write where its successor does. What
    earlier claims left goes.
    """
    folder = vault().folder(sitter.key("adapter", str(sitter.claim.fence)))
    earlier = sorted(
        (p for p in folder.parent.iterdir() if p.name.isdigit() and p != folder),
        key=lambda p: int(p.name),
        reverse=True,
    )
    for before in earlier:
        whole = [path for path in before.iterdir() if not path.name.startswith(".")]
        if whole and not any(folder.iterdir()):
            for path in whole:
                shutil.copy2(path, folder / path.name)
        shutil.rmtree(before, ignore_errors=True)
    return folder

"""The work of the gpu cluster: claim shoots, train, generate, judge, finish, commit.

Imported inside task functions alone, since it brings in torch. No transaction is held while the
device works; what is made is written under the fence of the claim, so a claim that was lost writes
nothing. A shoot that is claimed again goes on where the last claim stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop
from numpy.typing import NDArray
from PIL import Image

from accounts.actors import SYSTEM
from generation import states
from generation.approving import previews
from generation.delivering import credentials
from generation.dispatch import base_model, claims
from generation.dispatch.claims import Claim
from generation.dispatch.heartbeat import Heartbeat, report
from generation.engine import adapters, finish, gate, load, sample, train
from generation.engine.errors import PhotoError, Stopped
from generation.engine.memory import device_lost
from generation.engine.recipe import SampleSettings
from generation.engine.specs import SampleSpec, TrainSpec
from generation.inviting import notices
from generation.leaving import retention
from generation.models import Candidate, Selfie, Shoot, State
from generation.ordering import add_ons, promises
from generation.photos import demands
from generation.storage import vault
from headshots.lib.problems import Problem

log = structlog.get_logger(__name__)

# Candidates are wanted in fours: for each four, a shoot may take a whole set of draws.
FOUR = 4
# After so many failures in a row this process itself may be what is wrong.
MOST_FAILURES = 2
PHOTOS_MISSING = gettext_noop("Your photos could not be found any more. Please upload them again.")
_DAMAGED = gettext_noop(
    "One of your photos cannot be read any more and was taken out. Please upload another one."
)
_NO_FACE = gettext_noop(
    "No face could be found in your photos again. Please upload photos that show your face."
)


@dataclass
class Sitter:
    """A claimed shoot while it is worked on."""

    claim: Claim
    shoot: Shoot
    selfies: list[Selfie]
    own: NDArray[np.float64]
    threshold: float
    strict: frozenset[str] = frozenset()
    adapter: Path | None = None
    ended: bool = False

    @property
    def person(self) -> str:
        return str(self.shoot.pk)

    def key(self, *parts: str) -> str:
        return "/".join((self.shoot.folder, *parts))


def run(*, worker: str, should_stop: Callable[[], bool]) -> int:
    """Work until nothing can be claimed or a stop is asked for; returns how many claims ended.

    Nothing is claimed where the vault is bare: this host does not see the private files. Raises
    SystemExit where this process cannot be trusted any more, so that another takes its place.
    """
    base = load.base_model(base_model.folder(), device=settings.GPU_DEVICE)
    done = failures = 0
    while not should_stop():
        if vault().bare() and _photos_are_kept():
            log.error("vault_bare", root=str(vault().root))
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
        _generate_round(base, pending, heart, stopping)


def _photos_are_kept() -> bool:
    """Whether there should be private files at all."""
    return Selfie.objects.filter(
        verdict=Selfie.Verdict.ACCEPTED, shoot__inputs_destroyed_at=None
    ).exists()


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
    if _back_to_collecting(sitter, why, kind="photos_gone"):
        Selfie.objects.filter(pk__in=[s.pk for s in missing]).delete()
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
                _begin_generating(sitter, sitter.shoot.adapter, sitter.shoot.adapter_steps)
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
    for person in by_person.keys() - {result.person for result in results}:
        by_person[person].ended = True
    for result in results:
        sitter = by_person[result.person]
        sitter.adapter = result.adapter
        key = sitter.key("adapter", str(sitter.claim.fence), result.adapter.name)
        _begin_generating(sitter, key, result.steps)


def _refuse_photos(sitter: Sitter, damaged: Path | None) -> None:
    """Ask for other photos; one that cannot be read is taken out, lest it stop them again."""
    if not _back_to_collecting(sitter, _DAMAGED if damaged else _NO_FACE):
        return
    for selfie in sitter.selfies:
        if damaged is not None and vault().path(selfie.file) == damaged:
            Selfie.objects.filter(pk=selfie.pk).delete()
            vault().delete(selfie.file)


def _adapter_of(sitter: Sitter) -> Path | None:
    key = sitter.shoot.adapter
    return vault().path(key) if key and vault().exists(key) else None


def _begin_generating(sitter: Sitter, adapter: str, steps: int) -> None:
    """Commit a person's adapter; ends their part here where the claim was lost."""
    fields: dict[str, Any] = {"adapter": adapter, "adapter_steps": steps, "step": 0, "steps": 0}
    fence = sitter.claim.fence
    try:
        with transaction.atomic():
            shoot = states.locked(sitter.shoot.pk)
            if shoot.state == State.GENERATING and shoot.fence == fence:
                # The adapter from before was damaged, or of another base model.
                Shoot.objects.filter(pk=shoot.pk).update(**fields)
                shoot.refresh_from_db(fields=list(fields))
            else:
                states.move(actor=SYSTEM, shoot=shoot, to=State.GENERATING, fence=fence, **fields)
            sitter.shoot = shoot
    except Problem:
        log.info("claim_lost", shoot=sitter.person)
        sitter.ended = True


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


def _generate_round(
    base: load.BaseModel, sitters: list[Sitter], heart: Heartbeat, stopping: Callable[[], bool]
) -> None:
    """Draw the next candidates of everybody pending in one batch, judge and store them."""
    recipe = base.recipe
    batch: list[tuple[Sitter, int, int]] = []
    for sitter in sitters:
        made = Candidate.objects.filter(shoot=sitter.shoot, round=sitter.shoot.round)
        numbers = set(made.values_list("number", flat=True))
        passed = made.filter(passed=True).count()
        sets = -(-sitter.shoot.wanted // FOUR)
        most = recipe.sample.candidates * recipe.sample.rounds * sets
        heart.note(sitter.claim, len(numbers), most)
        if passed >= sitter.shoot.wanted or len(numbers) >= most:
            _conclude(sitter, passed)
            continue
        # The rest of a draw that was broken off, or a whole one.
        wanted = recipe.sample.candidates - len(numbers) % recipe.sample.candidates
        free = [number for number in range(most) if number not in numbers]
        batch += [(sitter, number, _seed(sitter.shoot, number)) for number in free[:wanted]]
    if not batch:
        return
    colleagues = _colleagues(batch[0][0].shoot)
    by_person = {sitter.person: sitter for sitter in sitters}
    drawn = sample.draw(
        base,
        [
            SampleSpec(
                person=sitter.person,
                adapter=sitter.adapter,
                look=demands.look(sitter.shoot),
                seed=seed,
                steps=_steps(recipe.sample, number, sitter.shoot.round),
            )
            for sitter, number, seed in batch
        ],
        should_stop=stopping,
        dropped=lambda person: _is_out(by_person[person], heart),
    )
    # Each picture is kept before the next ones are drawn, so that a kill costs one batch at most.
    for index, image in drawn:
        sitter, number, seed = batch[index]
        heart.made(sitter.claim)
        heart.phase = "judging"
        if stopping():
            raise Stopped
        if not sitter.ended:
            _judge_and_store(base, sitter, number, seed, image, colleagues)
        heart.phase = "generating"


def _is_out(sitter: Sitter, heart: Heartbeat) -> bool:
    """Whether nothing more is to be made of somebody: their claim is lost, or they withdrew."""
    if heart.lost(sitter.claim) or sitter.adapter is None or not sitter.adapter.exists():
        sitter.ended = True
    return sitter.ended


def _steps(recipe: SampleSettings, number: int, round_: int) -> int:
    """Sampling steps of a candidate: more from the third draw on, where new seeds did not help,
    and in every round that a person asked for."""
    draw = number // recipe.candidates
    return round(recipe.steps * (recipe.more_steps if draw >= 2 or round_ > 1 else 1.0))


def _seed(shoot: Shoot, number: int) -> int:
    """The same for everybody in an order, so that their pictures are composed alike."""
    return (shoot.order_id.int + 1_000_003 * shoot.round + 7_919 * number) % 2**31


def _colleagues(shoot: Shoot) -> dict[str, NDArray[np.float64]]:
    """Face descriptors of everybody in the order who has accepted photos, by shoot."""
    found: dict[str, list[list[float]]] = {}
    rows = Selfie.objects.filter(
        shoot__order=shoot.order_id, verdict=Selfie.Verdict.ACCEPTED
    ).values_list("shoot_id", "descriptor")
    for shoot_id, descriptor in rows:
        if descriptor:
            found.setdefault(str(shoot_id), []).append(descriptor)
    return {person: np.array(rows) for person, rows in found.items()}


def _judge_and_store(
    base: load.BaseModel,
    sitter: Sitter,
    number: int,
    seed: int,
    image: Image.Image,
    colleagues: dict[str, NDArray[np.float64]],
) -> None:
    spec = base.recipe.gate
    others = {person: rows for person, rows in colleagues.items() if person != sitter.person}
    receipt = gate.judge(
        image,
        sitter.own,
        others,
        spec,
        threshold=sitter.threshold,
        strict=sitter.strict,
        appearances=[s.measures.get("appearance") or {} for s in sitter.selfies],
        sharpness=float(np.median([s.measures["sharpness"] for s in sitter.selfies])),
    )
    stem = sitter.key("candidates", f"{sitter.shoot.round}-{number}")
    file = finished = ""
    if receipt.passed and receipt.landmarks is not None:
        file, finished = f"{stem}.png", f"{stem}.jpg"
        vault().put(file, finish.png(image))
        frame = finish.frame(sitter.shoot.order.direction.framing, base.recipe.crop)
        framed = finish.align(image, receipt.landmarks, frame)
        picture = finish.jpeg(framed, xmp=credentials.label())
        words = sitter.shoot.order.direction.words()
        vault().put(finished, credentials.sign(picture, "jpeg", look=words)[0])
    with transaction.atomic():
        ours = Shoot.objects.select_for_update().filter(
            pk=sitter.shoot.pk, fence=sitter.claim.fence
        )
        if not ours.exists():
            sitter.ended = True
            return
        Candidate.objects.get_or_create(
            shoot=sitter.shoot,
            round=sitter.shoot.round,
            number=number,
            defaults={
                "seed": seed,
                "passed": bool(file),
                "receipt": receipt.as_dict(),
                "likeness_own": receipt.likeness_own,
                "likeness_best_colleague": receipt.likeness_best_colleague,
                "file": file,
                "finished": finished,
            },
        )


def _conclude(sitter: Sitter, passed: int) -> None:
    """Ask the employee to choose, or, where nothing ever passed, for better photos.

    Where a round that they asked for gave nothing, what was there before is still theirs to
    choose from.
    """
    sitter.ended = True
    earlier = Candidate.objects.filter(shoot=sitter.shoot, passed=True).exists()
    if not passed and not earlier:
        receipts = Candidate.objects.filter(
            shoot=sitter.shoot, round=sitter.shoot.round
        ).values_list("receipt", flat=True)
        reasons = [reason for receipt in receipts for reason in receipt["reasons"]]
        _back_to_collecting(sitter, gate.better_selfies(reasons))
        return
    try:
        with transaction.atomic():
            shoot = states.locked(sitter.shoot.pk)
            promises.settle(shoot=shoot)
            states.move(
                actor=SYSTEM,
                shoot=shoot,
                to=State.CHOOSING,
                fence=sitter.claim.fence,
                message="" if passed else states.NOTHING_BETTER,
            )
            add_ons.settle_more(shoot=shoot, passed=passed)
            previews.begin(shoots=[shoot])
            notices.notify(shoot=shoot, kind="choose")
    except Problem:
        log.info("claim_lost", shoot=sitter.person)


def _back_to_collecting(sitter: Sitter, sentence: str, kind: str = "better_photos") -> bool:
    """Ask the employee for photos again; False where the claim was lost meanwhile."""
    try:
        with transaction.atomic():
            shoot = states.locked(sitter.shoot.pk)
            states.move(
                actor=SYSTEM,
                shoot=shoot,
                to=State.COLLECTING,
                fence=sitter.claim.fence,
                message=sentence,
                adapter="",
                round=shoot.round + 1,
            )
            notices.notify(shoot=shoot, kind=kind)
    except Problem:
        log.info("claim_lost", shoot=sitter.person)
        return False
    return True

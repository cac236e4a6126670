"""Rounds of candidates: drawn together, each judged and stored under the fence of its claim."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from PIL import Image

from generation.dispatch.heartbeat import Heartbeat
from generation.dispatch.sitters import Sitter, conclude
from generation.engine import finish, gate, load, sample, wardrobe
from generation.engine.attire import Clothes
from generation.engine.errors import Stopped
from generation.engine.recipe import SampleSettings
from generation.engine.specs import SampleSpec
from generation.finishing import credentials, signed_words
from generation.models import Candidate, Shoot
from generation.photos import demands, descriptors
from generation.storage import vault

# Candidates are wanted in fours: for each four, a shoot may take a whole set of draws.
FOUR = 4


def generate_round(
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
            conclude(sitter, passed)
            continue
        # The rest of a draw that was broken off, or a whole one.
        wanted = recipe.sample.candidates - len(numbers) % recipe.sample.candidates
        free = [number for number in range(most) if number not in numbers]
        batch += [(sitter, number, _seed(sitter.shoot, number)) for number in free[:wanted]]
    if not batch:
        return
    compared_at = timezone.now()
    in_order = Q(shoot__order=batch[0][0].shoot.order_id)
    colleagues = gate.Colleagues(descriptors.by_shoot(in_order))
    by_person = {sitter.person: sitter for sitter in sitters}
    looks = {sitter.person: demands.look(sitter.shoot) for sitter, _, _ in batch}
    clothes = {
        look: wardrobe.ordered(base, look, should_stop=stopping) for look in {*looks.values()}
    }
    drawn = sample.draw(
        base,
        [
            SampleSpec(
                person=sitter.person,
                adapter=sitter.adapter,
                look=looks[sitter.person],
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
            ordered = clothes[looks[sitter.person]]
            _judge_and_store(base, sitter, number, seed, image, colleagues, ordered, compared_at)
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


def _judge_and_store(
    base: load.BaseModel,
    sitter: Sitter,
    number: int,
    seed: int,
    image: Image.Image | None,
    colleagues: gate.Colleagues,
    ordered: Sequence[Clothes],
    compared_at: datetime,
) -> None:
    receipt = gate.NO_PICTURE
    if image is not None:
        receipt = gate.judge(
            image,
            sitter.own,
            colleagues.but(sitter.person),
            base.recipe.gate,
            threshold=sitter.threshold,
            strict=sitter.strict,
            ordered=ordered,
            appearances=[s.measures.get("appearance") or {} for s in sitter.selfies],
            surroundings=[
                found for s in sitter.selfies if (found := s.measures.get("surroundings"))
            ],
            sharpness=float(np.median([s.measures["sharpness"] for s in sitter.selfies])),
        )
    stem = sitter.key("candidates", f"{sitter.shoot.round}-{number}")
    file = finished = ""
    if image is not None and receipt.passed and receipt.landmarks is not None:
        file, finished = f"{stem}.png", f"{stem}.jpg"
        vault().put(file, finish.png(image))
        frame = finish.frame(sitter.shoot.order.direction.framing, base.recipe.crop)
        framed = finish.align(image, receipt.landmarks, frame)
        picture = finish.jpeg(framed, xmp=credentials.label())
        words = signed_words.of_generated(sitter.shoot)
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
                "compared_at": compared_at,
                "file": file,
                "finished": finished,
            },
        )

"""Somebody whose shoot is worked on, and the steps of it that the worker commits.

Each is written under the fence of the claim: where it was lost, nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from django.db import transaction
from numpy.typing import NDArray

from accounts.actors import SYSTEM
from generation import states
from generation.approving import choosing, previews
from generation.dispatch.claims import Claim
from generation.inviting import notices
from generation.models import Candidate, Selfie, Shoot, State
from generation.ordering import settling
from generation.photos import better
from generation.storage import destroy, vault
from headshots.lib.problems import Problem

log = structlog.get_logger(__name__)


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


def begin_generating(sitter: Sitter, adapter: str, steps: int) -> None:
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


def conclude(sitter: Sitter, passed: int) -> None:
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
        sentence = better.asked(reasons=reasons, selfies=sitter.selfies)
        with transaction.atomic():
            if back_to_collecting(sitter, sentence):
                better.mark_odd_one(sitter.selfies)
        return
    try:
        with transaction.atomic():
            shoot = states.locked(sitter.shoot.pk)
            message = "" if passed else states.NOTHING_BETTER
            settling.show(shoot=shoot, message=message, fence=sitter.claim.fence)
            previews.begin(shoots=[shoot])
    except Problem:
        log.info("claim_lost", shoot=sitter.person)


def back_to_collecting(sitter: Sitter, sentence: str, kind: str = "better_photos") -> bool:
    """Ask the employee for photos again, or, where they have pictures from before, to choose of
    those; False where the claim was lost meanwhile."""
    try:
        with transaction.atomic():
            shoot = states.locked(sitter.shoot.pk)
            if not _choose_of_before(sitter, shoot):
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
            # What was learnt of these photos is not used again.
            destroy(folders=[f"{shoot.folder}/adapter"])
    except Problem:
        log.info("claim_lost", shoot=sitter.person)
        return False
    return True


def _choose_of_before(sitter: Sitter, shoot: Shoot) -> bool:
    """Whether there are pictures from before and their files, and so there is a choice now. Raises
    Problem where the claim was lost."""
    pictures = choosing.offered(shoot=shoot)
    if not any(vault().exists(one.finished) for one in pictures):
        return False
    message = states.PHOTOS_WENT if shoot.inputs_destroyed_at else states.PHOTOS_NO_USE
    settling.show(shoot=shoot, message=message, fence=sitter.claim.fence)
    Shoot.objects.filter(pk=shoot.pk).update(adapter="")
    previews.begin(shoots=[shoot])
    return True

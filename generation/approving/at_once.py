"""Approving many headshots at once: everybody who has picked, who was ticked, who is inside."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet

from accounts.actors import Actor
from accounts.developers.on_behalf import lets_still
from accounts.models import Organisation
from generation import pieces
from generation.approving import choosing
from generation.models import Candidate, Shoot, State
from headshots.lib.problems import Problem

log = structlog.get_logger(__name__)

Pick = tuple[UUID, UUID]
"""A shoot and the candidate that its person had picked when it was approved."""


@dataclass(frozen=True)
class Outcome:
    """How many are approved or, where tasks do it `later`, are going to be; of whom it was refused
    at once, and why, by shoot. Of those that were ticked, how many `picked_anew` since and still
    wait, and how many await nothing any more."""

    count: int
    later: bool = False
    refused: dict[UUID, str] = field(default_factory=dict)
    picked_anew: int = 0
    dealt_with: int = 0


def approve_all(*, actor: Actor, shoots: QuerySet[Shoot]) -> Outcome:
    """Approve each of them that awaits it, as picked now."""
    waiting = shoots.filter(state=State.APPROVING, headshot__isnull=False)
    return approve(actor=actor, picks=list(waiting.values_list("pk", "headshot__candidate")))


def approve_ticked(
    *, actor: Actor, shoots: QuerySet[Shoot], candidates: Collection[UUID]
) -> Outcome:
    """Approve whoever of `shoots` still awaits it with one of these pictures picked."""
    waiting = shoots.filter(state=State.APPROVING)
    ticked = set(candidates)
    picks = list(
        waiting.filter(headshot__candidate__in=ticked).values_list("pk", "headshot__candidate")
    )
    left = ticked - {candidate for _shoot, candidate in picks}
    anew = Candidate.objects.filter(pk__in=left, shoot__in=waiting).count()
    outcome = approve(actor=actor, picks=picks)
    return replace(outcome, picked_anew=anew, dealt_with=len(left) - anew)


def approve(*, actor: Actor, picks: Sequence[Pick]) -> Outcome:
    """Approve these; more than pieces.AT_ONCE by tasks. Whoever picks another picture before their
    turn is left as they are."""
    if pieces.too_many(picks):
        said = [(str(shoot), str(candidate)) for shoot, candidate in picks]
        pieces.queue("approve_some", actor=actor, items=said)
        return Outcome(len(picks), later=True)
    refused = {}
    for shoot_id, candidate_id in picks:
        try:
            _approve(actor, shoot_id, candidate_id)
        except Problem as problem:
            if problem.status != 409:
                raise
            refused[shoot_id] = problem.sentence
    return Outcome(len(picks) - len(refused), refused=refused)


def approve_some(*, actor: Actor, picks: Sequence[Pick]) -> int:
    """One piece, each in a transaction of its own; returns how many are approved now. Somebody who
    cannot be approved keeps nobody else from it and goes on awaiting it; twice is once. It stops
    where a program may not act any more."""
    approved = 0
    for shoot_id, candidate_id in picks:
        try:
            with transaction.atomic():
                whose = Organisation.objects.get(orders__shoots=shoot_id)
                if not lets_still(actor=actor, organisation=whose, scope=pieces.SCOPE):
                    log.info("not_approved", shoot=str(shoot_id), why="shut_out")
                    break
                _approve(actor, shoot_id, candidate_id)
        except Problem as problem:
            log.info("not_approved", shoot=str(shoot_id), why=problem.code)
        except Exception:
            log.exception("approval_failed", shoot=str(shoot_id))
        else:
            approved += 1
    return approved


def _approve(actor: Actor, shoot_id: UUID, candidate_id: UUID) -> None:
    choosing.approve(actor=actor, shoot=Shoot.objects.get(pk=shoot_id), picked=candidate_id)

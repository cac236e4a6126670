"""The one transition table of a shoot, and the one writer of its state."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override
from django_q.tasks import async_task

from accounts import audit
from accounts.actors import Actor
from accounts.webhooks import events
from billing import ledger
from generation.models import ENDED as ENDED
from generation.models import ENDED_WITHOUT, Shoot, State
from generation.sandbox import calls
from headshots.lib.problems import Problem

WORKING = frozenset({State.QUEUED, State.TRAINING, State.GENERATING})

# What somebody reads who asked for other pictures in vain.
NOTHING_BETTER = gettext_noop(
    "No new picture was nearer to what you asked for. Here are the ones from before."
)
# And what they read whose round broke off.
BROKE_OFF = gettext_noop(
    "The work on more pictures broke off too often. Here are the ones that are there."
)
PHOTOS_NO_USE = gettext_noop(
    "No more pictures could be made of your photos. Here are the ones that are there."
)
PHOTOS_WENT = gettext_noop(
    "Your photos were destroyed at most 30 days after you had uploaded them, as you were promised, "
    "before more pictures were made. Here are the ones that are there."
)
OUR_WORDS = frozenset({NOTHING_BETTER, BROKE_OFF, PHOTOS_NO_USE, PHOTOS_WENT})
"""Sentences to somebody who chooses that are ours and not their administrator's."""

TRANSITIONS: dict[State, frozenset[State]] = {
    State.INVITED: frozenset({State.COLLECTING}) | ENDED_WITHOUT,
    State.COLLECTING: frozenset({State.QUEUED}) | ENDED_WITHOUT,
    # Back to collecting: the photos were kept as long as was promised, or do not lead to a
    # likeness; others are asked for.
    # To choosing at once: the round broke off, or the photos are of no use any more, and there are
    # pictures from before it.
    State.QUEUED: frozenset({State.TRAINING, State.COLLECTING, State.CHOOSING}) | ENDED_WITHOUT,
    State.TRAINING: frozenset({State.GENERATING, State.COLLECTING, State.CHOOSING}) | ENDED_WITHOUT,
    State.GENERATING: frozenset({State.CHOOSING, State.COLLECTING}) | ENDED_WITHOUT,
    # Back to generating or queued: the next round, because none was them.
    State.CHOOSING: frozenset({State.APPROVING, State.QUEUED}) | ENDED_WITHOUT,
    State.APPROVING: frozenset({State.DELIVERED, State.CHOOSING, State.QUEUED}) | ENDED_WITHOUT,
    # What was delivered can still be withdrawn by its person.
    State.DELIVERED: frozenset({State.WITHDRAWN}),
    # So can what is left of a shoot that ended otherwise.
    State.FAILED: frozenset({State.WITHDRAWN}),
    State.CANCELLED: frozenset({State.WITHDRAWN}),
    State.OPTED_OUT: frozenset({State.WITHDRAWN}),
    State.WITHDRAWN: frozenset(),
}
# States in which the credit of a shoot is not held: entering one gives it back.
_FREE = ENDED_WITHOUT | {State.COLLECTING}


def move(
    *,
    actor: Actor,
    shoot: Shoot,
    to: State,
    fence: int | None = None,
    message: str = "",
    **fields: Any,
) -> None:
    """Bring a shoot into another state, with other fields of it, as one conditional write.

    With `fence`, the write is a worker's and is refused once another has claimed the shoot.
    A state in which nothing may be owed gives the credit back in the same transaction.

    Raises Problem (409) where the table does not allow the step or somebody was faster;
    RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A transition belongs into the transaction of what it stands for.")
    was = State(shoot.state)
    if to not in TRANSITIONS[was]:
        raise Problem(
            _("This shoot is {was}; it cannot become {to}.").format(
                was=was.label.lower(), to=to.label.lower()
            ),
            code="transition",
            status=409,
        )
    fields = {**fields, "state": to, "state_since": timezone.now(), "message": message}
    if to not in WORKING:
        fields |= {"lease_until": None, "worker": "", "step": 0, "steps": 0}
    rows = Shoot.objects.filter(pk=shoot.pk, state=was)
    if fence is not None:
        rows = rows.filter(fence=fence)
    elif to not in WORKING:
        # SECURITY: whoever ends or interrupts a shoot also shuts out the worker that has it.
        fields["fence"] = F("fence") + 1
    if rows.update(**fields, updated_at=timezone.now()) != 1:
        raise Problem(
            _("This shoot has moved on in the meantime. Load the page again."),
            code="stale",
            status=409,
        )
    shoot.refresh_from_db(fields=[*fields, "updated_at"])
    if to in _FREE:
        # Kept in English, whoever acts.
        with override("en"):
            # That somebody opted out is their own affair: to the others it is the alternative.
            note = "Alternative" if to == State.OPTED_OUT else str(to.label)
        give_back(actor=actor, shoot=shoot, note=note)
    audit.record(
        actor=actor,
        organisation=shoot.order.organisation,
        action=f"shoot.{to}",
        about=shoot,
        was=str(was),
        **({"message": message} if message else {}),
    )
    _tell(shoot=shoot, was=was, to=to)
    calls.wake(shoot.order)


def _tell(*, shoot: Shoot, was: State, to: State) -> None:
    organisation = shoot.order.organisation
    events.emit(organisation=organisation, type=f"shoot.{to}", resource=shoot)
    if to == State.WITHDRAWN and shoot.release is not None:
        events.emit(
            organisation=organisation,
            type="release.withdrawn",
            resource=shoot.release,
            once=True,
        )
    if to in ENDED and was not in ENDED:
        # Asked after the commit: of two shoots that end at once, neither sees the other before.
        async_task("generation.tasks.note_order_completed", str(shoot.order_id))


def give_back(*, actor: Actor, shoot: Shoot, note: str) -> bool:
    """Release whatever is held for a shoot. Returns whether anything was."""
    released = [
        ledger.release(
            actor=actor, organisation=shoot.order.organisation, source_key=key, note=note
        )
        for key in shoot.hold_keys
    ]
    return any(released)


def locked(shoot_id: UUID) -> Shoot:
    """A shoot with its order, organisation and employee, locked until the transaction ends."""
    return (
        Shoot.objects.select_for_update(of=("self",))
        .select_related("order__organisation", "employee__organisation", "invitation", "release")
        .get(pk=shoot_id)
    )

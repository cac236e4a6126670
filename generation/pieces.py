"""Acts on many people at once: a few are done within the request, more by tasks in pieces.

Neither a request nor its transaction, which by the API is one, then waits for everybody: what is
locked for the first person, such as the organisation's credits, is free again before the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db import transaction
from django_q.tasks import async_task

from accounts import actors
from accounts.actors import Actor

AT_ONCE = 25
"""How many people a request does, and how many a task."""

SCOPE = "orders:write"
"""What a program needs for them, still when its task comes."""

T = TypeVar("T")


def too_many(items: Sequence[object]) -> bool:
    """Whether that is more than a request does."""
    return len(items) > AT_ONCE


@transaction.atomic
def queue(task: str, *, actor: Actor, items: Sequence[T]) -> None:
    """Queue a task of generation.tasks for each piece of `items`, which a message can carry; it is
    called with the actor (as actors.unpacked takes it) and the piece."""
    for start in range(0, len(items), AT_ONCE):
        piece = list(items[start : start + AT_ONCE])
        async_task(f"generation.tasks.{task}", actors.packed(actor), piece)

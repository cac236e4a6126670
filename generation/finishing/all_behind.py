"""A look's newest finish for all its orders that are in another one: begun in one act, and each
looked at and decided by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.developers.on_behalf import lets_still
from generation import pieces
from generation.finishing import finishes, refinishing
from generation.models import Finish, Look, Order, Refinish, Shoot
from headshots.lib.problems import Problem

SCOPE = "headshots:write"
"""What a program needs for it, still when its task comes."""


@dataclass(frozen=True)
class Outcome:
    """How many orders are begun or, where tasks do it `later`, are going to be."""

    count: int
    later: bool = False


def orders(*, look: Look, finish: Finish) -> QuerySet[Order]:
    """The orders behind a finish (refinishing.behind), the newest first; `open_refinish` is the
    key of the rendering that is undecided in one, or None."""
    undecided = Refinish.objects.filter(order=OuterRef("pk"), state=Refinish.State.RENDERING)
    behind = refinishing.behind(look=look, finish=finish)
    return behind.annotate(open_refinish=Subquery(undecided.values("pk")[:1]))


def beginnable(*, look: Look, finish: Finish) -> QuerySet[Order]:
    """Those of them in which nothing is undecided, so that it can be begun."""
    undecided = Refinish.objects.filter(state=Refinish.State.RENDERING)
    return refinishing.behind(look=look, finish=finish).exclude(refinishes__in=undecided)


def start(*, actor: Actor, look: Look) -> Outcome:
    """Begin every order behind the look's newest finish in which nothing is undecided; those of
    more than pieces.AT_ONCE people by tasks.

    Raises Problem (409) where there is none.
    """
    newest = finishes.newest(organisation=look.organisation, look_name=look.name)
    keys = list(beginnable(look=look, finish=newest).values_list("pk", flat=True))
    if not keys:
        raise Problem(
            _(
                "Every order of this look is in its newest finish, or is being rendered in another "
                "one. Decide about those first."
            ),
            code="nothing",
            status=409,
        )
    people = Shoot.objects.filter(order__in=keys).values_list("pk", flat=True)
    if pieces.too_many(list(people[: pieces.AT_ONCE + 1])):
        pieces.queue("refinish_some", actor=actor, items=[str(key) for key in keys])
        return Outcome(len(keys), later=True)
    return Outcome(start_some(actor=actor, order_ids=keys))


def start_some(*, actor: Actor, order_ids: Sequence[UUID]) -> int:
    """One piece, each order in a transaction of its own; returns how many were begun. One that
    somebody began meanwhile, or that is in the newest finish by now, is passed over. It stops where
    a program may not act any more."""
    found = Order.objects.filter(pk__in=order_ids).select_related("look", "organisation", "finish")
    count = 0
    for order in found:
        newest = finishes.newest(organisation=order.organisation, look_name=order.look.name)
        try:
            with transaction.atomic():
                if not lets_still(actor=actor, organisation=order.organisation, scope=SCOPE):
                    break
                refinishing.start(actor=actor, order=order, finish=newest)
        except Problem as problem:
            if problem.status != 409:
                raise
            continue
        count += 1
    return count

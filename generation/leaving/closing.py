"""Closing an organisation: what it loses, and losing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django_q.tasks import async_task

from accounts.actors import SYSTEM, Actor
from accounts.membership import closing
from accounts.models import Employee, Member, Organisation
from billing import ledger
from billing.models import Purchase
from billing.payments import subscriptions
from generation import states
from generation.leaving import retention
from generation.models import Candidate, Directory, Headshot, Order, Selfie, Shoot
from generation.ordering import orders
from generation.storage import vault
from headshots.lib import locks

A_SWEEP = 50


@dataclass(frozen=True)
class Losses:
    """What closing takes away, counted; and whether the plan ends with it."""

    members: int
    people: int
    open_shoots: int
    photos: int
    headshots: int
    credits: int
    plan: bool
    unpaid: int
    settling: int
    directories: int


def losses(*, organisation: Organisation) -> Losses:
    """What would be gone if the organisation were closed now."""
    shoots = Shoot.objects.filter(order__organisation=organisation)
    balance = ledger.balance(organisation=organisation)
    plan = subscriptions.plan_of(organisation)
    bought = Purchase.objects.filter(organisation=organisation)
    return Losses(
        members=Member.objects.filter(organisation=organisation).count(),
        people=Employee.objects.filter(organisation=organisation).count(),
        open_shoots=shoots.exclude(state__in=states.ENDED).count(),
        photos=Selfie.objects.filter(shoot__in=shoots).count(),
        headshots=Headshot.objects.filter(shoot__in=shoots).count(),
        credits=balance.available + balance.held,
        plan=plan is not None and plan.runs,
        unpaid=bought.filter(state=Purchase.State.OPEN).count(),
        settling=bought.filter(state=Purchase.State.SETTLING).count(),
        directories=Directory.objects.filter(organisation=organisation).count(),
    )


@transaction.atomic
def close_organisation(*, actor: Actor, organisation: Organisation, typed_name: str) -> None:
    """Shut every door at once and queue the destruction of what is behind them.

    Raises Problem where the name typed is not the organisation's.
    """
    closing.shut(actor=actor, organisation=organisation, typed_name=typed_name)
    async_task("generation.tasks.finish_closing", str(organisation.pk))
    if sandbox := Organisation.objects.filter(sandbox_of=organisation, closed_at=None).first():
        closing.shut(actor=SYSTEM, organisation=sandbox, typed_name=sandbox.name)
        async_task("generation.tasks.finish_closing", str(sandbox.pk))


def finish(*, organisation_id: UUID) -> bool:
    """Forget the tokens of a closed organisation's directories, cancel what it has under way, give
    holds back, destroy every file and blank the roster. Returns whether all is done; does no harm
    when run twice, and leaves it to whoever is at it already. What it has not paid and its plan
    end with the sweep.

    A worker that is still at a cancelled shoot may put a file down before it notices, so the
    folder is emptied once more when every lease has run out; until then it is not done.
    """
    with locks.alone(organisation_id) as mine:
        return mine and _finish(Organisation.objects.get(pk=organisation_id))


def _finish(organisation: Organisation) -> bool:
    if organisation.closed_at is None or organisation.destroyed_at:
        return organisation.destroyed_at is not None
    Directory.objects.filter(organisation=organisation).delete()
    for order in Order.objects.filter(organisation=organisation):
        orders.cancel_order(actor=SYSTEM, order=order)
    for shoot in _with_something(organisation).select_related("order"):
        retention.destroy_inputs(actor=SYSTEM, shoot=shoot, results_too=True)
    vault().delete_tree(str(organisation.pk))
    if timezone.now() < organisation.closed_at + timedelta(seconds=2 * settings.LEASE_S):
        return False
    closing.forget_people(organisation=organisation)
    return True


def finish_all() -> int:
    """Queue going on with the organisations that are closed and not destroyed, the first closed
    first; how many."""
    waiting = Organisation.objects.filter(closed_at__isnull=False, destroyed_at=None)
    keys = list(waiting.order_by("closed_at", "pk").values_list("pk", flat=True)[:A_SWEEP])
    for key in keys:
        async_task("generation.tasks.finish_closing", str(key))
    return len(keys)


def _with_something(organisation: Organisation) -> QuerySet[Shoot]:
    mine = {"shoot": OuterRef("pk")}
    return Shoot.objects.filter(
        Q(inputs_destroyed_at=None, release__isnull=False)
        | Exists(Selfie.objects.filter(**mine))
        | Exists(Candidate.objects.filter(**mine)),
        order__organisation=organisation,
    )

"""Who works on which shoot: claims in the database, by lease and fence.

A message to the gpu cluster says only that there is work. A worker claims shoots with a lease that
it renews; every claim raises the shoot's fence, and every write of a worker names the fence of its
claim, so that a worker that slept past its lease can write nothing any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_noop
from django_q.brokers import get_broker
from django_q.tasks import async_task

from accounts.actors import SYSTEM, Actor
from generation import states
from generation.inviting import notices
from generation.models import Shoot, State
from generation.ordering import settling
from generation.sandbox import calls

# A person whose claims died this often is worked on alone, so that neighbours come to no harm.
ALONE_FROM = 2
# The first pause after an attempt that failed, in seconds.
PAUSE_S = 30


@dataclass(frozen=True)
class Claim:
    """A shoot that this process may work on while its fence is the shoot's."""

    shoot_id: UUID
    fence: int


def announce() -> None:
    """Tell the gpu cluster that there is work, once the transaction around has committed."""
    async_task("generation.tasks.work", cluster="gpu")


def enqueue(*, actor: Actor, shoot: Shoot) -> None:
    """Put a shoot in the queue with all its attempts before it. Needs a transaction.

    One of a sandbox is leased to the sandbox's own engine: no GPU ever claims it.
    """
    sandbox = calls.is_sandbox(shoot.order.organisation)
    states.move(
        actor=actor,
        shoot=shoot,
        to=State.QUEUED,
        attempts=0,
        lease_until=calls.FOR_EVER if sandbox else None,
        queued_at=timezone.now(),
    )
    if not sandbox:
        announce()


def claimable() -> Q:
    """Which shoots wait for a worker."""
    return Q(state__in=states.WORKING) & (Q(lease_until=None) | Q(lease_until__lt=Now()))


def claim(*, worker: str, people: int) -> list[Claim]:
    """Claim up to that many shoots of one order, the longest waiting first.

    Raises fence and attempts of each and gives it a lease. Somebody whose claims have failed
    before comes alone.
    """
    with transaction.atomic():
        ready = (
            Shoot.objects.filter(claimable(), attempts__lt=settings.MOST_ATTEMPTS)
            .order_by("queued_at", "pk")
            .select_for_update(skip_locked=True)
        )
        first = ready.first()
        if first is None:
            return []
        ids = [first.pk]
        if first.attempts < ALONE_FROM and people > 1:
            ids += (
                ready.filter(order=first.order_id, attempts__lt=ALONE_FROM)
                .exclude(pk=first.pk)
                .values_list("pk", flat=True)[: people - 1]
            )
        Shoot.objects.filter(pk__in=ids).update(
            fence=F("fence") + 1,
            attempts=F("attempts") + 1,
            lease_until=Now() + timedelta(seconds=settings.LEASE_S),
            worker=worker,
            updated_at=Now(),
        )
        return [
            Claim(pk, fence)
            for pk, fence in Shoot.objects.filter(pk__in=ids)
            .order_by("queued_at", "pk")
            .values_list("pk", "fence")
        ]


def renew(claims: Iterable[Claim]) -> set[UUID]:
    """Renew the leases; returns the shoots that are no longer ours."""
    lost = set()
    for held in claims:
        renewed = Shoot.objects.filter(
            pk=held.shoot_id, fence=held.fence, state__in=states.WORKING
        ).update(lease_until=Now() + timedelta(seconds=settings.LEASE_S))
        if not renewed:
            lost.add(held.shoot_id)
    return lost


def give_back(claims: Iterable[Claim]) -> None:
    """End the leases at once and uncounted: the worker stops, the shoots are not to blame."""
    for held in claims:
        _held(held).update(lease_until=None, worker="", attempts=F("attempts") - 1)


def put_off(claims: Iterable[Claim]) -> None:
    """After an attempt that failed: claimable again after a pause that grows with attempts.

    Half a minute, then two, eight and thirty-two, so that a full disk or a database away for an
    hour does not spend everybody's attempts at once.
    """
    for held in claims:
        for attempts in _held(held).values_list("attempts", flat=True):
            pause = timedelta(seconds=PAUSE_S * 4 ** max(0, attempts - 1))
            _held(held).update(lease_until=Now() + pause, worker="")


def _held(claim: Claim) -> QuerySet[Shoot]:
    return Shoot.objects.filter(
        pk=claim.shoot_id,
        fence=claim.fence,
        state__in=states.WORKING,
        lease_until__isnull=False,
    )


def progress(held: Claim, *, step: int, steps: int) -> None:
    """Note how far the work on a claimed shoot is."""
    Shoot.objects.filter(pk=held.shoot_id, fence=held.fence).update(step=step, steps=steps)


def fail_exhausted() -> int:
    """End the work on shoots whose last attempt died; returns how many.

    Whoever has pictures from before chooses of those; the others fail, and their credits come back.
    """
    spent = Shoot.objects.filter(claimable(), attempts__gte=settings.MOST_ATTEMPTS)
    failed = 0
    for shoot_id in list(spent.values_list("pk", flat=True)):
        with transaction.atomic():
            shoot = (
                Shoot.objects.select_for_update(of=("self",), skip_locked=True)
                .select_related("order__organisation", "employee", "invitation")
                .filter(claimable(), pk=shoot_id, attempts__gte=settings.MOST_ATTEMPTS)
                .first()
            )
            if shoot is None:
                continue
            failed += 1
            if settling.show_what_is_there(shoot=shoot, message=states.BROKE_OFF):
                continue
            states.move(
                actor=SYSTEM,
                shoot=shoot,
                to=State.FAILED,
                message=gettext_noop(
                    "The work on this headshot broke off too often. The credit has been given back."
                ),
            )
            notices.notify(shoot=shoot, kind="failed")
    return failed


def waiting() -> int:
    """How many shoots could be claimed now."""
    return Shoot.objects.filter(claimable()).count()


def sweep() -> dict[str, int]:
    """Fail what is exhausted and announce work again where messages or workers were lost."""
    failed = fail_exhausted()
    ready = waiting()
    if ready and get_broker("gpu").queue_size() == 0:
        announce()
    return {"failed": failed, "waiting": ready}

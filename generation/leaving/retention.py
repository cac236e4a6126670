"""Destroying what is no longer needed of a person: photos, measurements, adapters."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts import audit
from accounts.actors import SYSTEM, Actor
from accounts.consent.releases import RETENTION_DAYS
from generation import states
from generation.models import Candidate, Headshot, Selfie, Shoot, State, Upload
from generation.storage import vault

# How long after somebody left their folder is looked into again.
REMAINS = timedelta(days=1)


def destroy_inputs(*, actor: Actor, shoot: Shoot, results_too: bool = False) -> None:
    """Destroy a shoot's photos, face measurements and adapter; with `results_too`, its pictures.

    Rows go first and files after the commit: a file without a row is found again by its folder,
    a row without a file would lie.
    """
    folders = [f"{shoot.folder}/{name}" for name in ("selfies", "adapter", "uploads")]
    with transaction.atomic():
        shoot = states.locked(shoot.pk)
        Selfie.objects.filter(shoot=shoot).delete()
        Upload.objects.filter(shoot=shoot).delete()
        Shoot.objects.filter(pk=shoot.pk).update(adapter="", inputs_destroyed_at=timezone.now())
        if results_too:
            Headshot.objects.filter(shoot=shoot).delete()
            Candidate.objects.filter(shoot=shoot).delete()
            folders = [shoot.folder]
        audit.record(
            actor=actor,
            organisation=shoot.order.organisation,
            action="shoot.inputs_destroyed",
            about=shoot,
            results_too=results_too,
        )

        def remove() -> None:
            for folder in folders:
                vault().delete_tree(folder)

        transaction.on_commit(remove)


def clear_remains() -> int:
    """Destroy what a worker put down for somebody who had left meanwhile; returns how many files.

    A worker notices within a heartbeat that its claim is lost; what it wrote until then has no
    row and lies in the shoot's folder alone.
    """
    lately = timezone.now() - REMAINS
    gone = Shoot.objects.filter(
        state__in=(State.OPTED_OUT, State.WITHDRAWN), state_since__gt=lately
    ).select_related("order")
    return sum(vault().delete_tree(shoot.folder) for shoot in gone[:1000])


def sweep() -> dict[str, int]:
    """Destroy the inputs of ended shoots once their whole order has ended, or after
    RETENTION_DAYS."""
    open_in_order = Shoot.objects.filter(order=OuterRef("order")).exclude(state__in=states.ENDED)
    old = timezone.now() - timedelta(days=RETENTION_DAYS)
    due = Shoot.objects.filter(
        Q(state__in=states.ENDED),
        Q(~Exists(open_in_order)) | Q(state_since__lt=old),
        inputs_destroyed_at=None,
        selfies__isnull=False,
    ).distinct()
    destroyed = 0
    for shoot in due[:200]:
        destroy_inputs(actor=SYSTEM, shoot=shoot)
        destroyed += 1
    return {
        "inputs_destroyed": destroyed,
        "remains_cleared": clear_remains(),
        "unfinished_cleared": vault().clear_unfinished(),
    }

"""Who withdrew, noted in the vault as well: a database that is brought back from a backup does not
know it any more.

A note has a shoot's identifier and a time, and nothing of the person.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from generation.models import Shoot, State
from generation.storage import vault

_NOTE = "withdrawn-"
# For how long a note that could not be written is tried again.
LATELY = timedelta(days=7)


def note(*, shoot: Shoot) -> None:
    """Note after the commit that a shoot was withdrawn; where the vault is away then, the sweep
    does it."""
    transaction.on_commit(lambda: _write(shoot.pk), robust=True)


def catch_up() -> int:
    """Note who withdrew lately and is not noted; returns how many."""
    gone = Shoot.objects.filter(
        state=State.WITHDRAWN, state_since__gt=timezone.now() - LATELY
    ).values_list("pk", flat=True)
    late = [pk for pk in gone if vault().read_note(f"{_NOTE}{pk}") is None]
    for pk in late:
        _write(pk)
    return len(late)


def undone() -> list[Shoot]:
    """The shoots that are noted as withdrawn, and are not withdrawn in this database."""
    noted = [UUID(name.removeprefix(_NOTE)) for name in vault().notes(_NOTE)]
    return [
        shoot
        for start in range(0, len(noted), 1000)
        for shoot in Shoot.objects.filter(pk__in=noted[start : start + 1000])
        .exclude(state=State.WITHDRAWN)
        .select_related("order__organisation", "employee")
    ]


def _write(shoot_id: UUID) -> None:
    vault().confirm()
    vault().write_note(f"{_NOTE}{shoot_id}", timezone.now().isoformat().encode())

"""Writing the audit log."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Model

from accounts.actors import Actor
from accounts.models import AuditEntry, Organisation


def record(
    *,
    actor: Actor,
    organisation: Organisation,
    action: str,
    about: Model | None = None,
    **details: Any,
) -> AuditEntry:
    """Write an entry in the transaction of the act, so that neither stands without the other."""
    if not connection.in_atomic_block:
        raise RuntimeError("An audit entry belongs into the transaction of its act.")
    return AuditEntry.objects.create(
        organisation=organisation,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name[:200],
        address=actor.address,
        action=action,
        object_type=about._meta.model_name or "" if about else "",
        object_id=str(about.pk) if about else "",
        details=details,
    )

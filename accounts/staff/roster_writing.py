"""Writing what was decided about a roster, in a number of statements that does not grow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.models import Change, Employee, Organisation
from accounts.staff import new_addresses
from accounts.staff.roster_changes import FIELDS, Decision
from headshots.lib.ids import uuid7

_TABLE = Employee._meta.db_table


def lock(organisation: Organisation) -> None:
    """Whoever writes a roster holds this until the transaction ends."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)


def write(organisation: Organisation, decisions: Sequence[Decision]) -> list[UUID]:
    """Insert the new, update the changed, mark the leavers; in the caller's transaction.

    Three statements at most, whatever their number, and those of new_addresses. Returns the new
    people's identifiers, in order.
    """
    now = timezone.now()
    new = [decision for decision in decisions if decision.change == Change.NEW]
    added = [uuid7() for _ in new]
    with connection.cursor() as cursor:
        if new:
            columns = ["id", "organisation_id", "created_at", "updated_at", "status", "attributes"]
            statement = f"COPY {_TABLE} ({', '.join((*columns, *FIELDS))}) FROM STDIN"
            with cursor.copy(statement) as copy:
                for pk, decision in zip(added, new, strict=True):
                    said = decision.values
                    copy.write_row(
                        (
                            pk, organisation.pk, now, now, Employee.Status.ACTIVE.value,
                            json.dumps(said.get("attributes", {})),
                            *(said.get(name, "") for name in FIELDS),
                        )
                    )  # fmt: skip
        changed = [decision for decision in decisions if decision.change == Change.CHANGED]
        if changed:
            cursor.execute(_UPDATE, [now, *_as_arrays(changed), organisation.pk])
        leavers = [d.employee_id for d in decisions if d.change == Change.LEAVES and d.employee_id]
        if leavers:
            Employee.objects.filter(organisation=organisation, pk__in=leavers).update(
                status=Employee.Status.LEFT, left_at=now, updated_at=now
            )
    new_addresses.follow(
        people=[d.employee_id for d in changed if d.employee_id and "email" in d.before]
    )
    return added


# What is null in the arrays stays as it is; attributes are merged.
_UPDATE = f"""
    UPDATE {_TABLE} AS known SET updated_at = %s, status = 'active', left_at = NULL,
        attributes = known.attributes || said.attributes,
        {", ".join(f"{name} = COALESCE(said.{name}, known.{name})" for name in FIELDS)}
    FROM unnest(%s::uuid[], %s::jsonb[], {", ".join("%s::text[]" for _ in FIELDS)})
        AS said(id, attributes, {", ".join(FIELDS)})
    WHERE known.id = said.id AND known.organisation_id = %s
"""  # noqa: S608  names of our own columns alone


def _as_arrays(changed: Sequence[Decision]) -> list[list[Any]]:
    return [
        [decision.employee_id for decision in changed],
        [json.dumps(decision.values.get("attributes", {})) for decision in changed],
        *([d.values[name] if name in d.before else None for d in changed] for name in FIELDS),
    ]

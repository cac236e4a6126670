"""Departments with a look of their own, and orders placed by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.models import Employee, Organisation
from generation.models import DepartmentLook, Look, Order
from generation.ordering import orders, placed_once
from headshots.lib.problems import Problem


@transaction.atomic
def assign(*, actor: Actor, organisation: Organisation, looks: Mapping[str, Look | None]) -> int:
    """Say which look each department has; None: none of its own. Returns how many changed.

    A department keeps the look, not its version: an order takes the newest there is then. Raises
    Problem for a look of another organisation.
    """
    if any(look and look.organisation_id != organisation.pk for look in looks.values()):
        raise Problem(_("This look is not this organisation’s."), code="foreign", status=404)
    known = {
        row.department: row for row in DepartmentLook.objects.filter(organisation=organisation)
    }
    changed = []
    for department, look in looks.items():
        row = known.get(department)
        if (row.look_name if row else None) == (look.name if look else None):
            continue
        changed.append(department)
        if look is None:
            DepartmentLook.objects.filter(organisation=organisation, department=department).delete()
        else:
            DepartmentLook.objects.update_or_create(
                organisation=organisation,
                department=department,
                defaults={"look_name": look.name},
            )
    if changed:
        audit.record(
            actor=actor,
            organisation=organisation,
            action="departments.looks",
            departments=", ".join(changed)[:500],
        )
    return len(changed)


def own(*, organisation: Organisation) -> dict[str, Look]:
    """The departments that have a look of their own, with its newest version."""
    newest = {
        look.name: look
        for look in Look.objects.filter(organisation=organisation)
        .order_by("name", "-version")
        .distinct("name")
    }
    rows = DepartmentLook.objects.filter(organisation=organisation)
    return {row.department: newest[row.look_name] for row in rows if row.look_name in newest}


@transaction.atomic
def place_orders(
    *,
    actor: Actor,
    organisation: Organisation,
    look: Look,
    employees: Sequence[Employee],
    name: str = "",
    once_key: UUID | None = None,
    **terms: Any,
) -> list[Order]:
    """Place one order for each look: whoever's department has one of its own gets it, everybody
    else `look`. All of them or none. Raises Problem as orders.place_order does."""
    if not employees:
        raise Problem(_("Choose at least one employee."), code="nobody", field="employees")
    placed_once.refuse_again(organisation=organisation, once_key=once_key)
    looks = own(organisation=organisation)
    groups: dict[Look, list[Employee]] = {}
    for employee in employees:
        groups.setdefault(looks.get(employee.department, look), []).append(employee)
    placed = []
    for one, people in groups.items():
        called = f"{name}, {one.name}" if name.strip() and len(groups) > 1 else name
        placed.append(
            orders.place_order(
                actor=actor,
                organisation=organisation,
                look=one,
                employees=people,
                name=called,
                once_key=once_key,
                **terms,
            )
        )
    return placed

"""Whose pictures hang side by side on a wall: an order's people, or the whole staff across orders.

On an order's wall hang its headshots, those that await approval too. On the staff wall hangs
everybody on the roster once, with the newest they have of any order: an approved headshot, or what
they gave instead of one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.db.models import QuerySet, prefetch_related_objects

from accounts.models import Employee, Organisation
from generation.approving import alternatives
from generation.finishing import consistency
from generation.models import Alternative, Headshot, Order, Shoot, State
from generation.storage import staff_walls_folder


@dataclass(frozen=True)
class Wall:
    """Headshots and what was given instead of others, both by name. Of one `order`, or of the whole
    staff, of which `department` narrows it (empty: everybody)."""

    organisation: Organisation
    headshots: list[Headshot] = field(default_factory=list)
    given: list[Alternative] = field(default_factory=list)
    order: Order | None = None
    department: str = ""

    @property
    def people(self) -> int:
        return len(self.headshots) + len(self.given)

    @property
    def folder(self) -> str:
        """Where it lies in the vault when it is drawn."""
        if self.order is not None:
            return self.order.walls_folder
        digest = hashlib.sha256(self.department.encode()).hexdigest()[:16]
        return f"{staff_walls_folder(self.organisation.pk)}/{digest}"

    @property
    def title(self) -> str:
        """What is written above it when it is drawn."""
        names = (self.organisation.name, self.department)
        return " · ".join(name for name in names if name)

    @cached_property
    def looks(self) -> str:
        """The looks on it in words."""
        orders = [self.order] if self.order else [shoot.order for shoot in self._shoots()]
        return "; ".join(dict.fromkeys(order.direction.words() for order in orders))

    def _shoots(self) -> list[Shoot]:
        return [h.shoot for h in self.headshots] + [g.shoot for g in self.given]

    def employees(self) -> set[UUID]:
        """Who hangs on it."""
        return {shoot.employee_id for shoot in self._shoots()}

    def only(self, department: str) -> Wall:
        """Of the staff wall a department's part; of an empty one all of it."""
        if not department:
            return self
        return replace(
            self,
            headshots=[h for h in self.headshots if h.shoot.employee.department == department],
            given=[g for g in self.given if g.shoot.employee.department == department],
            department=department,
        )

    def with_parts(self) -> list[Wall]:
        """The staff wall, and the part of each department on it."""
        names = {shoot.employee.department for shoot in self._shoots()} - {""}
        return [self, *(self.only(name) for name in sorted(names))]


def of_order(order: Order) -> Wall:
    """An order's wall with everybody's files."""
    return Wall(
        order.organisation,
        consistency.shown(order=order),
        alternatives.of_order(order),
        order=order,
    )


def of_staff(organisation: Organisation) -> Wall:
    """The staff wall; files are fetched by `fetch_files`, as one page needs few of them."""
    roster = {
        "shoot__order__organisation": organisation,
        "shoot__employee__status": Employee.Status.ACTIVE,
    }
    headshots, given = newest(
        Headshot.objects.filter(
            shoot__state=State.DELIVERED, approved_at__isnull=False, **roster
        ).defer("candidate__receipt", "finishing__alignment"),
        Alternative.objects.filter(shoot__state=State.OPTED_OUT, **roster).exclude(finished=""),
    )
    return Wall(organisation, headshots, given)


def newest(
    headshots: QuerySet[Headshot], given: QuerySet[Alternative]
) -> tuple[list[Headshot], list[Alternative]]:
    """Of each person the newest of these approved headshots and pictures given instead, by name,
    with their orders, looks and finishes; two queries."""
    along = ("shoot__employee", "shoot__order__look", "shoot__order__finish__plate")
    last_headshots = (
        headshots.select_related("candidate", "finishing__finish__plate", *along)
        .order_by("shoot__employee_id", "-approved_at", "-pk")
        .distinct("shoot__employee_id")
    )
    last_given = (
        given.select_related(*along)
        .order_by("shoot__employee_id", "-created_at", "-pk")
        .distinct("shoot__employee_id")
    )
    approved = {h.shoot.employee_id: _since(h) for h in last_headshots}
    instead = {g.shoot.employee_id: g.created_at for g in last_given}
    mine = [h for h in last_headshots if _since(h) >= instead.get(h.shoot.employee_id, _since(h))]
    theirs = [
        g
        for g in last_given
        if g.shoot.employee_id not in approved or g.created_at > approved[g.shoot.employee_id]
    ]
    return (
        sorted(mine, key=lambda one: by_name(one.shoot.employee)),
        sorted(theirs, key=lambda one: by_name(one.shoot.employee)),
    )


def _since(headshot: Headshot) -> datetime:
    return headshot.approved_at or headshot.picked_at


def fetch_files(headshots: Sequence[Headshot]) -> None:
    """Fetch the renditions of headshots of the staff wall; one query."""
    prefetch_related_objects(headshots, "finishing__renditions")


@dataclass(frozen=True)
class Missing:
    """Somebody of the roster who is not on the staff wall, and their last shoot; none where nothing
    was ordered of them."""

    employee: Employee
    shoot: Shoot | None


def missing(wall: Wall) -> list[Missing]:
    """Who of the roster is not on the staff wall, by name; two queries."""
    roster = Employee.objects.filter(
        organisation=wall.organisation, status=Employee.Status.ACTIVE
    ).exclude(pk__in=wall.employees())
    if wall.department:
        roster = roster.filter(department=wall.department)
    shoots = (
        Shoot.objects.filter(employee__in=roster)
        .order_by("employee_id", "-created_at", "-pk")
        .distinct("employee_id")
    )
    last = {shoot.employee_id: shoot for shoot in shoots}
    return [Missing(one, last.get(one.pk)) for one in sorted(roster, key=by_name)]


def by_name(person: Employee) -> tuple[str, str, str]:
    """What people on a wall are sorted by."""
    return person.last_name.casefold(), person.first_name.casefold(), str(person.pk)

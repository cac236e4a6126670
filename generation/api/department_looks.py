"""Looks of departments, and ordering by them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from billing.api.refusals import BUSY
from generation import access
from generation.api import refusals
from generation.api.orders import USUAL_DAYS, OrderGiven, OrderShape, OrderViews, people_of
from generation.ordering import department_looks, orders
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Looks"


class DepartmentLookShape(Shape):
    """A department and the look that its people get."""

    department = serializers.CharField()
    look = serializers.UUIDField()

    example = {"department": "Research", "look": "019ab1c2-0000-7000-8000-00000000000b"}


class DepartmentLooksShape(Shape):
    """Every department that has a look of its own."""

    data: Any = DepartmentLookShape(many=True)

    example = {"data": [DepartmentLookShape.example]}


class DepartmentLooksGiven(Given):
    """Which look each department gets; null takes its own away."""

    looks = serializers.DictField(child=serializers.UUIDField(allow_null=True))

    example = {"looks": {"Research": "019ab1c2-0000-7000-8000-00000000000b", "Sales": None}}


class DepartmentLooksView(TenantView):
    """The looks of departments."""

    def everything(self) -> list[Any]:
        own = department_looks.own(organisation=self.organisation)
        return [{"department": name, "look": own[name].pk} for name in sorted(own)]

    @operation(
        "department_looks_list",
        "List departments' own looks",
        tag=TAG,
        scope="looks:read",
        shape=DepartmentLookShape,
        many=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Departments that are not named have none of their own. `If-Match` with the ETag of any
        page names all of them."""
        return self.listed_rows(
            self.everything(), owner=self.organisation.pk, key=lambda row: str(row["department"])
        )

    @operation(
        "department_looks_update",
        "Give departments looks of their own",
        tag=TAG,
        scope="looks:write",
        shape=DepartmentLooksShape,
        body=DepartmentLooksGiven,
        match=True,
    )
    def patch(self, request: Request) -> HttpResponseBase:
        """Departments that are left out stay as they are. The answer has all of them."""
        said = self.body()["looks"]
        department_looks.assign(
            actor=self.actor,
            organisation=self.organisation,
            looks={
                name: access.look(self.inside, look) if look else None
                for name, look in said.items()
            },
        )
        response = self.shown({"data": self.everything()})
        response["ETag"] = self._state(type(self))
        return response


class OrdersShape(Shape):
    """The orders that were placed, one for each look."""

    data: Any = OrderShape(many=True)

    example = {"data": [OrderShape.example]}


class OrdersByDepartmentView(OrderViews):
    """Several looks at once."""

    @operation(
        "orders_create_by_department",
        "Place orders by departments' looks",
        tag="Orders",
        scope="orders:write",
        shape=OrdersShape,
        body=OrderGiven,
        status=201,
        refuses=(
            refusals.CREDITS_MISSING,
            refusals.OVER_BUDGET,
            refusals.DUE,
            BUSY,
            refusals.NOT_ON_ROSTER,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Whoever's department has a look of its own gets that, everybody else the look that is
        named. All of the orders are placed, or none."""
        said = self.body()
        made = department_looks.place_orders(
            actor=self.actor,
            organisation=self.organisation,
            look=access.look(self.inside, said["look"]),
            employees=people_of(self, said["employees"]),
            due_at=said.get("due_at") or timezone.now() + timedelta(days=USUAL_DAYS),
            name=said.get("name", ""),
            invite=said["invite"],
            remind_every=said["remind_every"],
            more_pictures=said["more_pictures"],
            cost_centre=said.get("cost_centre", ""),
            po_number=said.get("po_number", ""),
            why=said.get("why", ""),
        )
        self.counts = orders.counts_of(made)
        shown = OrderShape(made, many=True, context={"view": self, "expand": ()}).data
        return self.plain({"data": shown})

"""Orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from accounts import access as accounts_access
from accounts.api.base import TenantView
from billing.api.refusals import BUSY
from generation import access
from generation.api import refusals
from generation.api.looks import ArtDirectionShape, LookShape
from generation.approving import at_once
from generation.delivering import delivery
from generation.delivering.naming import DEFAULT as USUAL_NAMING
from generation.delivering.naming import FIELDS as NAMING_FIELDS
from generation.delivering.naming import LONGEST_PATTERN
from generation.inviting import reminders
from generation.models import Order, State
from generation.ordering import orders
from generation.pieces import AT_ONCE
from headshots.lib.api.operations import operation
from headshots.lib.api.problems import Refusal
from headshots.lib.api.shapes import Expand, Given, Reference, Shape

TAG = "Orders"
MOST_PEOPLE = 10_000
USUAL_DAYS = 14
DUE = (
    f"In {USUAL_DAYS} days, where none is given. Mails and pages say the day that it is in the "
    "organisation’s time zone; an order of the pages is due at 23:59 there."
)
WHY = (
    "Who asks for headshots and why, in the organisation’s own words: read by everybody who is "
    "invited, in the mail and on their first page."
)


class OrderShape(Shape):
    """One launch of one look for some employees."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    look = Reference(LookShape)
    frozen_look: Any = ArtDirectionShape(source="direction")
    due_at = serializers.DateTimeField(
        help_text="Mails and pages say the day that it is in the organisation’s time zone."
    )
    remind_every = serializers.IntegerField(help_text="Days between reminders by mail; 0: none.")
    naming = serializers.SerializerMethodField(
        help_text="How the files of its headshots are named, such as `{last}_{first}_{number}`."
    )
    more_pictures = serializers.BooleanField()
    why = serializers.CharField(help_text=WHY)
    cost_centre = serializers.CharField()
    po_number = serializers.CharField()
    promised_hours = serializers.IntegerField(
        allow_null=True,
        help_text="Hours from photos handed in to pictures to choose from. Past them, the credits "
        "come back and the headshot is made free of charge. Null: nothing is promised.",
    )
    counts = serializers.SerializerMethodField(help_text="Shoots in each state.")
    created_at = serializers.DateTimeField()

    expands = {"look": Expand("look", "looks:read")}
    example = {
        "id": "019ab1c2-0000-7000-8000-00000000000c",
        "name": "Research, autumn",
        "look": "019ab1c2-0000-7000-8000-00000000000b",
        "frozen_look": ArtDirectionShape.example,
        "due_at": "2026-12-09T09:00:00Z",
        "remind_every": 3,
        "naming": USUAL_NAMING,
        "more_pictures": False,
        "why": "Our new website shows who answers when customers call.",
        "cost_centre": "4711",
        "po_number": "PO-2026-118",
        "promised_hours": 24,
        "counts": {state.value: 0 for state in State},
        "created_at": "2026-11-25T09:00:00Z",
    }

    def get_naming(self, row: Order) -> str:
        return row.naming or USUAL_NAMING

    def get_counts(self, row: Order) -> dict[str, int]:
        known: dict[UUID, dict[str, int]] = self.context["view"].counts
        return known.get(row.pk) or orders.counts(order=row)


class OrderGiven(Given):
    """An order to place."""

    look = serializers.UUIDField()
    employees = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=MOST_PEOPLE,
        help_text="Ids of employees who are on the roster.",
    )
    due_at = serializers.DateTimeField(required=False, help_text=DUE)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    invite = serializers.BooleanField(
        default=True, help_text="Whether we mail the links; else you bring people in yourself."
    )
    remind_every = serializers.ChoiceField(
        choices=orders.REMIND_EVERY,
        default=3,
        help_text="Days between reminders to whoever has something to do; 0: none.",
    )
    more_pictures = serializers.BooleanField(
        default=False,
        help_text="Eight pictures or more to choose from instead of four, for a credit more each.",
    )
    why = serializers.CharField(
        max_length=orders.LONGEST_WHY, required=False, allow_blank=True, help_text=WHY
    )
    cost_centre = serializers.CharField(max_length=60, required=False, allow_blank=True)
    po_number = serializers.CharField(max_length=60, required=False, allow_blank=True)

    example = {
        "look": "019ab1c2-0000-7000-8000-00000000000b",
        "employees": ["019ab1c2-0000-7000-8000-00000000000a"],
        "due_at": "2026-12-09T09:00:00Z",
        "name": "Research, autumn",
        "invite": True,
        "why": "Our new website shows who answers when customers call.",
    }


class OrdersQuery(Given):
    """Which orders."""

    look = serializers.UUIDField(required=False)
    cost_centre = serializers.CharField(max_length=60, required=False)
    po_number = serializers.CharField(max_length=60, required=False)
    since = serializers.DateTimeField(required=False, help_text="Placed then or later.")


LATER = (
    f"For more than {AT_ONCE} people the answer is 202: it is done for one after the other from "
    "then on. The order’s `counts` say how far it is, and events tell of each."
)


class DoneShape(Shape):
    """How many it was done for."""

    count = serializers.IntegerField(help_text="With 202: for how many it is going to be done.")

    example = {"count": 12}


class OrderViews(TenantView):
    """What the views of orders share."""

    counts: dict[UUID, dict[str, int]] = {}


class OrdersView(OrderViews):
    """The orders of the organisation."""

    @operation(
        "orders_list",
        "List orders",
        tag=TAG,
        scope="orders:read",
        shape=OrderShape,
        many=True,
        query=OrdersQuery,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The newest first."""
        found = access.orders(self.inside)
        for name in ("look", "cost_centre", "po_number"):
            if name in self.query:
                found = found.filter(**{name: self.query[name]})
        if "since" in self.query:
            found = found.filter(created_at__gte=self.query["since"])
        return self.listed(found, owner=self.organisation.pk)

    def rows_found(self, rows: list[Any]) -> None:
        self.counts = orders.counts_of(rows)

    @operation(
        "orders_create",
        "Place an order",
        tag=TAG,
        scope="orders:write",
        shape=OrderShape,
        body=OrderGiven,
        status=201,
        also=(402,),
        refuses=(
            refusals.CREDITS_MISSING,
            refusals.OVER_BUDGET,
            refusals.DUE,
            refusals.NOT_ON_ROSTER,
            BUSY,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Freezes the look and makes a shoot for each employee. A credit is held when somebody's
        photos are handed in, and taken when their headshot is approved. What departments' budgets
        have no room for is refused whole."""
        said = self.body()
        order = orders.place_order(
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
        return self.shown(order, location=reverse("api:order", args=[order.pk]))


def people_of(view: TenantView, ids: list[UUID]) -> list[Any]:
    """Those of the roster. Raises Refusal where somebody is not on it."""
    wanted = set(ids)
    people = list(accounts_access.staff(view.inside).filter(pk__in=wanted))
    if missing := wanted - {person.pk for person in people}:
        raise Refusal(
            f"{len(missing)} of these are not on the roster, {min(missing)} among them.",
            code="employee_unknown",
            field="employees",
        )
    return people


class OrderChange(Given):
    """What can be changed of an order."""

    remind_every = serializers.ChoiceField(choices=orders.REMIND_EVERY, required=False)
    naming = serializers.CharField(
        max_length=LONGEST_PATTERN,
        required=False,
        allow_blank=True,
        help_text=f"Fields: {', '.join(NAMING_FIELDS)}; empty: the usual pattern.",
    )

    example = {"remind_every": 5, "naming": "{department}-{last}-{first}"}


class OrderView(OrderViews):
    """One order."""

    @operation("orders_get", "Read an order", tag=TAG, scope="orders:read", shape=OrderShape)
    def get(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """With the number of its shoots in each state."""
        return self.shown(access.order(self.inside, order_id))

    @operation(
        "orders_update",
        "Change an order",
        tag=TAG,
        scope="orders:write",
        shape=OrderShape,
        body=OrderChange,
        match=True,
        refuses=(refusals.NAMING,),
    )
    def patch(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """How often it reminds and how its files are named; everything else is frozen when it is
        placed."""
        said = self.body()
        order = access.order(self.inside, order_id)
        if "remind_every" in said:
            reminders.set_interval(
                actor=self.actor,
                organisation=self.organisation,
                order=order,
                days=said["remind_every"],
            )
        if "naming" in said:
            delivery.save_naming(actor=self.actor, order=order, pattern=said["naming"])
        return self.shown(access.order(self.inside, order_id))


class OrderCancelView(OrderViews):
    """Ending an order."""

    acts_on = OrderView

    @operation(
        "orders_cancel",
        "Cancel an order",
        tag=TAG,
        scope="orders:write",
        match=True,
        shape=DoneShape,
        later=LATER,
        refuses=(BUSY,),
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Ends what has not been delivered; credits that were held come back."""
        order = access.order(self.inside, order_id)
        count, later = orders.cancel_soon(actor=self.actor, order=order)
        return self.plain({"count": count}, status=202 if later else 200)


class OrderApproveView(OrderViews):
    """Approving everybody who has picked."""

    acts_on = OrderView

    @operation(
        "orders_approve",
        "Approve all picks",
        tag=TAG,
        scope="orders:write",
        match=True,
        shape=DoneShape,
        later=LATER,
        refuses=(BUSY,),
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Takes a credit for each and delivers; who has not picked yet is passed over."""
        order = access.order(self.inside, order_id)
        outcome = at_once.approve_all(actor=self.actor, shoots=access.shoots(self.inside, order))
        return self.plain({"count": outcome.count}, status=202 if outcome.later else 200)

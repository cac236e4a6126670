"""Following an order up: more people, reminders, and another look for people who are in it."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from billing.api.refusals import BUSY
from generation import access
from generation.api import refusals
from generation.api.orders import (
    MOST_PEOPLE,
    DoneShape,
    OrderShape,
    OrderView,
    OrderViews,
    people_of,
)
from generation.inviting import reminders
from generation.ordering import another_look, funnel, orders
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Orders"


class AddPeopleGiven(Given):
    """More people for an order."""

    employees = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=MOST_PEOPLE,
        help_text="Ids of employees who are on the roster; whoever is in the order stays as is.",
    )
    invite = serializers.BooleanField(
        default=True, help_text="Whether we mail the links; else you bring people in yourself."
    )

    example = {"employees": ["019ab1c2-0000-7000-8000-00000000000a"], "invite": True}


class OrderPeopleView(OrderViews):
    """Bringing more people in."""

    acts_on = OrderView

    @operation(
        "orders_add_people",
        "Add people to an order",
        tag=TAG,
        scope="orders:write",
        match=True,
        shape=DoneShape,
        body=AddPeopleGiven,
        also=(402,),
        refuses=(
            refusals.CREDITS_MISSING,
            refusals.OVER_BUDGET,
            refusals.ORDER_DUE,
            refusals.NOT_ON_ROSTER,
            BUSY,
        ),
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Until it is due, with the look and add-ons that it was placed with. `count` is how many
        were not in it before."""
        said = self.body()
        order = access.order(self.inside, order_id)
        added = orders.add_people(
            actor=self.actor,
            order=order,
            employees=people_of(self, said["employees"]),
            invite=said["invite"],
        )
        return self.plain({"count": len(added)})


class RemindGiven(Given):
    """Whom to remind; everybody whose turn it is, where nothing is said."""

    stage = serializers.ChoiceField(choices=[*funnel.STAGES], required=False)
    department = serializers.CharField(max_length=100, required=False)

    example = {"department": "Research"}


class RemindedShape(Shape):
    """How many were reminded, and why others were not."""

    sent = serializers.IntegerField()
    lately = serializers.IntegerField(help_text="Were reminded within twelve hours.")
    unreached = serializers.IntegerField(help_text="Their mail came back.")

    example = {"sent": 7, "lately": 1, "unreached": 0}


class OrderRemindView(OrderViews):
    """Reminding by hand."""

    acts_on = OrderView

    @operation(
        "orders_remind",
        "Remind who has something to do",
        tag=TAG,
        scope="orders:write",
        match=True,
        shape=RemindedShape,
        body=RemindGiven,
        refuses=(refusals.NOBODY_TO_REMIND,),
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """By mail, at once: those who owe photos or a choice. `If-Match` with the order's ETag
        reminds nobody where somebody has acted since you read it."""
        order = access.order(self.inside, order_id)
        done = reminders.nudge(actor=self.actor, order=order, wanted=funnel.Wanted(**self.body()))
        return self.plain({"sent": done.sent, "lately": done.lately, "unreached": done.unreached})


class AnotherLookGiven(Given):
    """Another look for some people of an order."""

    look = serializers.UUIDField()
    shoots = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=1000)

    example = {
        "look": "019ab1c2-0000-7000-8000-00000000000b",
        "shoots": ["019ab1c2-0000-7000-8000-00000000000d"],
    }


class OrderAnotherLookView(OrderViews):
    """The same people in another look, without new photos."""

    @operation(
        "orders_another_look",
        "Order another look",
        tag=TAG,
        scope="orders:write",
        shape=OrderShape,
        body=AnotherLookGiven,
        status=201,
        refuses=(
            refusals.CREDITS_MISSING,
            refusals.SAME_LOOK,
            refusals.PHOTOS_GONE,
            BUSY,
            refusals.UNDER_WAY,
            refusals.OVER_BUDGET,
        ),
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """As an order of its own, while their photos and models are kept."""
        said = self.body()
        order = access.order(self.inside, order_id)
        made = another_look.place(
            actor=self.actor,
            order=order,
            look=access.look(self.inside, said["look"]),
            shoots=access.shoots_named(self.inside, said["shoots"]),
        )
        return self.shown(made, location=reverse("api:order", args=[made.pk]))

"""What headshots cost to make, and where a credit goes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import Http404
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from generation import access
from generation.accounting import costs, where_credits_go
from generation.accounting.costs import Cost
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Shape

TAG = "Costs"


class CostShape(Shape):
    """Cents by what they went into, at the prices of when it was done, and figures behind them."""

    training = serializers.FloatField(help_text="On the person's photos.")
    generating = serializers.FloatField(help_text="Drawing and judging what passed.")
    rejected = serializers.FloatField(help_text="Drawing and judging what did not pass.")
    finishing = serializers.FloatField()
    storage = serializers.FloatField()
    mail = serializers.FloatField()
    total = serializers.FloatField()
    seconds = serializers.FloatField(help_text="Of the worker's device.")
    joules = serializers.FloatField(help_text="As far as the device tells it.")
    images = serializers.IntegerField(help_text="That were drawn.")

    example = {
        "training": 21.4,
        "generating": 9.2,
        "rejected": 3.1,
        "finishing": 0.4,
        "storage": 0.02,
        "mail": 0.06,
        "total": 34.18,
        "seconds": 411.5,
        "joules": 90100.0,
        "images": 16,
    }


class PartShape(Shape):
    """A part of one headshot's price."""

    key = serializers.CharField()
    name = serializers.CharField()
    cents = serializers.FloatField()


class CreditStoryShape(Shape):
    """Of one delivered headshot of the last year, on average; all in cents."""

    headshots = serializers.IntegerField(help_text="How many these figures are of.")
    days = serializers.IntegerField()
    paid = serializers.FloatField(help_text="What was paid for one.")
    bought = serializers.BooleanField(
        help_text="false: nothing was bought and kept, and the list price stands for it."
    )
    making: Any = PartShape(many=True, help_text="What making it took.")
    price: Any = PartShape(many=True, help_text="Where the price goes.")

    example = {
        "headshots": 116,
        "days": 365,
        "paid": 2000.0,
        "bought": True,
        "making": [{"key": "training", "name": "Training on the person’s photos", "cents": 21.4}],
        "price": [
            {"key": "making", "name": "Making it", "cents": 34.18},
            {"key": "fee", "name": "Payment fee", "cents": 58.3},
            {
                "key": "left",
                "name": "Research, people, support, and what we earn",
                "cents": 1907.52,
            },
        ],
    }


def _told(view: TenantView, cost: Cost) -> HttpResponseBase:
    return view.shown({**asdict(cost), "total": cost.total})


class OrderCostsView(TenantView):
    """Of an order."""

    @operation(
        "orders_costs_get",
        "Read what an order cost to make",
        tag=TAG,
        scope="orders:read",
        shape=CostShape,
    )
    def get(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Until now, of all its people together."""
        return _told(self, costs.of_order(access.order(self.inside, order_id)))


class ShootCostsView(TenantView):
    """Of one person."""

    @operation(
        "shoots_costs_get",
        "Read what a shoot cost to make",
        tag=TAG,
        scope="shoots:read",
        shape=CostShape,
    )
    def get(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """Until now."""
        shoot = access.shoot(self.inside, shoot_id)
        return _told(self, costs.of_shoots([shoot.pk])[shoot.pk])


class CreditCostsView(TenantView):
    """Of a credit."""

    @operation(
        "credit_costs_get",
        "Read where a credit goes",
        tag=TAG,
        scope="credits:read",
        shape=CreditStoryShape,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """A 404 while no headshot was delivered."""
        story = where_credits_go.of_organisation(self.organisation)
        if story is None:
            raise Http404
        return self.shown(
            {
                "headshots": story.headshots,
                "days": where_credits_go.DAYS,
                "paid": story.paid,
                "bought": story.revenue.bought,
                "making": story.making,
                "price": story.price,
            }
        )

"""Who awaits approval, what somebody should look at, and approving the rest at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from billing.api.refusals import BUSY
from generation import access
from generation.api.orders import LATER
from generation.approving import bounds
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Shape

TAG = "Orders"


class JudgedShape(Shape):
    """A headshot that awaits approval."""

    shoot = serializers.UUIDField(source="headshot.shoot_id")
    headshot = serializers.UUIDField(source="headshot.pk")
    candidate = serializers.UUIDField(source="headshot.candidate_id")
    inside = serializers.BooleanField(help_text="Whether nobody needs to look at it.")
    reasons = serializers.ListField(child=serializers.CharField(), help_text="Why somebody should.")

    example = {
        "shoot": "019ab1c2-0000-7000-8000-00000000000d",
        "headshot": "019ab1c2-0000-7000-8000-000000000018",
        "candidate": "019ab1c2-0000-7000-8000-000000000017",
        "inside": False,
        "reasons": ["Likeness 0.51; up to 0.45 is close."],
    }


class ReviewShape(Shape):
    """Everybody of an order who awaits approval, by name."""

    data: Any = JudgedShape(many=True)

    example = {"data": [JudgedShape.example]}


class ReviewedShape(Shape):
    """What was approved, and what is left."""

    approved = serializers.IntegerField(help_text="How many were, or with 202 are going to be.")
    left: Any = JudgedShape(many=True)

    example = {"approved": 11, "left": [JudgedShape.example]}


class ReviewView(TenantView):
    """The review of an order."""

    @operation(
        "review_get", "Read who awaits approval", tag=TAG, scope="orders:read", shape=ReviewShape
    )
    def get(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Each held against the bounds: likeness, what the check flagged, who stands out."""
        order = access.order(self.inside, order_id)
        return self.shown({"data": bounds.awaiting(order=order)})

    @operation(
        "review_approve",
        "Approve who is inside the bounds",
        tag=TAG,
        scope="orders:write",
        match=True,
        shape=ReviewedShape,
        later=LATER,
        refuses=(BUSY,),
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """The others are left, with the reasons; approve them one by one."""
        order = access.order(self.inside, order_id)
        outcome, left = bounds.approve_inside(actor=self.actor, order=order)
        said = {"approved": outcome.count, "left": left}
        return self.shown(said, status=202 if outcome.later else 200)

"""Who awaits approval, what somebody should look at, and approving the rest at once."""

from __future__ import annotations

from functools import cached_property
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
from generation.ordering import funnel
from headshots.lib.api.operations import operation
from headshots.lib.api.pages import MOST
from headshots.lib.api.shapes import Given, Shape

TAG = "Orders"
DEPARTMENT = "Those of this department alone; empty: those who have none."


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


class ReviewedShape(Shape):
    """What was approved, and what is left."""

    approved = serializers.IntegerField(help_text="How many were, or with 202 are going to be.")
    left: Any = JudgedShape(
        many=True, help_text=f"Up to {MOST} of them; reading the review has them all."
    )
    left_count = serializers.IntegerField()

    example = {"approved": 11, "left": [JudgedShape.example], "left_count": 1}


class ReviewQuery(Given):
    """Whom."""

    department = serializers.CharField(
        max_length=100, required=False, allow_blank=True, help_text=DEPARTMENT
    )


class ReviewGiven(Given):
    """Whom to approve; everybody inside the bounds, where nothing is said."""

    department = serializers.CharField(
        max_length=100, required=False, allow_blank=True, help_text=DEPARTMENT
    )

    example = {"department": "Research"}


class ReviewView(TenantView):
    """The review of an order."""

    @cached_property
    def judged(self) -> list[bounds.Judged]:
        return bounds.awaiting(order=access.order(self.inside, self.kwargs["order_id"]))

    def everything(self) -> list[bounds.Judged]:
        return sorted(self.judged, key=_picked)

    @operation(
        "review_get",
        "Read who awaits approval",
        tag=TAG,
        scope="orders:read",
        shape=JudgedShape,
        many=True,
        query=ReviewQuery,
    )
    def get(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Who picked first comes first, each held against the bounds: likeness, what the check
        flagged, who stands out. `If-Match` with the ETag of any page names all of them."""
        rows = self.judged
        if "department" in self.query:
            wanted = self.query["department"]
            rows = [row for row in rows if row.headshot.shoot.employee.department == wanted]
        return self.listed_rows(rows, owner=self.organisation.pk, key=_picked)

    @operation(
        "review_approve",
        "Approve who is inside the bounds",
        tag=TAG,
        scope="orders:write",
        match=True,
        shape=ReviewedShape,
        body=ReviewGiven,
        later=LATER,
        refuses=(BUSY,),
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """The others are left, with the reasons; approve them one by one."""
        order = access.order(self.inside, order_id)
        outcome, left = bounds.approve_inside(
            actor=self.actor, order=order, wanted=funnel.Wanted(**self.body())
        )
        said = {"approved": outcome.count, "left": left[:MOST], "left_count": len(left)}
        return self.shown(said, status=202 if outcome.later else 200)


def _picked(row: bounds.Judged) -> str:
    """In the order in which they first picked."""
    return str(row.headshot.pk)

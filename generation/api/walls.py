"""An order's wall as one picture or a PDF."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from generation import access
from generation.api import refusals
from generation.finishing import wall_pictures, walls
from generation.finishing.walls import Wall
from generation.models import Order
from generation.storage import vault
from headshots.lib.api.operations import operation
from headshots.lib.api.problems import Refusal
from headshots.lib.api.refusals import STORAGE_UNAVAILABLE
from headshots.lib.api.shapes import Given, Shape

TAG = "Orders"
Fields = dict[str, Any]


class WallShape(Shape):
    """Everybody side by side, as the wall hangs now."""

    order = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=list(wall_pictures.KINDS))
    people = serializers.IntegerField(help_text="How many hang on it.")
    ready = serializers.BooleanField(help_text="Whether it is drawn as it hangs now.")
    file = serializers.CharField(allow_null=True, help_text="Where it is, with your key.")
    sentence = serializers.CharField(
        help_text="Why it could not be drawn when it was last asked for; else empty."
    )

    example = {
        "order": "019ab1c2-0000-7000-8000-00000000000c",
        "kind": "png",
        "people": 12,
        "ready": True,
        "file": "/api/v1/orders/019ab1c2-0000-7000-8000-00000000000c/wall/file?kind=png",
        "sentence": "",
    }


class WallGiven(Given):
    """As what."""

    kind = serializers.ChoiceField(choices=list(wall_pictures.KINDS), default="png")

    example = {"kind": "png"}


class WallQuery(Given):
    """As what."""

    kind = serializers.ChoiceField(choices=list(wall_pictures.KINDS), default="png")


class WallView(TenantView):
    """The wall of one order."""

    @operation(
        "walls_get",
        "Read how far a wall is",
        tag=TAG,
        scope="headshots:read",
        shape=WallShape,
        query=WallQuery,
        refuses=(STORAGE_UNAVAILABLE,),
    )
    def get(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """A headshot that is approved, changed or withdrawn makes it another wall, which has to be
        drawn again."""
        order = access.order(self.inside, order_id)
        return self.shown(_state(order, self.query["kind"]))

    @operation(
        "walls_draw",
        "Have a wall drawn",
        tag=TAG,
        scope="headshots:write",
        shape=WallShape,
        body=WallGiven,
        status=202,
        locates=True,
        refuses=(
            refusals.EMPTY_WALL,
            STORAGE_UNAVAILABLE,
        ),
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """As a PNG, or as a PDF of A4 pages, with names. It takes about a second for fifty people;
        read it until it is ready or its `sentence` says why it could not be
        drawn. Asked for once more, it is tried again."""
        order, kind = access.order(self.inside, order_id), self.body()["kind"]
        wall_pictures.asked_for(actor=self.actor, wall=walls.of_order(order), kind=kind)
        place = reverse("api:wall", args=[order.pk])
        return self.shown(_state(order, kind), location=f"{place}?kind={kind}")


class WallFileView(TenantView):
    """The picture."""

    @operation(
        "walls_file",
        "Fetch a wall",
        tag=TAG,
        scope="headshots:read",
        binary=tuple(wall_pictures.KINDS.values()),
        query=WallQuery,
        refuses=(refusals.WALL_NOT_READY,),
    )
    def get(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Once it is ready."""
        wall = walls.of_order(access.order(self.inside, order_id))
        return wall_file(self, wall, self.query["kind"])


def wall_file(view: TenantView, wall: Wall, kind: str) -> HttpResponseBase:
    """The picture of a wall as it hangs now. Raises Refusal where it is not drawn."""
    hanging = wall_pictures.hanging(wall=wall, kind=kind)
    if not hanging.ready:
        raise Refusal(
            "The wall as it hangs now is not drawn. Have it drawn, and wait until it is ready.",
            code="not_ready",
            status=409,
        )
    return view.file(
        vault().open(hanging.key),
        key=hanging.key,
        name=f"staff-wall.{kind}",
        kind=wall_pictures.KINDS[kind],
    )


def _state(order: Order, kind: str) -> Fields:
    hanging = wall_pictures.hanging(wall=walls.of_order(order), kind=kind)
    file = f"{reverse('api:wall_file', args=[order.pk])}?kind={kind}" if hanging.ready else None
    return {
        "order": order.pk,
        "kind": kind,
        "people": hanging.people,
        "ready": hanging.ready,
        "file": file,
        "sentence": hanging.sentence,
    }

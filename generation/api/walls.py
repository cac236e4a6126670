"""An order's wall as one picture or a PDF, and how alike its people are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from generation import access
from generation.api import refusals
from generation.approving import alternatives
from generation.finishing import consistency, wall_pictures, walls
from generation.finishing.consistency import Alike, Beside
from generation.finishing.walls import Wall
from generation.models import Alternative, Consistency, Order
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

    example = {
        "order": "019ab1c2-0000-7000-8000-00000000000c",
        "kind": "png",
        "people": 12,
        "ready": True,
        "file": "/api/v1/orders/019ab1c2-0000-7000-8000-00000000000c/wall/file?kind=png",
    }


class MeasureShape(Shape):
    """How far a roster lies apart in one measure; up to `bound` nobody sees it."""

    measure = serializers.ChoiceField(choices=list(consistency.BOUNDS))
    spread = serializers.FloatField()
    bound = serializers.FloatField()

    example = {"measure": "tilt", "spread": 0.4, "bound": 1.0}


class OutlierShape(Shape):
    """Somebody who stands out, by these measures: how far from the middle."""

    headshot = serializers.UUIDField()
    employee = serializers.UUIDField()
    deviations: Any = serializers.DictField(child=serializers.FloatField())

    example = {
        "headshot": "019ab1c2-0000-7000-8000-000000000018",
        "employee": "019ab1c2-0000-7000-8000-00000000000a",
        "deviations": {"tilt": 3.1},
    }


class StandingShape(Shape):
    """By how much somebody differs from the roster's median, and in what they stand out."""

    headshot = serializers.UUIDField()
    employee = serializers.UUIDField()
    deviations: Any = serializers.DictField(
        child=serializers.FloatField(),
        help_text="By measure; without those that could not be measured. Plus is lower, larger, "
        "leaning clockwise, lighter, and more light from the left.",
    )
    outlying = serializers.ListField(child=serializers.ChoiceField(list(consistency.BOUNDS)))

    example = {
        "headshot": "019ab1c2-0000-7000-8000-000000000018",
        "employee": "019ab1c2-0000-7000-8000-00000000000a",
        "deviations": {
            "eye_line": 0.001,
            "face_height": -0.004,
            "tilt": 3.1,
            "backdrop": 0.2,
            "brightness": -1.5,
            "side_light": 0.01,
        },
        "outlying": ["tilt"],
    }


class BesideShape(Shape):
    """By how much a real photo given instead of a headshot differs from the roster's median, in its
    backdrop and clothes; their face is not measured."""

    alternative = serializers.UUIDField()
    employee = serializers.UUIDField()
    deviations: Any = serializers.DictField(child=serializers.FloatField())
    outlying = serializers.ListField(child=serializers.ChoiceField(list(consistency.BOUNDS)))

    example = {
        "alternative": "019ab1c2-0000-7000-8000-000000000027",
        "employee": "019ab1c2-0000-7000-8000-00000000000b",
        "deviations": {"backdrop": 0.1, "brightness": -3.2},
        "outlying": [],
    }


class MarkShape(Shape):
    """What an order's figure was at a time."""

    figure = serializers.FloatField()
    people = serializers.IntegerField()
    outliers = serializers.IntegerField()
    at = serializers.DateTimeField(source="created_at")

    example = {"figure": 91.8, "people": 12, "outliers": 1, "at": "2026-11-25T09:00:00Z"}


class ConsistencyShape(Shape):
    """How alike everybody on a wall is."""

    figure = serializers.FloatField(
        allow_null=True, help_text="0 to 100; null for fewer than three people."
    )
    measures: Any = MeasureShape(many=True)
    outliers: Any = OutlierShape(many=True)
    people: Any = StandingShape(many=True, help_text="Everybody with a headshot, by name.")
    instead: Any = BesideShape(many=True, help_text="Real photos given instead, by name.")
    history: Any = MarkShape(
        many=True, help_text="Each time the figure changed, the newest first; the last hundred."
    )

    example = {
        "figure": 93.4,
        "measures": [MeasureShape.example],
        "outliers": [OutlierShape.example],
        "people": [StandingShape.example],
        "instead": [BesideShape.example],
        "history": [MarkShape.example],
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
        read it until it is ready."""
        order, kind = access.order(self.inside, order_id), self.body()["kind"]
        wall_pictures.asked_for(actor=self.actor, wall=walls.of_order(order), kind=kind)
        place = reverse("api:wall", args=[order.pk])
        return self.shown(_state(order, kind), location=f"{place}?kind={kind}")


class ConsistencyView(TenantView):
    """How alike an order came out."""

    @operation(
        "consistency_get",
        "Read how alike an order came out",
        tag=TAG,
        scope="headshots:read",
        shape=ConsistencyShape,
    )
    def get(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Eye line and face height as shares of the height, tilt in degrees, the backdrop in
        CIEDE2000, brightness in Lab lightness, light from the side as a share. Harmonising mends
        who stands out."""
        order = access.order(self.inside, order_id)
        alike = consistency.compare(consistency.shown(order=order))
        photos = alternatives.photos(order)
        besides = consistency.beside(alike, [photo.measures for photo in photos])
        history = list(Consistency.objects.filter(order=order)[:100])
        return self.shown({**compared(alike, photos, besides), "history": history})


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


def compared(alike: Alike, given: Sequence[Alternative], besides: Sequence[Beside]) -> Fields:
    """How alike people are, as ConsistencyShape has it but for its history; of what was given
    instead the real photos."""
    return {
        "figure": alike.figure,
        "measures": [
            {"measure": name, "spread": alike.spreads[name], "bound": bound}
            for name, bound in consistency.BOUNDS.items()
            if name in alike.spreads
        ],
        "outliers": [
            {
                "headshot": each.headshot.pk,
                "employee": each.headshot.shoot.employee_id,
                "deviations": {name: each.deviations[name] for name in each.outlying},
            }
            for each in alike.outliers
        ],
        "people": [
            {
                "headshot": each.headshot.pk,
                "employee": each.headshot.shoot.employee_id,
                "deviations": _rounded(each),
                "outlying": each.outlying,
            }
            for each in alike.people
        ],
        "instead": [
            {
                "alternative": one.pk,
                "employee": one.shoot.employee_id,
                "deviations": _rounded(each),
                "outlying": each.outlying,
            }
            for one, each in zip(given, besides, strict=True)
            if one.kind == Alternative.Kind.PHOTO
        ],
    }


def _rounded(each: consistency.Beside) -> dict[str, float]:
    return {
        name: round(each.deviations[name], 5)
        for name in consistency.BOUNDS
        if name in each.deviations
    }


def _state(order: Order, kind: str) -> Fields:
    hanging = wall_pictures.hanging(wall=walls.of_order(order), kind=kind)
    file = f"{reverse('api:wall_file', args=[order.pk])}?kind={kind}" if hanging.ready else None
    return {
        "order": order.pk,
        "kind": kind,
        "people": hanging.people,
        "ready": hanging.ready,
        "file": file,
    }

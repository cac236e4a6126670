"""How alike an order came out: the figure, and person by person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from generation import access
from generation.approving import alternatives
from generation.finishing import consistency
from generation.finishing.consistency import Alike, Beside
from generation.models import Alternative, Consistency
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Orders"
Fields = dict[str, Any]


class MeasureShape(Shape):
    """How far a roster lies apart in one measure; up to `bound` nobody sees it."""

    measure = serializers.ChoiceField(choices=list(consistency.BOUNDS))
    spread = serializers.FloatField()
    bound = serializers.FloatField()

    example = {"measure": "tilt", "spread": 0.4, "bound": 1.0}


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
    people = serializers.IntegerField(help_text="With a headshot on the wall.")
    outliers = serializers.IntegerField(help_text="Of them, who stand out.")
    history: Any = MarkShape(
        many=True, help_text="Each time the figure changed, the newest first; the last hundred."
    )

    example = {
        "figure": 93.4,
        "measures": [MeasureShape.example],
        "people": 12,
        "outliers": 1,
        "history": [MarkShape.example],
    }


class StandingShape(Shape):
    """By how much somebody differs from the roster's median, and in what they stand out: by their
    headshot, or by the real photo that they gave instead, whose face is not measured."""

    headshot = serializers.UUIDField(allow_null=True)
    alternative = serializers.UUIDField(allow_null=True)
    employee = serializers.UUIDField()
    deviations: Any = serializers.DictField(
        child=serializers.FloatField(),
        help_text="By measure; without those that could not be measured. Plus is lower, larger, "
        "leaning clockwise, lighter, and more light from the left.",
    )
    outlying = serializers.ListField(child=serializers.ChoiceField(list(consistency.BOUNDS)))

    example = {
        "headshot": "019ab1c2-0000-7000-8000-000000000018",
        "alternative": None,
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


class StandingsQuery(Given):
    """Whom."""

    outlying = serializers.BooleanField(
        required=False, help_text="true: who stands out; false: who does not."
    )


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
        history = list(Consistency.objects.filter(order=order)[:100])
        return self.shown({**figures(alike), "history": history})


class StandingsView(TenantView):
    """Everybody of an order beside each other."""

    @operation(
        "standings_list",
        "List how far everybody is from the others",
        tag=TAG,
        scope="headshots:read",
        shape=StandingShape,
        many=True,
        query=StandingsQuery,
    )
    def get(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Headshots first, then real photos given instead, the oldest of each first."""
        order = access.order(self.inside, order_id)
        alike = consistency.compare(consistency.shown(order=order))
        photos = alternatives.photos(order)
        instead = consistency.beside(alike, [photo.measures for photo in photos])
        return self.listed_rows(
            of_interest(standings(alike, photos, instead), self.query),
            owner=self.organisation.pk,
            key=place,
        )


def figures(alike: Alike) -> Fields:
    """How alike people are, as ConsistencyShape has it but for its history."""
    return {
        "figure": alike.figure,
        "measures": [
            {"measure": name, "spread": alike.spreads[name], "bound": bound}
            for name, bound in consistency.BOUNDS.items()
            if name in alike.spreads
        ],
        "people": len(alike.people),
        "outliers": len(alike.outliers),
    }


def standings(
    alike: Alike, photos: Sequence[Alternative], besides: Sequence[Beside]
) -> list[Fields]:
    """Everybody as StandingShape has them; of what was given instead the real photos."""
    rows = [
        _row(each, each.headshot.shoot.employee_id, headshot=each.headshot.pk)
        for each in alike.people
    ]
    rows += [
        _row(each, photo.shoot.employee_id, alternative=photo.pk)
        for photo, each in zip(photos, besides, strict=True)
        if photo.kind == Alternative.Kind.PHOTO
    ]
    return rows


def of_interest(rows: list[Fields], query: Fields) -> list[Fields]:
    """Those that StandingsQuery asks for."""
    if "outlying" not in query:
        return rows
    return [row for row in rows if bool(row["outlying"]) is query["outlying"]]


def _row(
    each: consistency.Beside,
    employee: UUID,
    *,
    headshot: UUID | None = None,
    alternative: UUID | None = None,
) -> Fields:
    return {
        "headshot": headshot,
        "alternative": alternative,
        "employee": employee,
        "deviations": {
            name: round(each.deviations[name], 5)
            for name in consistency.BOUNDS
            if name in each.deviations
        },
        "outlying": each.outlying,
    }


def place(row: Fields) -> str:
    """What standings are sorted by."""
    return f"0 {row['headshot']}" if row["headshot"] else f"1 {row['alternative']}"

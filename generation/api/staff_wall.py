"""The wall of the whole staff across orders: who is on it, who is missing, how alike they are."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from generation.api import refusals
from generation.api.consistency import (
    Fields,
    MeasureShape,
    StandingShape,
    StandingsQuery,
    figures,
    of_interest,
    place,
    standings,
)
from generation.api.walls import WallGiven, wall_file
from generation.finishing import staff_consistency, wall_pictures, walls
from generation.finishing.walls import Wall
from generation.models import State
from headshots.lib.api.operations import operation
from headshots.lib.api.refusals import STORAGE_UNAVAILABLE
from headshots.lib.api.shapes import Given, Shape

TAG = "Organisation"
DEPARTMENT = "A department’s part of it alone; empty is everybody."


class MissingShape(Shape):
    """Somebody of the roster who is not on it."""

    employee = serializers.UUIDField()
    shoot = serializers.UUIDField(
        allow_null=True, help_text="Their last; null where nothing was ordered of them."
    )
    state = serializers.ChoiceField(
        choices=State.values, allow_null=True, help_text="Of that shoot."
    )

    example = {
        "employee": "019ab1c2-0000-7000-8000-00000000000b",
        "shoot": "019ab1c2-0000-7000-8000-00000000000d",
        "state": "collecting",
    }


class StaffWallShape(Shape):
    """Everybody of the roster side by side, as the wall hangs now."""

    department = serializers.CharField(help_text=DEPARTMENT)
    kind = serializers.ChoiceField(choices=list(wall_pictures.KINDS))
    people = serializers.IntegerField(help_text="How many hang on it.")
    missing = serializers.IntegerField(help_text="How many of the roster do not.")
    ready = serializers.BooleanField(help_text="Whether it is drawn as it hangs now.")
    file = serializers.CharField(allow_null=True, help_text="Where it is, with your key.")
    sentence = serializers.CharField(
        help_text="Why it could not be drawn when it was last asked for; else empty."
    )

    example = {
        "department": "",
        "kind": "png",
        "people": 214,
        "missing": 3,
        "ready": True,
        "file": "/api/v1/wall/file?kind=png",
        "sentence": "",
    }


class StaffPartShape(Shape):
    """Those of one look in front of one backdrop, who are compared with one another."""

    look = serializers.CharField()
    backdrop = serializers.CharField(help_text="The plate, or the backdrop in the look’s words.")
    figure = serializers.FloatField(
        allow_null=True, help_text="0 to 100; null for fewer than three people."
    )
    measures: Any = MeasureShape(many=True)
    people = serializers.IntegerField(help_text="With a headshot on the wall.")
    outliers = serializers.IntegerField(help_text="Of them, who stand out.")

    example = {
        "look": "Corporate",
        "backdrop": "Studio grey",
        "figure": 93.4,
        "measures": [MeasureShape.example],
        "people": 180,
        "outliers": 2,
    }


class StaffStandingShape(StandingShape):
    """By how much somebody differs from the median of those of their look in front of the same
    backdrop, and in what they stand out."""

    look = serializers.CharField()
    backdrop = serializers.CharField(help_text="The plate, or the backdrop in the look’s words.")

    example = {**StandingShape.example, "look": "Corporate", "backdrop": "Studio grey"}


class StaffConsistencyShape(Shape):
    """How alike the whole staff is."""

    figure = serializers.FloatField(
        allow_null=True,
        help_text="The mean of the parts’, weighted by people; null where none has three.",
    )
    parts: Any = StaffPartShape(many=True, help_text="The largest first.")

    example = {"figure": 93.4, "parts": [StaffPartShape.example]}


class StaffWallGiven(WallGiven):
    """As what, and of whom."""

    department = serializers.CharField(
        max_length=100, allow_blank=True, default="", help_text=DEPARTMENT
    )

    example = {"kind": "png", "department": ""}


class StaffWallQuery(Given):
    """As what, and of whom."""

    kind = serializers.ChoiceField(choices=list(wall_pictures.KINDS), default="png")
    department = serializers.CharField(
        max_length=100, allow_blank=True, default="", help_text=DEPARTMENT
    )


class MissingQuery(Given):
    """Of whom."""

    department = serializers.CharField(
        max_length=100, allow_blank=True, default="", help_text=DEPARTMENT
    )


class StaffWallView(TenantView):
    """The wall of the whole staff."""

    @operation(
        "staff_wall_get",
        "Read who is on the staff wall, and how far it is",
        tag=TAG,
        scope="headshots:read",
        shape=StaffWallShape,
        query=StaffWallQuery,
        refuses=(STORAGE_UNAVAILABLE,),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Everybody on the roster once, with the newest they have of any order: an approved
        headshot, or what they gave instead. Whenever that changes it has to be drawn again."""
        return self.shown(_state(self, self.query["department"], self.query["kind"]))

    @operation(
        "staff_wall_draw",
        "Have the staff wall drawn",
        tag=TAG,
        scope="headshots:write",
        shape=StaffWallShape,
        body=StaffWallGiven,
        status=202,
        locates=True,
        refuses=(refusals.EMPTY_WALL, STORAGE_UNAVAILABLE),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """As a PNG, or as a PDF of A4 pages, with names and titles. It takes about a second for
        fifty people; read it until it is ready or its `sentence` says why it could not be
        drawn. Asked for once more, it is tried again."""
        given = self.body()
        department, kind = given["department"], given["kind"]
        wall_pictures.asked_for(actor=self.actor, wall=_wall(self, department), kind=kind)
        place = f"{reverse('api:staff_wall')}?{_words(department, kind)}"
        return self.shown(_state(self, department, kind), location=place)


class StaffWallFileView(TenantView):
    """The picture."""

    @operation(
        "staff_wall_file",
        "Fetch the staff wall",
        tag=TAG,
        scope="headshots:read",
        binary=tuple(wall_pictures.KINDS.values()),
        query=StaffWallQuery,
        refuses=(refusals.WALL_NOT_READY,),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Once it is ready."""
        return wall_file(self, _wall(self, self.query["department"]), self.query["kind"])


class StaffConsistencyView(TenantView):
    """How alike the whole staff is."""

    @operation(
        "staff_consistency_get",
        "Read how alike the whole staff is",
        tag=TAG,
        scope="headshots:read",
        shape=StaffConsistencyShape,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Departments may look different on purpose, so everybody is compared with those of their
        look in front of the same backdrop. Harmonising an order among the staff mends who of it
        stands out here."""
        staff = staff_consistency.compare(walls.of_staff(self.inside.organisation))
        return self.shown(
            {
                "figure": staff.figure,
                "parts": [
                    {
                        "look": part.look,
                        "backdrop": part.backdrop,
                        **figures(part.alike),
                    }
                    for part in staff.parts
                ],
            }
        )


class StaffStandingsView(TenantView):
    """Everybody of the staff beside those of their look."""

    @operation(
        "staff_standings_list",
        "List how far everybody of the staff is from the others",
        tag=TAG,
        scope="headshots:read",
        shape=StaffStandingShape,
        many=True,
        query=StandingsQuery,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Headshots first, then real photos given instead, the oldest of each first."""
        staff = staff_consistency.compare(walls.of_staff(self.inside.organisation))
        rows = [
            {**row, "look": part.look, "backdrop": part.backdrop}
            for part in staff.parts
            for row in standings(part.alike, part.given, part.besides)
        ]
        return self.listed_rows(
            of_interest(rows, self.query), owner=self.organisation.pk, key=place
        )


class StaffMissingView(TenantView):
    """Who is not on the staff wall."""

    @operation(
        "staff_missing_list",
        "List who is missing on the staff wall",
        tag=TAG,
        scope="headshots:read",
        shape=MissingShape,
        many=True,
        query=MissingQuery,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Everybody of the roster without a picture that hangs there, who joined first."""
        rows = [
            {
                "employee": one.employee.pk,
                "shoot": one.shoot.pk if one.shoot else None,
                "state": one.shoot.state if one.shoot else None,
            }
            for one in walls.missing(_wall(self, self.query["department"]))
        ]
        return self.listed_rows(
            rows, owner=self.organisation.pk, key=lambda row: str(row["employee"])
        )


def _wall(view: TenantView, department: str) -> Wall:
    return walls.of_staff(view.inside.organisation).only(department)


def _words(department: str, kind: str) -> str:
    return urlencode({"kind": kind, **({"department": department} if department else {})})


def _state(view: TenantView, department: str, kind: str) -> Fields:
    wall = _wall(view, department)
    hanging = wall_pictures.hanging(wall=wall, kind=kind)
    file = f"{reverse('api:staff_wall_file')}?{_words(department, kind)}"
    return {
        "department": department,
        "kind": kind,
        "people": hanging.people,
        "missing": len(walls.missing(wall)),
        "ready": hanging.ready,
        "file": file if hanging.ready else None,
        "sentence": hanging.sentence,
    }

"""What stands beside an order's headshots of those who opted out."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from generation import access
from generation.api import refusals
from generation.api.pictures import PictureView, picture_file
from generation.approving import alternatives
from generation.models import Alternative
from headshots.lib.api.operations import operation
from headshots.lib.api.problems import Refusal
from headshots.lib.api.shapes import Given, Shape

TAG = "Headshots"


class AlternativeShape(Shape):
    """A photo of their own, or initials, of somebody who opted out. No face in it is generated."""

    id = serializers.UUIDField()
    shoot = serializers.UUIDField(source="shoot_id")
    employee = serializers.UUIDField(source="shoot.employee_id")
    kind = serializers.ChoiceField(choices=Alternative.Kind.choices)
    picture = serializers.SerializerMethodField(
        help_text="Where the JPEG is, with your key; null until it is made."
    )
    kinds = serializers.SerializerMethodField(
        help_text="The renditions of a photo, as its order's headshots have them: fetch the "
        "picture with `rendition`. None of initials."
    )
    notes = serializers.SerializerMethodField(
        help_text="What wants a look in the picture of a photo, in sentences."
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000027",
        "shoot": "019ab1c2-0000-7000-8000-00000000000d",
        "employee": "019ab1c2-0000-7000-8000-00000000000a",
        "kind": "initials",
        "picture": "/api/v1/alternatives/019ab1c2-0000-7000-8000-000000000027/picture",
        "kinds": [],
        "notes": [],
        "created_at": "2026-11-25T09:00:00Z",
        "updated_at": "2026-11-25T09:00:00Z",
    }

    def get_picture(self, row: Alternative) -> str | None:
        return reverse("api:alternative_picture", args=[row.pk]) if row.finished else None

    def get_kinds(self, row: Alternative) -> list[str]:
        return [file["kind"] for file in row.files]

    def get_notes(self, row: Alternative) -> list[str]:
        return alternatives.notes(row)


AlternativeShape.get_kinds.__annotations__["return"] = list[str]
AlternativeShape.get_notes.__annotations__["return"] = list[str]


class RenditionQuery(Given):
    """Which file."""

    rendition = serializers.CharField(max_length=40, required=False)


class AlternativesView(TenantView):
    """What was given instead of headshots in an order."""

    @operation(
        "alternatives_list",
        "List what was given instead of headshots",
        tag=TAG,
        scope="headshots:read",
        shape=AlternativeShape,
        many=True,
    )
    def get(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """In the order's crop and on its plate, so that nobody is missing beside the others.
        Whoever wanted none is not in it."""
        order = access.order(self.inside, order_id)
        return self.listed(access.alternatives(self.inside, order), owner=self.organisation.pk)


class AlternativePictureView(PictureView):
    """The picture of one."""

    @operation(
        "alternatives_file",
        "Fetch what was given instead of a headshot",
        tag=TAG,
        scope="headshots:read",
        binary="image/*",
        query=RenditionQuery,
        refuses=(refusals.NO_KIND,),
    )
    def get(self, request: Request, alternative_id: UUID) -> HttpResponseBase:
        """The JPEG that stands for them, or a `rendition` of a photo; that it was looked at is
        written down."""
        self.about = found = access.alternative(self.inside, alternative_id)
        wanted = self.query.get("rendition", "")
        file = {"file": found.finished, "format": "jpeg"}
        if wanted:
            file = next((each for each in found.files if each["kind"] == wanted), {})
        if not file:
            raise Refusal(
                "There is no such file; `kinds` lists those there are.",
                code="not_found",
                status=404,
            )
        return picture_file(file["file"], f"image/{file['format']}")

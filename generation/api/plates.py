"""Plates: what an organisation puts behind its people."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from accounts.api.base import TenantView
from generation import access
from generation.api import refusals
from generation.api.pictures import picture_file
from generation.api.selfies import MARGIN_BYTES
from generation.finishing import finishes
from generation.models import Plate
from headshots.lib.api.operations import operation
from headshots.lib.api.refusals import DECODER_UNAVAILABLE
from headshots.lib.api.shapes import Given, Shape

TAG = "Looks"


class PlateShape(Shape):
    """A plate. Changing one makes its next version; looks keep the one that they name."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Plate.Kind.choices)
    colours: Any = serializers.ListField(
        child=serializers.CharField(), help_text="Written like #1a2b3c; of a picture its mean."
    )
    angle = serializers.IntegerField(help_text="Of a gradient, in degrees.")
    fall_off = serializers.IntegerField(
        help_text="How much darker the corners are than the middle, in hundredths."
    )
    picture = serializers.SerializerMethodField(
        help_text="Where the JPEG is, with your key; null for what is painted."
    )
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000028",
        "name": "Brand blue",
        "version": 1,
        "kind": "gradient",
        "colours": ["#204060", "#0a1a2a"],
        "angle": 90,
        "fall_off": 8,
        "picture": None,
        "created_at": "2026-11-25T09:00:00Z",
    }

    def get_picture(self, row: Plate) -> str | None:
        return reverse("api:plate_picture", args=[row.pk]) if row.file else None


class PlateGiven(Given):
    """A plate that is painted, or the next version of the one with that name."""

    name = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(
        choices=[kind for kind in Plate.Kind.values if kind != Plate.Kind.PICTURE]
    )
    colours = serializers.ListField(
        child=serializers.CharField(max_length=7),
        min_length=1,
        max_length=finishes.MOST_COLOURS,
        help_text="Written like #1a2b3c; a gradient takes two or more.",
    )
    angle = serializers.IntegerField(min_value=0, max_value=359, default=0)
    fall_off = serializers.IntegerField(min_value=0, max_value=60, default=0)

    example = {
        "name": "Brand blue",
        "kind": "gradient",
        "colours": ["#204060", "#0a1a2a"],
        "angle": 90,
        "fall_off": 8,
    }


class PlatePictureGiven(Given):
    """A plate that is a picture."""

    name = serializers.CharField(max_length=80)
    picture = serializers.FileField(
        help_text="JPEG, PNG, WebP or HEIC with 400 pixels or more on each side."
    )
    fall_off = serializers.IntegerField(min_value=0, max_value=60, default=0)


class PlatesView(TenantView):
    """The plates of the organisation."""

    @operation(
        "plates_list",
        "List plates",
        tag=TAG,
        scope="looks:read",
        shape=PlateShape,
        many=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The newest version of each, the newest first."""
        newest = Plate.objects.filter(pk__in=access.plates(self.inside).values("pk"))
        return self.listed(newest, owner=self.organisation.pk)

    @operation(
        "plates_create",
        "Paint a plate",
        tag=TAG,
        scope="looks:write",
        shape=PlateShape,
        body=PlateGiven,
        status=201,
        refuses=(
            refusals.GRADIENT,
            refusals.PLATE_CHANGED,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """A name that is known gets its next version."""
        made = finishes.save_plate(actor=self.actor, organisation=self.organisation, **self.body())
        return self.shown(made, location=reverse("api:plate", args=[made.pk]))


class PlatePicturesView(TenantView):
    """Plates that are pictures."""

    parser_classes = (MultiPartParser,)

    @operation(
        "plates_upload",
        "Upload a plate",
        tag=TAG,
        scope="looks:write",
        shape=PlateShape,
        upload=PlatePictureGiven,
        sent=('-F "name=Lobby"', '-F "picture=@lobby.jpg"', '-F "fall_off=0"'),
        status=201,
        limit_bytes=settings.UPLOAD_MAX_BYTES + MARGIN_BYTES,
        refuses=(
            refusals.PLATE_PICTURE,
            refusals.PLATE_CHANGED,
            DECODER_UNAVAILABLE,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """As the part `picture` of a multipart body. Metadata is dropped, pixels alone are kept."""
        said = self.body()
        made = finishes.save_plate(
            actor=self.actor,
            organisation=self.organisation,
            name=said["name"],
            kind=Plate.Kind.PICTURE,
            fall_off=said["fall_off"],
            picture=said["picture"].read(),
        )
        return self.shown(made, location=reverse("api:plate", args=[made.pk]))


class PlateView(TenantView):
    """One plate."""

    @operation("plates_get", "Read a plate", tag=TAG, scope="looks:read", shape=PlateShape)
    def get(self, request: Request, plate_id: UUID) -> HttpResponseBase:
        """One version of a plate."""
        return self.shown(access.plate(self.inside, plate_id))


class PlatePictureView(TenantView):
    """The picture of a plate."""

    @operation(
        "plates_file", "Fetch a plate's picture", tag=TAG, scope="looks:read", binary="image/jpeg"
    )
    def get(self, request: Request, plate_id: UUID) -> HttpResponseBase:
        """Of a plate that was uploaded; what is painted has none."""
        return picture_file(access.plate(self.inside, plate_id).file, "image/jpeg")

"""How the headshots of a look are finished: plate, crop, logo, and which files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api import refusals as shared
from accounts.api.base import TenantView
from generation import access
from generation.api import refusals
from generation.finishing import finishes, rendition_table
from generation.finishing.rendition_table import LARGEST, MOST_ROWS, SMALLEST, Row
from generation.models import Finish
from headshots.lib.api.operations import operation
from headshots.lib.api.parsing import BytesParser
from headshots.lib.api.problems import Refusal
from headshots.lib.api.shapes import Given, Shape

TAG = "Looks"
CORNERS = ("left", "right")


class FinishRowShape(Shape):
    """A file that each headshot becomes."""

    kind = serializers.CharField(
        max_length=39, help_text="Its name in addresses and files: small letters, digits, hyphens."
    )
    width = serializers.IntegerField(min_value=SMALLEST, max_value=LARGEST)
    height = serializers.IntegerField(min_value=SMALLEST, max_value=LARGEST)
    format = serializers.ChoiceField(choices=rendition_table.FORMATS, default="jpeg")
    quality = serializers.IntegerField(min_value=40, max_value=100, default=92)
    closer = serializers.IntegerField(
        min_value=0,
        max_value=60,
        default=0,
        help_text="How much nearer than the finish's crop, in hundredths.",
    )
    dpi = serializers.IntegerField(
        min_value=0, max_value=1200, default=0, help_text="For print, from 72; 0 says nothing."
    )
    see_through = serializers.BooleanField(default=False, help_text="Leaves the plate out.")
    round = serializers.BooleanField(default=False)
    monochrome = serializers.BooleanField(default=False)
    logo = serializers.BooleanField(default=False)
    frame = serializers.BooleanField(default=False)

    example = rendition_table.stored(rendition_table.DEFAULT[:1])[0]


class FinishRowGiven(Given, FinishRowShape):
    """A file that each headshot shall become."""


class FinishShape(Shape):
    """How a look is finished. A change makes the next version; what is approved stays as it is."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    plate = serializers.UUIDField(
        source="plate_id", allow_null=True, help_text="Null: paper in the look's backdrop."
    )
    eye_line = serializers.FloatField(help_text="Share of the height, from above.")
    closer = serializers.IntegerField(help_text="Than the look's framing, in hundredths.")
    logo = serializers.SerializerMethodField(help_text="Whether there is one.")
    logo_corner = serializers.ChoiceField(choices=CORNERS)
    frame_colour = serializers.CharField()
    renditions: Any = FinishRowShape(many=True)
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000029",
        "version": 2,
        "plate": "019ab1c2-0000-7000-8000-000000000028",
        "eye_line": 0.42,
        "closer": 0,
        "logo": False,
        "logo_corner": "right",
        "frame_colour": "#ffffff",
        "renditions": rendition_table.stored(rendition_table.DEFAULT[:2]),
        "created_at": "2026-11-25T09:00:00Z",
    }

    def get_logo(self, row: Finish) -> bool:
        return bool(row.logo)


class FinishGiven(Given):
    """What changes; what is left out stays as it is."""

    plate = serializers.UUIDField(
        required=False, allow_null=True, help_text="Null: paper in the look's backdrop."
    )
    eye_line = serializers.FloatField(required=False, min_value=0.25, max_value=0.55)
    closer = serializers.IntegerField(required=False, min_value=0, max_value=60)
    logo_corner = serializers.ChoiceField(required=False, choices=CORNERS)
    frame_colour = serializers.CharField(
        required=False, max_length=7, help_text="Written like #1a2b3c."
    )
    renditions = serializers.ListField(
        child=FinishRowGiven(),
        required=False,
        min_length=1,
        max_length=MOST_ROWS,
        help_text="All of them: a file that is not named is not made any more.",
    )

    example = {
        "plate": "019ab1c2-0000-7000-8000-000000000028",
        "renditions": rendition_table.stored(rendition_table.DEFAULT[:2]),
    }


class FinishViews(TenantView):
    """What belongs to the finish of a look."""

    def newest(self, look_id: UUID) -> Finish:
        look = access.look(self.inside, look_id)
        return finishes.newest(organisation=self.organisation, look_name=look.name)

    def saved(self, before: Finish, **changes: Any) -> HttpResponseBase:
        """The next version: as before, but for the changes."""
        made = finishes.save_finish(
            actor=self.actor,
            organisation=self.organisation,
            look_name=before.look_name,
            **{
                "plate": before.plate,
                "eye_line": before.eye_line,
                "closer": before.closer,
                "logo_corner": before.logo_corner,
                "frame_colour": before.frame_colour,
                "renditions": rendition_table.rows(before.renditions),
                **changes,
            },
        )
        return self.shown(made)


class FinishView(FinishViews):
    """The finish of a look."""

    @operation(
        "finishes_get", "Read a look's finish", tag=TAG, scope="looks:read", shape=FinishShape
    )
    def get(self, request: Request, look_id: UUID) -> HttpResponseBase:
        """Its newest version: what the headshots of the next order become."""
        return self.shown(self.newest(look_id))

    @operation(
        "finishes_update",
        "Change a look's finish",
        tag=TAG,
        scope="looks:write",
        shape=FinishShape,
        body=FinishGiven,
        match=True,
        refuses=(
            refusals.NO_WALL_FILE,
            refusals.COLOUR,
            refusals.FINISH_CHANGED,
        ),
    )
    def patch(self, request: Request, look_id: UUID) -> HttpResponseBase:
        """Makes its next version. Orders that have headshots keep the version they have until they
        are rendered anew, and that is approved."""
        said = self.body()
        before = self.newest(look_id)
        if said.get("plate"):
            said["plate"] = access.plate(self.inside, said["plate"])
        if "renditions" in said:
            said["renditions"] = [Row(**row) for row in said["renditions"]]
        return self.saved(before, **said)


class FinishLogoView(FinishViews):
    """The logo on those files of a look that bear one."""

    acts_on = FinishView

    parser_classes = (BytesParser,)

    @operation(
        "finishes_put_logo",
        "Put a logo on a look's headshots",
        tag=TAG,
        scope="looks:write",
        match=True,
        shape=FinishShape,
        raw="image/*",
        sent=('-H "Content-Type: image/png"', "--data-binary @logo.png"),
        refuses=(
            shared.LOGO,
            refusals.FINISH_CHANGED,
        ),
    )
    def put(self, request: Request, look_id: UUID) -> HttpResponseBase:
        """The bytes of a PNG or WebP with transparency, of at most 2 MB. Renditions with `logo`
        bear it."""
        data = request._request.body
        if not data:
            raise Refusal("Send the logo's bytes.", code="invalid", field="logo")
        return self.saved(self.newest(look_id), logo=data)

    @operation(
        "finishes_delete_logo",
        "Take the logo off a look's headshots",
        tag=TAG,
        scope="looks:write",
        match=True,
        shape=FinishShape,
        refuses=(refusals.FINISH_CHANGED,),
    )
    def delete(self, request: Request, look_id: UUID) -> HttpResponseBase:
        """Makes the next version without one."""
        return self.saved(self.newest(look_id), keep_logo=False)

"""Candidates, headshots and their files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Case, IntegerField, Value, When
from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from accounts.api.employees import EmployeeShape
from billing.api.refusals import BUSY
from generation import access, viewing
from generation.api import refusals
from generation.api.shoots import ShootShape, ShootView, ShootViews
from generation.approving import choosing
from generation.finishing import renditions
from generation.models import Candidate, Headshot, Rendition
from headshots.lib.api.operations import operation
from headshots.lib.api.problems import Refusal
from headshots.lib.api.shapes import Expand, Given, Reference, Shape

TAG = "Headshots"


class CandidateShape(Shape):
    """A picture that somebody can pick: what failed the gate is never shown."""

    id = serializers.UUIDField()
    shoot = serializers.UUIDField(source="shoot_id")
    round = serializers.IntegerField()
    likeness = serializers.FloatField(
        source="likeness_own",
        allow_null=True,
        help_text="Distance to the person's own photos: 0 is the same, 0.6 somebody else.",
    )
    picture = serializers.SerializerMethodField(help_text="Where the JPEG is, with your key.")
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000017",
        "shoot": "019ab1c2-0000-7000-8000-00000000000d",
        "round": 1,
        "likeness": 0.31,
        "picture": "/api/v1/candidates/019ab1c2-0000-7000-8000-000000000017/picture",
        "created_at": "2026-11-25T09:00:00Z",
    }

    def get_picture(self, row: Candidate) -> str:
        return reverse("api:candidate_picture", args=[row.pk])


class RenditionShape(Shape):
    """One file of a finished headshot."""

    kind = serializers.CharField()
    format = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    file = serializers.SerializerMethodField(help_text="Where it is, with your key.")

    def get_file(self, row: Rendition) -> str:
        return reverse("api:rendition", args=[row.finishing.headshot_id, row.kind])


class HeadshotShape(Shape):
    """The candidate that was picked, the yes of both sides, and its files."""

    id = serializers.UUIDField()
    shoot = Reference(ShootShape)
    employee = Reference(EmployeeShape, source="shoot.employee")
    candidate = serializers.UUIDField(source="candidate_id")
    picked_at = serializers.DateTimeField()
    picked_in_their_place = serializers.BooleanField(
        help_text="Whether somebody else picked than the employee, as after the due date."
    )
    approved_at = serializers.DateTimeField(allow_null=True)
    renditions = serializers.SerializerMethodField()
    notes = serializers.SerializerMethodField(
        help_text="What wants a look in the files, in sentences."
    )
    created_at = serializers.DateTimeField()

    expands = {
        "employee": Expand("shoot__employee", "employees:read"),
        # A shoot shows since when its link is closed.
        "shoot": Expand("shoot__invitation", "shoots:read"),
    }
    example = {
        "id": "019ab1c2-0000-7000-8000-000000000018",
        "shoot": "019ab1c2-0000-7000-8000-00000000000d",
        "employee": "019ab1c2-0000-7000-8000-00000000000a",
        "candidate": "019ab1c2-0000-7000-8000-000000000017",
        "picked_at": "2026-11-25T10:00:00Z",
        "picked_in_their_place": False,
        "approved_at": "2026-11-25T11:00:00Z",
        "renditions": [
            {
                "kind": "large",
                "format": "jpeg",
                "width": 896,
                "height": 1120,
                "bytes": 182044,
                "sha256": "5f" * 32,
                "file": "/api/v1/headshots/019ab1c2-0000-7000-8000-000000000018/renditions/large",
            }
        ],
        "notes": ["The upper edge of the picture cuts the hair, which was rounded off there."],
        "created_at": "2026-11-25T10:00:00Z",
    }

    def get_notes(self, row: Headshot) -> list[str]:
        return renditions.notes(row)

    def get_renditions(self, row: Headshot) -> list[dict[str, Any]]:
        if row.finishing is None:
            return []
        found = sorted(row.finishing.renditions.all(), key=lambda one: one.kind)
        for one in found:
            one.finishing = row.finishing
        return list(RenditionShape(found, many=True).data)


HeadshotShape.get_renditions.__annotations__["return"] = list[dict[str, Any]]
HeadshotShape.get_notes.__annotations__["return"] = list[str]


class HeadshotsQuery(Given):
    """Which headshots."""

    order = serializers.UUIDField(required=False)
    employee = serializers.UUIDField(required=False)
    approved = serializers.BooleanField(required=False)


class CandidatesQuery(Given):
    """Which of the pictures."""

    others = serializers.BooleanField(
        default=False,
        help_text="The pictures beside the short list: what was on it before, and what is less "
        "like the person.",
    )


class CandidatesView(TenantView):
    """The short list of a shoot."""

    @operation(
        "candidates_list",
        "List a shoot's short list",
        tag=TAG,
        scope="shoots:read",
        shape=CandidateShape,
        many=True,
        query=CandidatesQuery,
    )
    def get(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """What the employee chooses from first, eight at most, likest first; with `others=true`
        what else they can pick. Once the shoot has ended, what was picked."""
        shoot = access.shoot(self.inside, shoot_id)
        choice = choosing.choice(shoot=shoot)
        listed = choice.others if self.query["others"] else choice.short_list
        places = [When(pk=one.pk, then=Value(place)) for place, one in enumerate(listed)]
        shown = access.candidates(self.inside).filter(pk__in=[one.pk for one in listed])
        placed = shown.annotate(place=Case(*places, default=0, output_field=IntegerField()))
        return self.listed(placed, owner=self.organisation.pk, order="place")


class PictureView(TenantView):
    """A person's picture: whoever is sent it has looked at it, and that is written down."""

    about: viewing.Picture

    def after_reading(self) -> None:
        viewing.note(actor=self.actor, organisation=self.organisation, about=self.about)


class CandidatePictureView(PictureView):
    """A candidate's picture."""

    @operation(
        "candidates_file",
        "Fetch a candidate's picture",
        tag=TAG,
        scope="shoots:read",
        binary="image/jpeg",
    )
    def get(self, request: Request, candidate_id: UUID) -> HttpResponseBase:
        """The JPEG; that it was looked at is written down."""
        self.about = found = access.candidate(self.inside, candidate_id)
        return picture_file(found.finished, "image/jpeg")


class PickGiven(Given):
    """Which one."""

    candidate = serializers.UUIDField()

    example = {"candidate": "019ab1c2-0000-7000-8000-000000000017"}


class ShootPickView(ShootViews):
    """The employee's pick, made in the partner's product."""

    acts_on = ShootView

    @operation(
        "shoots_pick",
        "Pick for the employee",
        tag="Shoots",
        scope="shoots:write",
        match=True,
        shape=ShootShape,
        body=PickGiven,
        refuses=(
            refusals.NOTHING_TO_CHOOSE,
            refusals.NOT_LISTED,
            BUSY,
        ),
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """Where your product shows the employee the short list and they chose there. Until it is
        approved, another can be picked instead."""
        shoot = access.shoot(self.inside, shoot_id)
        candidate = access.candidate(self.inside, self.body()["candidate"])
        choosing.pick(actor=self.actor, shoot=shoot, candidate=candidate)
        return self.again(shoot_id)


class HeadshotsView(TenantView):
    """Headshots as a list."""

    @operation(
        "headshots_list",
        "List headshots",
        tag=TAG,
        scope="headshots:read",
        shape=HeadshotShape,
        many=True,
        query=HeadshotsQuery,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Picked ones and, with `approved=true`, those that may be used."""
        found = access.headshots(self.inside)
        if "order" in self.query:
            found = found.filter(shoot__order=self.query["order"])
        if "employee" in self.query:
            found = found.filter(shoot__employee=self.query["employee"])
        if "approved" in self.query:
            found = found.filter(approved_at__isnull=not self.query["approved"])
        return self.listed(found, owner=self.organisation.pk)


class HeadshotView(TenantView):
    """One headshot."""

    @operation(
        "headshots_get", "Read a headshot", tag=TAG, scope="headshots:read", shape=HeadshotShape
    )
    def get(self, request: Request, headshot_id: UUID) -> HttpResponseBase:
        """With its files, once they are rendered."""
        return self.shown(access.headshot(self.inside, headshot_id))


class HeadshotRenderView(TenantView):
    """Files once more."""

    acts_on = HeadshotView

    @operation(
        "headshots_render",
        "Render a headshot's files again",
        tag=TAG,
        scope="headshots:write",
        match=True,
        shape=HeadshotShape,
        status=202,
        refuses=(refusals.NOT_FAILED, refusals.REFINISH_OPEN),
    )
    def post(self, request: Request, headshot_id: UUID) -> HttpResponseBase:
        """Where they could not be made: `headshot.finished` tells when they are there. What there
        is stays meanwhile."""
        headshot = access.headshot(self.inside, headshot_id)
        renditions.again(actor=self.actor, headshot=headshot)
        return self.shown(access.headshot(self.inside, headshot_id))


class RenditionView(PictureView):
    """A headshot's file."""

    @operation(
        "headshots_rendition_file",
        "Fetch a headshot's file",
        tag=TAG,
        scope="headshots:read",
        binary="image/*",
        refuses=(refusals.NO_RENDITION,),
    )
    def get(self, request: Request, headshot_id: UUID, kind: str) -> HttpResponseBase:
        """The bytes; that they were fetched is written down. `approved_at` says whether they may be
        used yet."""
        headshot = access.headshot(self.inside, headshot_id)
        files = headshot.finishing.renditions.all() if headshot.finishing else ()
        found = next((one for one in files if one.kind == kind[:40]), None)
        if found is None:
            raise Refusal(
                "There is no such file; `renditions` lists those there are.",
                code="not_found",
                status=404,
            )
        self.about = headshot
        return picture_file(found.file, found.content_type)


def picture_file(key: str, content_type: str) -> HttpResponseBase:
    """A picture from the vault, as a file. Raises Refusal (404) where there is none."""
    response = viewing.file(key, content_type, attachment=True)
    if response is None:
        raise Refusal("The picture is not there any more.", code="not_found", status=404)
    return response

"""Rendering an order's headshots anew: in another finish, or towards each other."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from accounts.api.employees import EmployeeShape
from generation import access
from generation.api import refusals
from generation.api.consistency import ConsistencyView
from generation.api.pictures import HeadshotShape, PictureView, picture_file
from generation.api.shoots import ShootShape
from generation.finishing import compared, finishes, harmonising, refinishing
from generation.models import Finishing, Refinish
from headshots.lib.api.operations import operation
from headshots.lib.api.problems import Refusal
from headshots.lib.api.shapes import Expand, Given, Reference, Shape

TAG = "Headshots"
BEFORE, AFTER = "before", "after"


class RefinishShape(Shape):
    """New files beside those that count, until somebody decides."""

    id = serializers.UUIDField()
    order = serializers.UUIDField(source="order_id")
    state = serializers.ChoiceField(choices=Refinish.State.choices)
    total = serializers.SerializerMethodField()
    done = serializers.SerializerMethodField()
    failed = serializers.SerializerMethodField()
    decided_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000023",
        "order": "019ab1c2-0000-7000-8000-00000000000c",
        "state": "rendering",
        "total": 12,
        "done": 9,
        "failed": 0,
        "decided_at": None,
        "created_at": "2026-11-25T09:00:00Z",
    }

    def progress(self, row: Refinish) -> refinishing.Progress:
        known: dict[UUID, refinishing.Progress] = self.context["view"].progress
        return known[row.pk]

    def get_total(self, row: Refinish) -> int:
        return self.progress(row).total

    def get_done(self, row: Refinish) -> int:
        return self.progress(row).done

    def get_failed(self, row: Refinish) -> int:
        return self.progress(row).failed


class RefinishedShape(Shape):
    """One headshot of a rendering, before and after."""

    headshot = Reference(HeadshotShape)
    shoot = Reference(ShootShape, source="headshot.shoot")
    employee = Reference(EmployeeShape, source="headshot.shoot.employee")
    state = serializers.ChoiceField(choices=Finishing.State.choices)
    sentence = serializers.CharField(help_text="Why it could not be rendered.")
    before = serializers.SerializerMethodField(
        help_text="Where the picture is that counts, or counted before, with your key."
    )
    after = serializers.SerializerMethodField(
        help_text="Where the new one is; `null` until it is rendered."
    )

    expands = {
        "employee": Expand("headshot__shoot__employee", "employees:read"),
        # A shoot shows since when its link is closed.
        "shoot": Expand("headshot__shoot__invitation", "shoots:read"),
    }
    example = {
        "headshot": "019ab1c2-0000-7000-8000-000000000018",
        "shoot": "019ab1c2-0000-7000-8000-00000000000d",
        "employee": "019ab1c2-0000-7000-8000-00000000000a",
        "state": "done",
        "sentence": "",
        "before": "/api/v1/refinishes/019ab1c2-0000-7000-8000-000000000023"
        "/headshots/019ab1c2-0000-7000-8000-000000000018/before",
        "after": "/api/v1/refinishes/019ab1c2-0000-7000-8000-000000000023"
        "/headshots/019ab1c2-0000-7000-8000-000000000018/after",
    }

    def get_before(self, row: Finishing) -> str:
        return _address(row, BEFORE)

    def get_after(self, row: Finishing) -> str | None:
        sides = compared.sides(row, refinish=self.context["view"].refinish)
        return _address(row, AFTER) if sides.after else None


def _address(row: Finishing, side: str) -> str:
    return reverse("api:refinish_picture", args=[row.refinish_id, row.headshot_id, side])


class RefinishedQuery(Given):
    """Which headshots."""

    state = serializers.ChoiceField(choices=Finishing.State.choices, required=False)


class DecisionGiven(Given):
    """What becomes of the new files."""

    decision = serializers.ChoiceField(
        choices=["approve", "discard", "undo", "again"],
        help_text="`approve` uses them, `discard` throws them away, `undo` takes the use back, "
        "`again` renders those once more that failed.",
    )

    example = {"decision": "approve"}


class RefinishViews(TenantView):
    """What the views of renderings share."""

    progress: dict[UUID, refinishing.Progress] = {}

    def rows_found(self, rows: list[Any]) -> None:
        self.progress = refinishing.progress_of(rows)

    def told(self, row: Refinish, location: str = "") -> HttpResponseBase:
        self.rows_found([row])
        return self.shown(row, location=location)


class RefinishesView(RefinishViews):
    """The renderings of an order."""

    @operation(
        "refinishes_list",
        "List an order's renderings",
        tag=TAG,
        scope="headshots:read",
        shape=RefinishShape,
        many=True,
    )
    def get(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """The newest first."""
        order = access.order(self.inside, order_id)
        return self.listed(Refinish.objects.filter(order=order), owner=self.organisation.pk)

    @operation(
        "refinishes_create",
        "Render an order anew",
        tag=TAG,
        scope="headshots:write",
        shape=RefinishShape,
        status=202,
        locates=True,
        refuses=(
            refusals.SAME_FINISH,
            refusals.REFINISH_OPEN,
            refusals.NOTHING_TO_RENDER,
        ),
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """In the newest finish of its look: another plate, crop or set of files. Nothing counts
        before it is approved. Where nobody has a headshot yet there is nothing to compare: it is in
        use at once (`approved`, of `total` 0), short lists and what was given instead are put on
        the new plate, and it can be undone."""
        order = access.order(self.inside, order_id)
        newest = finishes.newest(organisation=self.organisation, look_name=order.look.name)
        made = refinishing.start(actor=self.actor, order=order, finish=newest)
        return self.told(made, location=reverse("api:refinish", args=[made.pk]))


class RefinishView(RefinishViews):
    """One rendering."""

    @operation(
        "refinishes_get", "Read a rendering", tag=TAG, scope="headshots:read", shape=RefinishShape
    )
    def get(self, request: Request, refinish_id: UUID) -> HttpResponseBase:
        """How far it is."""
        return self.told(access.refinish(self.inside, refinish_id))


class RefinishHeadshotsView(TenantView):
    """What is rendered."""

    refinish: Refinish

    @operation(
        "refinishes_headshots",
        "List a rendering's headshots",
        tag=TAG,
        scope="headshots:read",
        shape=RefinishedShape,
        many=True,
        query=RefinishedQuery,
    )
    def get(self, request: Request, refinish_id: UUID) -> HttpResponseBase:
        """Before and after, and why one could not be rendered; those of one `state` alone where one
        is named. Of a rendering that was discarded there are none."""
        self.refinish = access.refinish(self.inside, refinish_id)
        found = compared.rows(self.refinish)
        if "state" in self.query:
            found = found.filter(state=self.query["state"])
        return self.listed(found, owner=self.organisation.pk, order="pk")


class RefinishPictureView(PictureView):
    """One of the two pictures."""

    @operation(
        "refinishes_picture",
        "Fetch a headshot before or after a rendering",
        tag=TAG,
        scope="headshots:read",
        binary="image/*",
        refuses=(refusals.NO_SIDE,),
    )
    def get(
        self, request: Request, refinish_id: UUID, headshot_id: UUID, side: str
    ) -> HttpResponseBase:
        """`before` or `after`: the first of the renditions that shows the whole frame; before files
        were rendered, the candidate. That it was looked at is written down."""
        refinish = access.refinish(self.inside, refinish_id)
        row = compared.rows(refinish).filter(headshot=headshot_id).first()
        sides = compared.sides(row, refinish=refinish) if row else compared.Sides(None, None)
        found = {BEFORE: sides.before, AFTER: sides.after}.get(side)
        if row is None or (found is None and side != BEFORE):
            raise Refusal(
                "There is no such picture; `before` and `after` of the headshot say where they "
                "are.",
                code="not_found",
                status=404,
            )
        self.about = row.headshot
        if found is None:
            return picture_file(row.headshot.candidate.finished, "image/jpeg")
        return picture_file(found.file, found.content_type)


class RefinishDecideView(RefinishViews):
    """The decision."""

    acts_on = RefinishView

    @operation(
        "refinishes_decide",
        "Decide about a rendering",
        tag=TAG,
        scope="headshots:write",
        match=True,
        shape=RefinishShape,
        body=DecisionGiven,
        refuses=(
            refusals.STILL_RENDERING,
            refusals.NOTHING_RENDERED,
            refusals.DECIDED,
            refusals.NOT_THE_NEWEST,
        ),
    )
    def post(self, request: Request, refinish_id: UUID) -> HttpResponseBase:
        """Once all files are there."""
        found = access.refinish(self.inside, refinish_id)
        act = {
            "approve": refinishing.approve,
            "discard": refinishing.discard,
            "undo": refinishing.undo,
            "again": refinishing.try_again,
        }[self.body()["decision"]]
        act(actor=self.actor, refinish=found)
        return self.told(access.refinish(self.inside, refinish_id))


class HarmonisedShape(Shape):
    """What was begun so that an order comes out alike."""

    refinish = serializers.UUIDField(allow_null=True, help_text="What renders anew, if anything.")
    refinished = serializers.IntegerField(help_text="People whose files are rendered anew.")
    again = serializers.IntegerField(help_text="People who get new pictures.")
    left = serializers.IntegerField(
        help_text="Stand out by what rendering cannot mend, and are delivered already."
    )
    spent = serializers.IntegerField(
        help_text="Stand out by what rendering cannot mend, and await approval, but have no round "
        "left, or no photos any more."
    )

    example = {
        "refinish": "019ab1c2-0000-7000-8000-000000000023",
        "refinished": 2,
        "again": 1,
        "left": 0,
        "spent": 0,
    }


class HarmoniseGiven(Given):
    """Beside whom somebody of the order stands out."""

    among = serializers.ChoiceField(
        choices=["order", "staff"],
        default="order",
        help_text="Those on the order’s wall, or those of the same look on the staff wall.",
    )

    example = {"among": "order"}


class OrderHarmoniseView(TenantView):
    """Mending who stands out."""

    acts_on = ConsistencyView

    @operation(
        "orders_harmonise",
        "Mend who stands out",
        tag="Orders",
        scope="orders:write",
        match=True,
        shape=HarmonisedShape,
        body=HarmoniseGiven,
        status=202,
        locates=True,
        refuses=(
            refusals.REFINISH_OPEN,
            refusals.FINISH_CHANGED,
            refusals.NOBODY_STANDS_OUT,
        ),
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Light and place are rendered anew towards the others; what that cannot mend, or has not
        mended, is drawn again, where it is not delivered yet and the person has a round left.
        `If-Match` takes the ETag of the order's consistency."""
        order, among_staff = access.order(self.inside, order_id), self.body()["among"] == "staff"
        done = harmonising.harmonise(actor=self.actor, order=order, among_staff=among_staff)
        return self.plain(
            {
                "refinish": done.refinish.pk if done.refinish else None,
                "refinished": done.refinished,
                "again": done.again,
                "left": done.left,
                "spent": done.spent,
            }
        )

"""What the organisation can say of somebody's pictures beside a plain yes or no."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from billing.api.refusals import BUSY
from generation import access
from generation.api import refusals
from generation.api.pictures import PickGiven
from generation.api.shoots import TAG, ShootShape, ShootView, ShootViews
from generation.approving import approvals
from generation.approving.rejections import Fault
from generation.ordering import add_ons
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given


class BeforeGiven(Given):
    """Which pictures."""

    candidates = serializers.ListField(
        child=serializers.UUIDField(), max_length=50, help_text="None takes every yes back."
    )

    example = {"candidates": ["019ab1c2-0000-7000-8000-000000000017"]}


class FaultGiven(Given):
    """What is wrong."""

    fault = serializers.ChoiceField(choices=Fault.choices)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)

    example = {"fault": "glasses", "note": "Yours have a thinner frame."}


class ShootApproveBeforeView(ShootViews):
    """A yes before the pick."""

    acts_on = ShootView

    @operation(
        "shoots_approve_before",
        "Approve pictures before the pick",
        tag=TAG,
        scope="shoots:write",
        match=True,
        shape=ShootShape,
        body=BeforeGiven,
        refuses=(refusals.NOT_CHOOSING, refusals.NOT_LISTED),
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """Whichever of them the employee picks is delivered at once."""
        approvals.approve_before(
            actor=self.actor,
            shoot=access.shoot(self.inside, shoot_id),
            candidates=self.body()["candidates"],
        )
        return self.again(shoot_id)


class ShootPickForView(ShootViews):
    """A pick in the employee's place."""

    acts_on = ShootView

    @operation(
        "shoots_pick_for",
        "Pick in the employee's place",
        tag=TAG,
        scope="shoots:write",
        match=True,
        shape=ShootShape,
        body=PickGiven,
        refuses=(
            refusals.NOT_YOURS_TO_PICK,
            BUSY,
            refusals.NOT_LISTED,
        ),
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """For somebody who let the due date pass, where their release allows it. They are told by
        mail and may pick another until it is approved."""
        shoot = access.shoot(self.inside, shoot_id)
        candidate = access.candidate(self.inside, self.body()["candidate"])
        approvals.pick_for(actor=self.actor, shoot=shoot, candidate=candidate)
        return self.again(shoot_id)


class ShootRedoView(ShootViews):
    """New pictures, free of charge."""

    acts_on = ShootView

    @operation(
        "shoots_redo",
        "Have new pictures made",
        tag=TAG,
        scope="shoots:write",
        match=True,
        shape=ShootShape,
        body=FaultGiven,
        refuses=(
            refusals.NOT_PICKED,
            BUSY,
            refusals.ROUNDS_SPENT,
            refusals.PHOTOS_DESTROYED,
        ),
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """Rejects what was picked. The employee reads the reason in kind words, and the new
        pictures heed it."""
        said = self.body()
        approvals.make_anew(
            actor=self.actor,
            shoot=access.shoot(self.inside, shoot_id),
            fault=said["fault"],
            note=said.get("note", ""),
        )
        return self.again(shoot_id)


class ShootMoreView(ShootViews):
    """The add-on."""

    acts_on = ShootView

    @operation(
        "shoots_more_pictures",
        "Buy more pictures to choose from",
        tag=TAG,
        scope="shoots:write",
        match=True,
        shape=ShootShape,
        refuses=(
            refusals.NOTHING_TO_ADD_TO,
            refusals.CREDIT_MISSING,
            BUSY,
            refusals.NO_MORE_PICTURES,
            refusals.HAD_MORE,
            refusals.OVER_BUDGET,
        ),
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """For a credit more. Those that are there stay; a pick is taken back."""
        add_ons.more_pictures(actor=self.actor, shoot=access.shoot(self.inside, shoot_id))
        return self.again(shoot_id)

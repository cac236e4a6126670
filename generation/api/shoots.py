"""Shoots: one employee's part of an order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from accounts.access import employee
from accounts.api.base import TenantView
from accounts.api.employees import EmployeeShape
from accounts.developers import embedding
from accounts.models import Employee
from billing.api.refusals import BUSY
from generation import access, states
from generation.api import refusals
from generation.api.embedding import EmbedLinkShape, ReturnUrl
from generation.api.orders import DUE, USUAL_DAYS, OrderShape
from generation.approving import choosing
from generation.inviting import personal_links
from generation.models import Shoot, State
from generation.ordering import orders, progress, short_of_credits
from generation.photos import handing_in
from headshots.lib.api.operations import operation
from headshots.lib.api.problems import Refusal
from headshots.lib.api.shapes import Expand, Given, Reference, Shape
from headshots.lib.problems import Problem

TAG = "Shoots"


class ShootShape(Shape):
    """One employee's part of an order, and how far it is."""

    id = serializers.UUIDField()
    order = Reference(OrderShape)
    employee = Reference(EmployeeShape)
    state = serializers.ChoiceField(choices=State.choices)
    state_since = serializers.DateTimeField()
    percent = serializers.SerializerMethodField()
    message = serializers.CharField(help_text="Why it failed, or what is asked for.")
    round = serializers.IntegerField()
    release = serializers.UUIDField(source="release_id", allow_null=True)
    headshot = serializers.SerializerMethodField(help_text="What was picked.")
    link_revoked_at = serializers.DateTimeField(
        source="invitation.revoked_at",
        allow_null=True,
        help_text="Since when the personal link is closed; null while it is open.",
    )
    inputs_destroyed_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    expands = {
        "employee": Expand("employee", "employees:read"),
        "order": Expand("order", "orders:read"),
    }
    example = {
        "id": "019ab1c2-0000-7000-8000-00000000000d",
        "order": "019ab1c2-0000-7000-8000-00000000000c",
        "employee": "019ab1c2-0000-7000-8000-00000000000a",
        "state": "choosing",
        "state_since": "2026-11-25T10:00:00Z",
        "percent": 85,
        "message": "",
        "round": 1,
        "release": "019ab1c2-0000-7000-8000-00000000000e",
        "headshot": None,
        "link_revoked_at": None,
        "inputs_destroyed_at": None,
        "created_at": "2026-11-25T09:00:00Z",
        "updated_at": "2026-11-25T10:00:00Z",
    }

    def get_percent(self, row: Shoot) -> int:
        return progress.percent(row)

    def get_headshot(self, row: Shoot) -> UUID | None:
        found = getattr(row, "headshot", None)
        return found.pk if found else None


class NewShootShape(ShootShape):
    """A new shoot, with the link for your own product where one was asked for."""

    shown_once = frozenset({"embed_link"})

    embed_link: Any = EmbedLinkShape(
        allow_null=True, help_text="Null where no `return_url` was given."
    )

    example = {
        **ShootShape.example,
        "state": "invited",
        "percent": 0,
        "release": None,
        "updated_at": "2026-11-25T09:00:00Z",
        "state_since": "2026-11-25T09:00:00Z",
        "embed_link": EmbedLinkShape.example,
    }


class ShootsQuery(Given):
    """Which shoots."""

    order = serializers.UUIDField(required=False)
    employee = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=State.choices, required=False)
    department = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="That the person was in when they were ordered for; empty: none.",
    )


class ShootGiven(Given):
    """A shoot of one person, as an order of its own."""

    employee = serializers.UUIDField()
    look = serializers.UUIDField()
    due_at = serializers.DateTimeField(required=False, help_text=DUE)
    invite = serializers.BooleanField(
        default=False, help_text="Whether we mail the link; else you bring the person in yourself."
    )
    return_url = ReturnUrl(
        required=False,
        help_text="Answers with a link for your own product, from which the employee comes back "
        "here: on one of the organisation's embed_origins, which may show the frame. It needs "
        "`shoots:write` as well.",
    )

    example = {
        "employee": "019ab1c2-0000-7000-8000-00000000000a",
        "look": "019ab1c2-0000-7000-8000-00000000000b",
        "return_url": "https://people.example.com/headshots/done?person=7",
    }


class ReasonGiven(Given):
    """What is wrong with it."""

    reason = serializers.CharField(max_length=500)

    example = {"reason": "The collar is crooked."}


class ShootViews(TenantView):
    """What the views of shoots share."""

    # An order that is expanded shows the counts of its shoots.
    counts: dict[UUID, dict[str, int]] = {}

    def rows_found(self, rows: list[Any]) -> None:
        if "order" in self.query.get("expand", ()):
            self.counts = orders.counts_of([row.order for row in rows])

    def again(self, shoot_id: UUID) -> HttpResponseBase:
        """The shoot as it is after what was done."""
        return self.shown(access.shoot(self.inside, shoot_id))


class ShootsView(ShootViews):
    """The shoots of the organisation."""

    @operation(
        "shoots_list",
        "List shoots",
        tag=TAG,
        scope="shoots:read",
        shape=ShootShape,
        many=True,
        query=ShootsQuery,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The newest first."""
        found = access.all_shoots(self.inside)
        for name in ("order", "employee", "state", "department"):
            if name in self.query:
                found = found.filter(**{name: self.query[name]})
        return self.listed(found, owner=self.organisation.pk)

    @operation(
        "shoots_create",
        "Begin a shoot of one person",
        tag=TAG,
        scope="orders:write",
        shape=NewShootShape,
        body=ShootGiven,
        status=201,
        also=(402,),
        refuses=(
            refusals.CREDITS_MISSING,
            refusals.OVER_BUDGET,
            refusals.DUE,
            refusals.HAS_LEFT,
            refusals.ORIGIN_NOT_ALLOWED,
            refusals.RETURN_URL,
            BUSY,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """As an order of its own. With a `return_url` the answer has the link by which the person's
        way opens in your product; later ones are made with `embed-links`."""
        said = self.body()
        if "return_url" in said:
            # SECURITY: whoever has the link acts as the employee, which ordering does not include.
            self.needs("shoots:write")
        order = orders.place_order(
            actor=self.actor,
            organisation=self.organisation,
            look=access.look(self.inside, said["look"]),
            employees=[_on_the_roster(self, said["employee"])],
            due_at=said.get("due_at") or timezone.now() + timedelta(days=USUAL_DAYS),
            invite=said["invite"],
        )
        shoot = access.shoot(self.inside, order.shoots.get().pk)
        shoot.embed_link = None  # type: ignore[attr-defined]
        if "return_url" in said:
            shoot.embed_link = embedding.make_link(  # type: ignore[attr-defined]
                actor=self.actor, invitation=shoot.invitation, return_url=said["return_url"]
            )
        return self.shown(shoot, location=reverse("api:shoot", args=[shoot.pk]))


def _on_the_roster(view: TenantView, employee_id: UUID) -> Employee:
    person = employee(view.inside, employee_id)
    if person.status != Employee.Status.ACTIVE:
        raise Refusal(f"{person.name} has left.", code="employee_unknown", field="employee")
    return person


class ShootView(ShootViews):
    """One shoot."""

    @operation("shoots_get", "Read a shoot", tag=TAG, scope="shoots:read", shape=ShootShape)
    def get(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """Where it is, in a state and per cent."""
        return self.again(shoot_id)


class ShootCancelView(ShootViews):
    """Ending a shoot."""

    acts_on = ShootView

    @operation(
        "shoots_cancel",
        "Cancel a shoot",
        tag=TAG,
        scope="shoots:write",
        match=True,
        shape=ShootShape,
        refuses=(
            refusals.CANNOT_CANCEL,
            BUSY,
        ),
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """Ends what has not been delivered; its credit comes back."""
        shoot = access.shoot(self.inside, shoot_id)
        orders.cancel_shoot(actor=self.actor, shoot=shoot)
        return self.again(shoot_id)


class ShootApproveView(ShootViews):
    """The yes of the organisation."""

    acts_on = ShootView

    @operation(
        "shoots_approve",
        "Approve a pick",
        tag=TAG,
        scope="shoots:write",
        match=True,
        shape=ShootShape,
        refuses=(
            refusals.NOT_PICKED,
            BUSY,
        ),
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """Takes the credit and delivers. Twice is once."""
        choosing.approve(actor=self.actor, shoot=access.shoot(self.inside, shoot_id))
        return self.again(shoot_id)


class ShootSendBackView(ShootViews):
    """The no of the organisation."""

    acts_on = ShootView

    @operation(
        "shoots_send_back",
        "Send a pick back",
        tag=TAG,
        scope="shoots:write",
        match=True,
        shape=ShootShape,
        body=ReasonGiven,
        refuses=(
            BUSY,
            refusals.CANNOT_SEND_BACK,
        ),
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """The employee picks again and reads why."""
        shoot = access.shoot(self.inside, shoot_id)
        choosing.send_back(actor=self.actor, shoot=shoot, reason=self.body()["reason"])
        return self.again(shoot_id)


class ShootInviteView(ShootViews):
    """Another mail."""

    acts_on = ShootView

    @operation(
        "shoots_invite",
        "Send the invitation again",
        tag=TAG,
        scope="shoots:write",
        match=True,
        shape=ShootShape,
        refuses=(refusals.NO_PHOTOS_AWAITED,),
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """Mails the personal link once more, while photos are awaited; one that was revoked or has
        run out is replaced by a new one, unless the shoot has ended without a headshot."""
        shoot = access.shoot(self.inside, shoot_id)
        personal_links.send_again(actor=self.actor, shoot=shoot)
        return self.again(shoot_id)


class ShootRevokeLinkView(ShootViews):
    """Closing a personal link."""

    acts_on = ShootView

    @operation(
        "shoots_revoke_link",
        "Revoke the personal link",
        tag=TAG,
        scope="shoots:write",
        match=True,
        shape=ShootShape,
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """Nobody comes in by it any more until the invitation is sent again. Whoever asks for
        another has one mailed to the address on file that is for the person's rights alone: to see
        what is held about them, take it along and withdraw. Twice is once."""
        shoot = access.shoot(self.inside, shoot_id)
        personal_links.revoke(actor=self.actor, shoot=shoot)
        return self.again(shoot_id)


class ShootHandInView(ShootViews):
    """Handing photos in."""

    acts_on = ShootView

    @operation(
        "shoots_hand_in", "Hand photos in", tag=TAG, scope="shoots:write",
        match=True, shape=ShootShape,
        refuses=(
            refusals.NO_PHOTOS_AWAITED, refusals.TOO_FEW, refusals.SAME_PICTURE,
            refusals.TWO_PEOPLE, refusals.STILL_CHECKED, refusals.PHOTOS_WAIT, BUSY,
        ),
    )  # fmt: skip
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """Holds the credit and begins the work. Twice is once. While no credit is free, who is in
        charge of the organisation is told, and the photos go in by themselves once there is one."""
        shoot = access.shoot(self.inside, shoot_id)
        if shoot.state not in (State.COLLECTING, *states.WORKING):
            raise Refusal(
                f"This shoot is {State(shoot.state).label.lower()}; no photos are awaited.",
                code="transition",
                status=409,
            )
        handing_in.hand_in(actor=self.actor, shoot=shoot)
        return self.again(shoot_id)

    def after_refusal(self, problem: Problem) -> None:
        if problem.code == "credits_missing":
            short_of_credits.note(shoot=access.shoot(self.inside, self.kwargs["shoot_id"]))

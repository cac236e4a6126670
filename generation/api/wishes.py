"""What the employee wishes of their pictures, said in a partner's product."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from billing.api.refusals import BUSY
from generation import access
from generation.api import refusals
from generation.api.shoots import TAG, ShootShape, ShootView, ShootViews
from generation.approving import choosing
from generation.models import Shoot
from generation.photos import wishes
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape


class WishesShape(Shape):
    """Other clothes of the look, and what belongs to the person and shall stay."""

    attire = serializers.SerializerMethodField(help_text="What they wear, one of `attires`.")
    attires = serializers.SerializerMethodField(
        help_text="What the look lets them choose from, its own first."
    )
    keep = serializers.ListField(child=serializers.ChoiceField(choices=wishes.Keep.choices))

    example = {
        "attire": "white shirt",
        "attires": ["dark blazer", "white shirt"],
        "keep": ["glasses"],
    }

    def get_attire(self, row: Shoot) -> str:
        return row.attire or wishes.attires(row)[0]

    def get_attires(self, row: Shoot) -> list[str]:
        return wishes.attires(row)


class WishesGiven(Given):
    """All of the wishes."""

    attire = serializers.CharField(
        max_length=60,
        required=False,
        allow_blank=True,
        help_text="One of `attires`; the look's own, where none is named.",
    )
    keep = serializers.ListField(
        child=serializers.ChoiceField(choices=wishes.Keep.choices),
        required=False,
        max_length=len(wishes.Keep),
        help_text="What shall stay as it is; nothing, where it is left out.",
    )

    example = {"attire": "white shirt", "keep": ["glasses"]}


class WishesView(TenantView):
    """The wishes of one person."""

    @operation(
        "wishes_get",
        "Read an employee's wishes",
        tag=TAG,
        # SECURITY: a hearing aid or a head covering says more of somebody than reading shoots does.
        scope="shoots:write",
        shape=WishesShape,
    )
    def get(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """With what there is to choose from. It takes the scope of whoever acts for the person."""
        return self.shown(access.shoot(self.inside, shoot_id))

    @operation(
        "wishes_put",
        "Note an employee's wishes",
        tag=TAG,
        scope="shoots:write",
        match=True,
        shape=WishesShape,
        body=WishesGiven,
        refuses=(refusals.BEING_MADE, refusals.ATTIRE),
    )
    def put(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """While photos are collected or wait, or a choice is open; the next pictures heed them."""
        said = self.body()
        wishes.save(
            actor=self.actor,
            shoot=access.shoot(self.inside, shoot_id),
            attire=said.get("attire", ""),
            keep=said.get("keep", []),
        )
        return self.shown(access.shoot(self.inside, shoot_id))


class AskAgainGiven(Given):
    """What is wrong with the pictures."""

    because = serializers.ListField(
        child=serializers.ChoiceField(choices=choosing.Reason.choices),
        required=False,
        max_length=len(choosing.Reason),
        help_text="The next pictures heed it.",
    )
    reason = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="In the person's own words."
    )

    example = {"because": ["hair"], "reason": "I wear it parted on the left."}


class ShootAskAgainView(ShootViews):
    """The employee finds none of the pictures right."""

    acts_on = ShootView

    @operation(
        "shoots_ask_again",
        "Ask for new pictures for the employee",
        tag=TAG,
        scope="shoots:write",
        match=True,
        shape=ShootShape,
        body=AskAgainGiven,
        refuses=(
            refusals.NOTHING_TO_MAKE_AGAIN,
            refusals.OWN_PHOTOS_DESTROYED,
            refusals.ROUNDS_SPENT,
            BUSY,
        ),
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """Where your product shows them the short list and none of it is them. Free of charge, two
        times at most; what was picked stays on the list."""
        said = self.body()
        choosing.ask_again(
            actor=self.actor,
            shoot=access.shoot(self.inside, shoot_id),
            because=said.get("because", []),
            reason=said.get("reason", ""),
        )
        return self.again(shoot_id)

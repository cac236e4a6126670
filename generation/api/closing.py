"""Closing the organisation."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api import refusals as people
from accounts.api.base import TenantView
from generation.api import refusals
from generation.leaving import closing
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Organisation"


class LossesShape(Shape):
    """What closing takes away, counted."""

    members = serializers.IntegerField()
    people = serializers.IntegerField(help_text="Of the roster.")
    open_shoots = serializers.IntegerField()
    photos = serializers.IntegerField()
    headshots = serializers.IntegerField()
    credits = serializers.IntegerField()
    plan = serializers.BooleanField(help_text="Whether a monthly plan runs, which ends at once.")
    unpaid = serializers.IntegerField(
        help_text="Purchases and invoices that nobody has paid; nobody can any more."
    )
    settling = serializers.IntegerField(
        help_text="Payments that a bank is still at. They cannot be stopped, and bring nothing."
    )
    directories = serializers.IntegerField(
        help_text="Whose tokens are destroyed. Photos that were published there stay."
    )

    example = {
        "members": 3,
        "people": 120,
        "open_shoots": 4,
        "photos": 730,
        "headshots": 116,
        "credits": 20,
        "plan": True,
        "unpaid": 1,
        "settling": 0,
        "directories": 1,
    }


class ClosingGiven(Given):
    """The organisation's name, typed."""

    name = serializers.CharField(max_length=120)

    example = {"name": "Acme Ltd"}


class ClosingView(TenantView):
    """The end of an organisation."""

    @operation(
        "closing_get",
        "Read what closing would destroy",
        tag=TAG,
        scope="organisation:read",
        shape=LossesShape,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """As it is now; nothing happens."""
        return self.shown(closing.losses(organisation=self.organisation))

    @operation(
        "closing_begin",
        "Close the organisation",
        tag=TAG,
        scope="organisation:write",
        match=True,
        status=204,
        body=ClosingGiven,
        refuses=(
            refusals.CLOSING_NAME,
            people.LIVE_ALONE,
            people.OWN_KEY,
            people.CLOSED,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Every door is shut at once, this key's too, and everybody's photos and headshots are
        destroyed. Nothing brings them back. The name is typed so that no program does it by
        mistake; `If-Match` with what was read closes no more than that."""
        # SECURITY: a customer who lets a partner change settings has not let them end it all.
        organisation = self.own()
        closing.close_organisation(
            actor=self.actor, organisation=organisation, typed_name=self.body()["name"]
        )
        return self.done()

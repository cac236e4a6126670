"""Where the organisation and its places are on the clock, and when reminders rest."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from accounts import access, clocks
from accounts.api import refusals
from accounts.api.base import TenantView
from accounts.models import Location
from accounts.staff import roster_people
from headshots.lib.api.operations import operation
from headshots.lib.api.problems import Refusal
from headshots.lib.api.shapes import Given, Shape

TAG = "Organisation"


class ClocksShape(Shape):
    """Reminders wait for a working day, outside the quiet hours of where somebody works."""

    time_zone = serializers.CharField(help_text="By its IANA name.")
    quiet_from = serializers.IntegerField(help_text="The hour, 0 to 23, from which none is sent.")
    quiet_until = serializers.IntegerField(help_text="The hour from which they are sent again.")
    locations: Any = serializers.DictField(
        child=serializers.CharField(),
        help_text="Locations of the roster with a clock of their own, and their time zones.",
    )

    example = {
        "time_zone": "Europe/Berlin",
        "quiet_from": 19,
        "quiet_until": 8,
        "locations": {"Austin": "America/Chicago"},
    }


class ClocksGiven(Given):
    """What changes; what is left out stays as it is."""

    time_zone = serializers.CharField(max_length=60, required=False)
    quiet_from = serializers.IntegerField(min_value=0, max_value=23, required=False)
    quiet_until = serializers.IntegerField(min_value=0, max_value=23, required=False)
    locations: Any = serializers.DictField(
        child=serializers.CharField(max_length=60, allow_null=True),
        required=False,
        help_text="Time zones by location; null gives one the organisation's again.",
    )

    example = {"time_zone": "Europe/Berlin", "locations": {"Austin": "America/Chicago"}}


class ClocksView(TenantView):
    """The clocks of the organisation."""

    def clocks(self) -> dict[str, Any]:
        own = Location.objects.filter(organisation=self.organisation)
        return {
            "time_zone": self.organisation.time_zone,
            "quiet_from": self.organisation.quiet_from,
            "quiet_until": self.organisation.quiet_until,
            "locations": dict(own.order_by("name").values_list("name", "time_zone")),
        }

    @operation("clocks_get", "Read the clocks", tag=TAG, scope="employees:read", shape=ClocksShape)
    def get(self, request: Request) -> HttpResponseBase:
        """Where the organisation is at home, and which of its locations are elsewhere."""
        return self.shown(self.clocks())

    @operation(
        "clocks_update",
        "Set the clocks",
        tag=TAG,
        scope="employees:write",
        shape=ClocksShape,
        body=ClocksGiven,
        match=True,
        refuses=(
            refusals.TIME_ZONE,
            refusals.LOCATION,
            refusals.HOURS,
        ),
    )
    def patch(self, request: Request) -> HttpResponseBase:
        """Reminders that are due wait for the new hours from now on."""
        said = self.body()
        now = self.clocks()
        known = roster_people.choices(access.employees(self.inside), "location")
        for name in said.get("locations", ()):
            if name not in known:
                raise Refusal(
                    f"Nobody on the roster is in “{name[:60]}”.",
                    code="location",
                    field="locations",
                )
        clocks.set_clocks(
            actor=self.actor,
            organisation=self.organisation,
            time_zone=said.get("time_zone", now["time_zone"]),
            quiet_from=said.get("quiet_from", now["quiet_from"]),
            quiet_until=said.get("quiet_until", now["quiet_until"]),
            locations={name: zone or "" for name, zone in said.get("locations", {}).items()},
        )
        self.organisation.refresh_from_db()
        return self.shown(self.clocks())

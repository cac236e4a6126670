"""Webhook endpoints, and sending to one again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import access
from accounts.api import refusals
from accounts.api.base import TenantView
from accounts.api.keys import RotationGiven
from accounts.api.webhook_deliveries import TAG, DeliveryShape
from accounts.developers.on_behalf import is_theirs
from accounts.models import WebhookEndpoint
from accounts.webhooks import deliveries, endpoints
from accounts.webhooks.types import CHOICES
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

_ID = "019ab1c2-0000-7000-8000-00000000001a"


class EndpointShape(Shape):
    """An address that hears of events."""

    id = serializers.UUIDField()
    url = serializers.SerializerMethodField(
        help_text="Without its path where a partner asks and somebody else named it."
    )
    description = serializers.CharField()
    types = serializers.ListField(
        child=serializers.CharField(), help_text="The events it hears of; none means all."
    )
    enabled = serializers.SerializerMethodField()
    disabled_because = serializers.ChoiceField(
        choices=["", *WebhookEndpoint.Disabled.values],
        help_text="`by_hand`, `gone` (it answered 410), `failing` (for five days), `partner` (who "
        "named it may not any more), or empty.",
    )
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="Since when every attempt has failed."
    )
    secret_made_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when its secret signs."
    )
    previous_until = serializers.DateTimeField(
        allow_null=True, help_text="Until when the secret before this one signs, too."
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    example = {
        "id": _ID,
        "url": "https://hr.example.com/hooks/headshots",
        "description": "HR suite",
        "types": ["shoot.delivered", "release.withdrawn"],
        "enabled": True,
        "disabled_because": "",
        "failing_since": None,
        "secret_made_at": "2026-11-25T09:00:00Z",
        "previous_until": None,
        "created_at": "2026-11-25T09:00:00Z",
        "updated_at": "2026-11-25T09:00:00Z",
    }

    def get_url(self, row: WebhookEndpoint) -> str:
        view = self.context["view"]
        # SECURITY: paths and queries of receivers hold tokens, and they are not the partner's.
        if is_theirs(actor=view.actor, organisation=view.organisation, grant=row.grant):
            return row.url
        return endpoints.host_of(row.url)

    def get_enabled(self, row: WebhookEndpoint) -> bool:
        return row.disabled_at is None


class NewEndpointShape(EndpointShape):
    """A new endpoint with the secret that signs what is sent to it."""

    shown_once = frozenset({"secret"})

    secret = serializers.SerializerMethodField()

    example = {**EndpointShape.example, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}

    def get_secret(self, row: WebhookEndpoint) -> str:
        return str(self.context["view"].secret)


class EndpointGiven(Given):
    """An endpoint to make."""

    url = serializers.CharField(max_length=500, help_text="Begins with https://.")
    description = serializers.CharField(max_length=120, required=False, allow_blank=True)
    types = serializers.ListField(
        child=serializers.ChoiceField(choices=[each.name for each in CHOICES]),
        required=False,
        max_length=len(CHOICES),
        help_text="The events to hear of; all where none are named.",
    )

    example = {
        "url": "https://hr.example.com/hooks/headshots",
        "types": ["shoot.delivered", "release.withdrawn"],
    }


class EndpointChange(EndpointGiven):
    """What to change of an endpoint."""

    url = serializers.CharField(max_length=500, required=False)
    enabled = serializers.BooleanField(
        required=False,
        help_text="false switches it off; true on again, beginning with what waits and has "
        "happened meanwhile: 10,000 events, the oldest first; `replay` sends more.",
    )

    example = {"types": ["shoot.delivered"], "enabled": True}


class SecretShape(Shape):
    """A secret that signs what is sent."""

    secret = serializers.CharField()

    example = {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}


class ReplayGiven(Given):
    """What to send again."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField(
        required=False, allow_null=True, help_text="What happened before then; until now, else."
    )
    all = serializers.BooleanField(
        default=False, help_text="Also what has arrived; else only what has not."
    )

    example = {
        "since": "2026-11-24T00:00:00Z",
        "until": "2026-11-24T06:00:00Z",
        "all": False,
    }


class ReplayedShape(Shape):
    """How many events are on their way."""

    count = serializers.IntegerField()

    example = {"count": 12}


class EndpointViews(TenantView):
    """What the views of endpoints share."""

    secret = ""

    def found(self, endpoint_id: UUID) -> WebhookEndpoint:
        return access.webhook_endpoint(self.inside, endpoint_id)


class EndpointsView(EndpointViews):
    """The endpoints of the organisation."""

    @operation(
        "webhook_endpoints_list", "List endpoints", tag=TAG, scope="webhooks:read",
        shape=EndpointShape, many=True,
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponseBase:
        """The newest first."""
        return self.listed(access.webhook_endpoints(self.inside), owner=self.organisation.pk)

    @operation(
        "webhook_endpoints_create", "Add an endpoint", tag=TAG, scope="webhooks:write",
        shape=NewEndpointShape, body=EndpointGiven, status=201,
    refuses=(refusals.URL, refusals.TOO_MANY_ENDPOINTS, refusals.CLOSED,),)  # fmt: skip
    def post(self, request: Request) -> HttpResponseBase:
        """The answer has the secret, this once. Where it is lost, make a new one with `rotate`."""
        said = self.body()
        endpoint, self.secret = endpoints.add(
            actor=self.actor,
            organisation=self.organisation,
            url=said["url"],
            types=said.get("types", []),
            description=said.get("description", ""),
        )
        return self.shown(endpoint, location=reverse("api:webhook_endpoint", args=[endpoint.pk]))


class EndpointView(EndpointViews):
    """One endpoint."""

    @operation(
        "webhook_endpoints_get", "Read an endpoint", tag=TAG, scope="webhooks:read",
        shape=EndpointShape,
    )  # fmt: skip
    def get(self, request: Request, endpoint_id: UUID) -> HttpResponseBase:
        """How it does."""
        return self.shown(self.found(endpoint_id))

    @operation(
        "webhook_endpoints_update", "Change an endpoint", tag=TAG, scope="webhooks:write",
        shape=EndpointShape, body=EndpointChange, match=True,
    refuses=(refusals.URL, refusals.ENDPOINT_OF_ANOTHER, refusals.ENDPOINT_GONE,),)  # fmt: skip
    def patch(self, request: Request, endpoint_id: UUID) -> HttpResponseBase:
        """Another address, other events, off or on. A partner changes, deletes and uses endpoints
        alone whose address it named."""
        said = self.body()
        endpoint = self.found(endpoint_id)
        enabled = said.pop("enabled", None)
        if said:
            endpoint = endpoints.change(actor=self.actor, endpoint=endpoint, **said)
        if enabled is not None:
            turn = endpoints.enable if enabled else endpoints.disable
            turn(actor=self.actor, endpoint=endpoint)
        return self.shown(self.found(endpoint_id))

    @operation(
        "webhook_endpoints_delete", "Delete an endpoint", tag=TAG, scope="webhooks:write",
        match=True,
        status=204, refuses=(refusals.ENDPOINT_OF_ANOTHER, refusals.ENDPOINT_GONE,),
    )  # fmt: skip
    def delete(self, request: Request, endpoint_id: UUID) -> HttpResponseBase:
        """It hears of nothing more; the record of what was sent to it goes, too."""
        endpoints.remove(actor=self.actor, endpoint=self.found(endpoint_id))
        return self.done()


class EndpointRotateView(EndpointViews):
    """Another secret."""

    acts_on = EndpointView

    @operation(
        "webhook_endpoints_rotate", "Make a new secret", tag=TAG, scope="webhooks:write",
        match=True,
        shape=SecretShape, body=RotationGiven,
    refuses=(refusals.ENDPOINT_OF_ANOTHER, refusals.ENDPOINT_GONE,),)  # fmt: skip
    def post(self, request: Request, endpoint_id: UUID) -> HttpResponseBase:
        """For `overlap_hours` what is sent carries a signature by each of the two; a secret before
        those signs no more. With 0 the old one ends at once."""
        secret = endpoints.rotate(
            actor=self.actor,
            endpoint=self.found(endpoint_id),
            overlap=timedelta(hours=self.body()["overlap_hours"]),
        )
        return self.plain({"secret": secret})


class EndpointTestView(EndpointViews):
    """Trying it out."""

    acts_on = EndpointView

    @operation(
        "webhook_endpoints_test", "Send a test", tag=TAG, scope="webhooks:write",
        match=True,
        shape=DeliveryShape, status=202,
    refuses=(
            refusals.DISABLED, refusals.ENDPOINT_OF_ANOTHER, refusals.ENDPOINT_GONE,
        ),
    )  # fmt: skip
    def post(self, request: Request, endpoint_id: UUID) -> HttpResponseBase:
        """Sends `webhook.test` to this endpoint alone, whatever it hears of."""
        endpoint = self.found(endpoint_id)
        return self.shown(endpoints.send_test(actor=self.actor, endpoint=endpoint))


class EndpointReplayView(EndpointViews):
    """Sending again."""

    acts_on = EndpointView

    @operation(
        "webhook_endpoints_replay", "Send events again", tag=TAG, scope="webhooks:write",
        match=True,
        shape=ReplayedShape, body=ReplayGiven, status=202,
        refuses=(
            refusals.DISABLED, refusals.SINCE_FUTURE, refusals.SINCE_LONG_AGO,
            refusals.UNTIL_BEFORE_SINCE, refusals.TOO_MANY_EVENTS, refusals.ENDPOINT_OF_ANOTHER,
        ),
    )  # fmt: skip
    def post(self, request: Request, endpoint_id: UUID) -> HttpResponseBase:
        """What happened since a moment, or between two, and has not arrived, or all of it; each
        keeps its id."""
        said = self.body()
        count = deliveries.replay_since(
            actor=self.actor,
            endpoint=self.found(endpoint_id),
            since=said["since"],
            until=said.get("until"),
            all_of_them=said["all"],
        )
        return self.plain({"count": count}, status=202)

"""Webhook endpoints and what was sent to them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import access
from accounts.api import refusals
from accounts.api.base import TenantView
from accounts.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import deliveries, endpoints, log, payloads
from accounts.webhooks.types import CHOICES, TYPES
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Webhooks"
_ID = "019ab1c2-0000-7000-8000-00000000001a"
_DELIVERY_ID = "019ab1c2-0000-7000-8000-00000000001b"


class EndpointShape(Shape):
    """An address that hears of events."""

    id = serializers.UUIDField()
    url = serializers.CharField()
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
        "created_at": "2026-11-25T09:00:00Z",
        "updated_at": "2026-11-25T09:00:00Z",
    }

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
        required=False, help_text="false switches it off; true on again, beginning with what waits."
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


class DeliveryShape(Shape):
    """An event on its way to an endpoint."""

    id = serializers.UUIDField()
    endpoint = serializers.UUIDField(source="endpoint_id")
    event = serializers.UUIDField(source="event_id", help_text="The `webhook-id`.")
    type = serializers.ChoiceField(choices=[*TYPES], source="event.type")
    state = serializers.ChoiceField(choices=WebhookDelivery.State.choices)
    attempts = serializers.IntegerField(source="attempts_made")
    status = serializers.IntegerField(allow_null=True, help_text="The last answer's status.")
    next_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    example = {
        "id": _DELIVERY_ID,
        "endpoint": _ID,
        "event": payloads.EXAMPLE_EVENT,
        "type": "shoot.delivered",
        "state": "delivered",
        "attempts": 1,
        "status": 204,
        "next_at": None,
        "delivered_at": "2026-11-25T09:00:01Z",
        "created_at": "2026-11-25T09:00:00Z",
    }


class AttemptShape(Shape):
    """One request and what came of it."""

    number = serializers.IntegerField()
    url = serializers.CharField()
    request_headers = serializers.DictField(child=serializers.CharField())
    status = serializers.IntegerField(allow_null=True)
    answer_headers = serializers.DictField(child=serializers.CharField())
    answer = serializers.CharField(help_text="The beginning of the answer's body.")
    problem = serializers.CharField(help_text="Why it failed; empty where it went through.")
    milliseconds = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class DeliveryInFullShape(DeliveryShape):
    """A delivery with its payload and every attempt."""

    payload = serializers.CharField(source="event.payload", help_text="The body as it is sent.")
    log = serializers.SerializerMethodField(help_text="The newest attempt first.")

    example = {
        **DeliveryShape.example,
        "payload": '{"id":"…","type":"shoot.delivered","timestamp":"…","data":{…}}',
        "log": [
            {
                "number": 1,
                "url": "https://hr.example.com/hooks/headshots",
                "request_headers": {"webhook-id": payloads.EXAMPLE_EVENT},
                "status": 204,
                "answer_headers": {},
                "answer": "",
                "problem": "",
                "milliseconds": 87,
                "created_at": "2026-11-25T09:00:01Z",
            }
        ],
    }

    def get_log(self, row: WebhookDelivery) -> list[dict[str, Any]]:
        found = WebhookAttempt.objects.filter(delivery=row)[:50]
        return list(AttemptShape(found, many=True).data)


class DeliveriesQuery(Given):
    """Which deliveries."""

    endpoint = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=WebhookDelivery.State.choices, required=False)
    type = serializers.ChoiceField(choices=[*TYPES], required=False)
    about = serializers.UUIDField(
        required=False, help_text="The id of an event, or of what it is about."
    )


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
    refuses=(refusals.URL, refusals.ENDPOINT_GONE,),)  # fmt: skip
    def patch(self, request: Request, endpoint_id: UUID) -> HttpResponseBase:
        """Another address, other events, off or on."""
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
        status=204, refuses=(refusals.ENDPOINT_GONE,),
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
        shape=SecretShape,
    refuses=(refusals.SECRET_OF_ANOTHER, refusals.ENDPOINT_GONE,),)  # fmt: skip
    def post(self, request: Request, endpoint_id: UUID) -> HttpResponseBase:
        """For a day what is sent carries a signature by each of the two. A partner makes it for
        endpoints alone whose address it named."""
        secret = endpoints.rotate(actor=self.actor, endpoint=self.found(endpoint_id))
        return self.plain({"secret": secret})


class EndpointTestView(EndpointViews):
    """Trying it out."""

    acts_on = EndpointView

    @operation(
        "webhook_endpoints_test", "Send a test", tag=TAG, scope="webhooks:write",
        match=True,
        shape=DeliveryShape, status=202,
    refuses=(refusals.DISABLED, refusals.ENDPOINT_GONE,),)  # fmt: skip
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
            refusals.UNTIL_BEFORE_SINCE, refusals.TOO_MANY_EVENTS,
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


class DeliveriesView(TenantView):
    """What was sent."""

    @operation(
        "webhook_deliveries_list", "List deliveries", tag=TAG, scope="webhooks:read",
        shape=DeliveryShape, many=True, query=DeliveriesQuery,
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponseBase:
        """The newest first. Deliveries are kept for 30 days."""
        found = access.webhook_deliveries(self.inside)
        if "endpoint" in self.query:
            found = found.filter(endpoint=self.query["endpoint"])
        wanted = log.Filter(
            state=self.query.get("state", ""),
            type=self.query.get("type", ""),
            about=str(self.query.get("about", "")),
        )
        return self.listed(log.search(found, wanted), owner=self.organisation.pk)


class DeliveryView(TenantView):
    """One delivery."""

    @operation(
        "webhook_deliveries_get", "Read a delivery", tag=TAG, scope="webhooks:read",
        shape=DeliveryInFullShape,
    )  # fmt: skip
    def get(self, request: Request, delivery_id: UUID) -> HttpResponseBase:
        """With its payload, and the request and answer of each attempt."""
        return self.shown(access.webhook_delivery(self.inside, delivery_id))


class DeliveryReplayView(TenantView):
    """Sending one again."""

    acts_on = DeliveryView

    @operation(
        "webhook_deliveries_replay", "Send one event again", tag=TAG, scope="webhooks:write",
        match=True,
        shape=DeliveryShape, status=202,
    refuses=(refusals.DISABLED,),)  # fmt: skip
    def post(self, request: Request, delivery_id: UUID) -> HttpResponseBase:
        """Under the same id; a failure begins the schedule anew."""
        found = access.webhook_delivery(self.inside, delivery_id)
        deliveries.replay(actor=self.actor, delivery=found)
        return self.shown(access.webhook_delivery(self.inside, delivery_id))

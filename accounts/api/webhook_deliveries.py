"""What was sent to webhook endpoints, and what they answered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request

from accounts import access
from accounts.api import refusals
from accounts.api.base import TenantView
from accounts.developers.on_behalf import is_partner
from accounts.models import WebhookAttempt, WebhookDelivery
from accounts.webhooks import deliveries, log, payloads
from accounts.webhooks.types import TYPES
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Webhooks"
_ENDPOINT_ID = "019ab1c2-0000-7000-8000-00000000001a"
_ID = "019ab1c2-0000-7000-8000-00000000001b"


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
        "id": _ID,
        "endpoint": _ENDPOINT_ID,
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
        "payload": '{"id":"…","type":"shoot.delivered","timestamp":"…","organisation":"…",…}',
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


class DeliveryViews(TenantView):
    """What the views of deliveries share."""

    def readable(self) -> QuerySet[WebhookDelivery]:
        """All of them; for a partner those to endpoints alone whose address it named."""
        found = access.webhook_deliveries(self.inside)
        if is_partner(actor=self.actor, organisation=self.organisation):
            # SECURITY: what others' receivers are asked and answer is nothing for a partner.
            found = found.filter(endpoint__grant__partner=self.inside.key.organisation_id)
        return found

    def found(self, delivery_id: UUID) -> WebhookDelivery:
        return get_object_or_404(self.readable(), pk=delivery_id)


class DeliveriesView(DeliveryViews):
    """What was sent."""

    @operation(
        "webhook_deliveries_list", "List deliveries", tag=TAG, scope="webhooks:read",
        shape=DeliveryShape, many=True, query=DeliveriesQuery,
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponseBase:
        """The newest first. Deliveries are kept for 30 days. A partner reads those to endpoints
        alone whose address it named."""
        found = self.readable()
        if "endpoint" in self.query:
            found = found.filter(endpoint=self.query["endpoint"])
        wanted = log.Filter(
            state=self.query.get("state", ""),
            type=self.query.get("type", ""),
            about=str(self.query.get("about", "")),
        )
        return self.listed(log.search(found, wanted), owner=self.organisation.pk)


class DeliveryView(DeliveryViews):
    """One delivery."""

    @operation(
        "webhook_deliveries_get", "Read a delivery", tag=TAG, scope="webhooks:read",
        shape=DeliveryInFullShape,
    )  # fmt: skip
    def get(self, request: Request, delivery_id: UUID) -> HttpResponseBase:
        """With its payload, and the request and answer of each attempt."""
        return self.shown(self.found(delivery_id))


class DeliveryReplayView(DeliveryViews):
    """Sending one again."""

    acts_on = DeliveryView

    @operation(
        "webhook_deliveries_replay", "Send one event again", tag=TAG, scope="webhooks:write",
        match=True, shape=DeliveryShape, status=202, refuses=(refusals.DISABLED,),
    )  # fmt: skip
    def post(self, request: Request, delivery_id: UUID) -> HttpResponseBase:
        """Under the same id; a failure begins the schedule anew."""
        deliveries.replay(actor=self.actor, delivery=self.found(delivery_id))
        return self.shown(self.found(delivery_id))

"""Webhook endpoints and what was sent to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, cast

from headshots_client import shapes
from headshots_client.resources import Resource, given


class WebhookEndpoints(Resource[shapes.WebhookEndpoint]):
    """Where events go."""

    path = "/webhook-endpoints"

    def create(
        self, *, url: str, types: Sequence[str] = (), description: str = ""
    ) -> shapes.NewWebhookEndpoint:
        """A new endpoint with its `secret`. No `types` means all events."""
        body: dict[str, Any] = {"url": url, "types": list(types)}
        if description:
            body["description"] = description
        return cast(shapes.NewWebhookEndpoint, self._post(self.path, body))

    def update(
        self,
        id: str,
        *,
        url: str | None = None,
        types: Sequence[str] | None = None,
        description: str | None = None,
        enabled: bool | None = None,
        if_match: str | None = None,
    ) -> shapes.WebhookEndpoint:
        """Change what is given."""
        body = given(
            url=url,
            types=None if types is None else list(types),
            description=description,
            enabled=enabled,
        )
        return cast(shapes.WebhookEndpoint, self._patch(f"{self.path}/{id}", body, if_match))

    def delete(self, id: str, *, if_match: str | None = None) -> None:
        """It hears of nothing more."""
        self._delete(f"{self.path}/{id}", if_match)

    def rotate(self, id: str, *, overlap_hours: int = 24, if_match: str | None = None) -> str:
        """A new secret; the old one signs, too, for `overlap_hours` longer, at most 168."""
        body = {"overlap_hours": overlap_hours}
        return str(self._post(f"{self.path}/{id}/rotate", body, if_match=if_match)["secret"])

    def test(self, id: str, *, if_match: str | None = None) -> shapes.WebhookDelivery:
        """Send `webhook.test` to it."""
        found = self._post(f"{self.path}/{id}/test", if_match=if_match)
        return cast(shapes.WebhookDelivery, found)

    def replay(
        self,
        id: str,
        *,
        since: datetime,
        until: datetime | None = None,
        everything: bool = False,
        if_match: str | None = None,
    ) -> int:
        """Send again what has not arrived since then and before `until` (None: until now), or
        everything; how many events."""
        body = {**given(since=since, until=until), "all": everything}
        return int(self._post(f"{self.path}/{id}/replay", body, if_match=if_match)["count"])

    def deliveries(self, id: str, **filters: Any) -> Iterator[shapes.WebhookDelivery]:
        """What was sent to it. Filters: `state`, `type`, `about` (an event, or what it is about)."""
        pages = self._transport.pages("/webhook-deliveries", {"endpoint": id, **filters})
        return cast("Iterator[shapes.WebhookDelivery]", pages)

    def delivery(self, id: str) -> shapes.WebhookDeliveryInFull:
        """One delivery by its own id, with payload and every attempt."""
        return cast(shapes.WebhookDeliveryInFull, self._get(f"/webhook-deliveries/{id}"))

    def replay_one(self, id: str, *, if_match: str | None = None) -> shapes.WebhookDelivery:
        """Send one delivery again, under the same id of its event."""
        found = self._post(f"/webhook-deliveries/{id}/replay", if_match=if_match)
        return cast(shapes.WebhookDelivery, found)

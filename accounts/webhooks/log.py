"""Reading what was sent: by state, by type, by what it was about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.webhooks.types import TYPES


@dataclass(frozen=True)
class Filter:
    """What is looked for; empty means any. `about` is the id of an event or of its object."""

    state: str = ""
    type: str = ""
    about: str = ""

    @classmethod
    def read(cls, words: Mapping[str, str]) -> Filter:
        """From an address; what is not known counts as any."""
        state, type = words.get("state", ""), words.get("type", "")
        return cls(
            state=state if state in WebhookDelivery.State.values else "",
            type=type if type in TYPES else "",
            about=words.get("about", "").strip()[:60],
        )

    def words(self) -> dict[str, str]:
        """The same as words of an address; what is empty is left out."""
        found = {"state": self.state, "type": self.type, "about": self.about}
        return {name: value for name, value in found.items() if value}


def search(rows: QuerySet[WebhookDelivery], wanted: Filter) -> QuerySet[WebhookDelivery]:
    """Those of the deliveries that are looked for, in the order they came."""
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.type:
        rows = rows.filter(event__type=wanted.type)
    if wanted.about:
        try:
            key = UUID(wanted.about)
        except ValueError:
            return rows.none()
        rows = rows.filter(Q(event=key) | Q(event__object_id=str(key)))
    return rows


def with_counts(endpoints: QuerySet[WebhookEndpoint]) -> QuerySet[WebhookEndpoint]:
    """Endpoints with what became of the last day's events: `arrived`, `waiting`, `given_up`."""
    states = WebhookDelivery.State
    lately = Q(deliveries__created_at__gte=timezone.now() - timedelta(days=1))
    return endpoints.annotate(
        arrived=Count("deliveries", filter=lately & Q(deliveries__state=states.DELIVERED)),
        waiting=Count("deliveries", filter=Q(deliveries__state=states.WAITING)),
        given_up=Count("deliveries", filter=lately & Q(deliveries__state=states.FAILED)),
    )


def readable(text: str) -> str:
    """JSON with its lines broken; anything else as it is."""
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return json.dumps(found, indent=2, ensure_ascii=False)

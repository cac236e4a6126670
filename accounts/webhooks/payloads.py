"""What an event looks like on the wire: thin, so that no personal data leaves by it."""

from __future__ import annotations

import json
import uuid
from datetime import datetime

from django.conf import settings

from accounts.models import Organisation
from accounts.webhooks.types import PATHS, SINGLE, TYPES

EXAMPLE_TIME = "2026-11-03T09:15:27.482913Z"
EXAMPLE_EVENT = "019a4897-3f5a-7c31-9a60-5f0d6c0f7d21"
EXAMPLE_CUSTOMER = "019ab1c2-0000-7000-8000-000000000001"
EXAMPLE_OBJECT = "019a4890-11be-7f0a-8d2c-2f6c9c1d44aa"


def address(*, object: str, object_id: str) -> str:
    """Where the API has the thing that an event is about."""
    path = f"{settings.SITE_URL}/api/v1/{PATHS[object]}"
    return path if object in SINGLE else f"{path}/{object_id}"


def document(
    *, event_id: str, type: str, time: str, object_id: str, customer: str, test: bool
) -> dict[str, object]:
    """The payload of an event as a JSON object. `customer` is whom a partner names in
    Headshots-Organisation, `test` whether it happened in their sandbox."""
    kind = TYPES[type].object
    return {
        "id": event_id,
        "type": type,
        "timestamp": time,
        "organisation": customer,
        "test": test,
        "data": {
            "object": kind,
            "id": object_id,
            "url": address(object=kind, object_id=object_id),
        },
    }


def text(
    *,
    organisation: Organisation,
    event_id: uuid.UUID,
    type: str,
    time: datetime,
    object_id: str,
) -> str:
    """The payload as it is sent and signed."""
    return json.dumps(
        document(
            event_id=str(event_id),
            type=type,
            time=time.isoformat().replace("+00:00", "Z"),
            object_id=object_id,
            customer=str(organisation.sandbox_of_id or organisation.pk),
            test=organisation.sandbox_of_id is not None,
        ),
        separators=(",", ":"),
    )


def example(type: str) -> dict[str, object]:
    """The payload of that type as the reference shows it."""
    return document(
        event_id=EXAMPLE_EVENT,
        type=type,
        time=EXAMPLE_TIME,
        object_id=EXAMPLE_OBJECT,
        customer=EXAMPLE_CUSTOMER,
        test=False,
    )

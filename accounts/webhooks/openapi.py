"""What endpoints receive, for the OpenAPI document's own `webhooks` section."""

from __future__ import annotations

from typing import Any

from accounts.webhooks import payloads
from accounts.webhooks.types import PATHS, TYPES, EventType

_HEADERS = (
    ("webhook-id", "The event's id; the same in every attempt."),
    ("webhook-timestamp", "When this attempt was made, in seconds since 1970."),
    ("webhook-signature", "`v1,` and the signature; two, parted by a space, after a rotation."),
)


def add_webhooks(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say of every event what is sent and what is expected back; a hook of drf-spectacular."""
    result.setdefault("components", {}).setdefault("schemas", {})["Event"] = _event()
    result["webhooks"] = {each.name: {"post": _operation(each)} for each in TYPES.values()}
    return result


def _event() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "Something that happened. Thin: read the resource for more.",
        "required": ["id", "type", "timestamp", "organisation", "test", "data"],
        "additionalProperties": False,
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "type": {"type": "string", "enum": [*TYPES]},
            "timestamp": {"type": "string", "format": "date-time"},
            "organisation": {
                "type": "string",
                "format": "uuid",
                "description": "Whose it is: a partner names it in `Headshots-Organisation`.",
            },
            "test": {
                "type": "boolean",
                "description": "Whether it happened in the sandbox, which test keys reach.",
            },
            "data": {
                "type": "object",
                "required": ["object", "id", "url"],
                "additionalProperties": False,
                "properties": {
                    "object": {"type": "string", "enum": [*PATHS]},
                    "id": {"type": "string"},
                    "url": {"type": "string", "format": "uri"},
                },
            },
        },
    }


def _operation(each: EventType) -> dict[str, Any]:
    return {
        "operationId": f"event_{each.name.replace('.', '_')}",
        "summary": each.name,
        "description": each.description,
        "tags": ["Events"],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": says,
                "schema": {"type": "string"},
            }
            for name, says in _HEADERS
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/Event"},
                    "examples": {"event": {"value": payloads.example(each.name)}},
                }
            },
        },
        "responses": {
            "2XX": {"description": "Arrived. The body is not looked at."},
            "410": {"description": "Send nothing more: the endpoint is switched off."},
            "default": {"description": "Tried again by the schedule."},
        },
    }

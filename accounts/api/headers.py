"""Headers that go through every operation, for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accounts.api.base import ACTS_FOR
from headshots.lib.api.methods import METHODS
from headshots.lib.api.operations import LOCATES
from headshots.lib.api.views import VERSIONS

_WHOLE = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}
HEADERS: dict[str, tuple[str, dict[str, Any]]] = {
    "ETag": ("The state of what is answered, for `If-None-Match` and `If-Match`.", _TEXT),
    "Headshots-Version": ("The version that the answer keeps to.", _TEXT),
    "Idempotent-Replayed": (
        "Where the `Idempotency-Key` was known: this is the answer of then.",
        {"type": "string", "enum": ["true"]},
    ),
    "Link": ("The next page, as `rel=next`, where there is one.", _TEXT),
    "Location": ("Where what was made is read.", _TEXT),
    "RateLimit-Limit": ("Requests a minute that the key has.", _WHOLE),
    "RateLimit-Remaining": ("Requests that are left of them.", _WHOLE),
    "RateLimit-Reset": ("Seconds until they are all there again.", _WHOLE),
    "Request-Id": ("Stands in our logs as well.", _TEXT),
    "Retry-After": ("Seconds until it is worth trying again, where that is known.", _WHOLE),
    "WWW-Authenticate": ("`Bearer`: show a key.", _TEXT),
}
PARAMETERS: list[dict[str, Any]] = [
    {
        "in": "header",
        "name": ACTS_FOR,
        "schema": _TEXT,
        "description": "The id of the customer that you act for; else it is your own organisation.",
    },
    {
        "in": "header",
        "name": "Headshots-Version",
        "schema": {"type": "string", "enum": list(VERSIONS)},
        "description": "Another version than the key is pinned to.",
    },
]


def add_headers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say which headers every operation hears and answers with; a hook of drf-spectacular."""
    result["components"]["headers"] = {
        name: {"description": says, "schema": schema} for name, (says, schema) in HEADERS.items()
    }
    schemas = result["components"]["schemas"]
    for item in result["paths"].values():
        for method in (name for name in METHODS if name in item):
            said = item[method]
            located = said.pop(LOCATES, False)
            for status, answer in said["responses"].items():
                names = set(_answered(method, said, status, answer, schemas))
                if located and status == located:
                    names.add("Location")
                answer["headers"] = {
                    name: {"$ref": f"#/components/headers/{name}"} for name in sorted(names)
                }
            if said.get("security"):
                said["parameters"] = [*said.get("parameters", []), *PARAMETERS]
    return result


def _answered(
    method: str, said: dict[str, Any], status: str, answer: dict[str, Any], schemas: dict[str, Any]
) -> Iterator[str]:
    """What may come with an answer, beside its address."""
    once = any(each["name"] == "Idempotency-Key" for each in said.get("parameters", ()))
    good, json = status[0] == "2", answer.get("content", {}).get("application/json")
    listed = json is not None and _is_page(json, schemas)
    yield "Request-Id"
    if said.get("security") and status != "401":
        yield from ("Headshots-Version", "RateLimit-Limit", "RateLimit-Remaining")
        yield "RateLimit-Reset"
    if status in ("304", "412") or (good and (method == "get" or (json and not listed))):
        yield "ETag"
    if good and listed:
        yield "Link"
    if good and once:
        yield "Idempotent-Replayed"
    if status == "401":
        yield "WWW-Authenticate"
    if status in ("429", "503") or (status == "409" and once):
        yield "Retry-After"


def _is_page(json: dict[str, Any], schemas: dict[str, Any]) -> bool:
    name = str(json["schema"].get("$ref", "")).rpartition("/")[2]
    return "next_cursor" in schemas.get(name, {}).get("properties", {})

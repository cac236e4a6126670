"""What operations refuse, as examples: each error that an operation can answer with, word for word.

Operations name those of their own; here are the ones that many share. A test asks for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from headshots.lib.api.methods import METHODS
from headshots.lib.api.problems import MEDIA_TYPE, Refusal, document

REQUEST_ID = "2b8a51c09e4f4a7d8c3b6e1f0a9d7c55"
# Where an operation says which of them are its own, until the document is finished.
OWN = "x-refusals"


@dataclass(frozen=True)
class Refused:
    """One error by example. `name` tells apart what shares a code."""

    code: str
    status: int
    detail: str
    field: str | None = None
    name: str = ""
    errors: tuple[tuple[str, str, str], ...] = ()

    @property
    def key(self) -> str:
        return self.name or self.code

    def example(self) -> dict[str, Any]:
        """The problem document."""
        errors = [
            {"field": field, "code": code, "detail": detail} for field, code, detail in self.errors
        ]
        refusal = Refusal(
            self.detail, code=self.code, status=self.status, field=self.field, errors=errors
        )
        return document(refusal, request_id=REQUEST_ID)


MALFORMED = Refused("malformed", 400, "The body is no JSON at line 1.")
CUT_OFF = Refused(
    "cut_off", 400, "The body ended before its announced length; nothing was kept. Send it again."
)
TOO_SLOW = Refused(
    "too_slow",
    408,
    "The body came in too slowly; nothing was kept. Send it again over a better line.",
)
CURSOR = Refused(
    "cursor",
    400,
    "This cursor was not given by this list with these filters. Begin again without it.",
    "cursor",
)
VERSION = Refused(
    "version",
    400,
    "There is no version “2020-01-01”. There are: 2026-11-25.",
    "Headshots-Version",
)
IDEMPOTENCY_KEY = Refused(
    "idempotency_key", 400, "Idempotency-Key has 1 to 255 characters.", "Idempotency-Key"
)
KEY_MISSING = Refused(
    "key_missing", 401, "Show a key: Authorization: Bearer hs_live_… (or hs_test_…)."
)
KEY_UNKNOWN = Refused("key_unknown", 401, "This key is none of ours.")
KEY_EXPIRED = Refused(
    "key_expired", 401, "This key expired on 24 Nov 2026, 09:00 UTC. Make a new one."
)
KEY_REVOKED = Refused("key_revoked", 401, "This key has been revoked.")
SCOPE_MISSING = Refused(
    "scope_missing", 403, "This needs the scope orders:write, which the key lacks."
)
ADDRESS_REFUSED = Refused("address_refused", 403, "This key may not be used from 127.0.0.1.")
NOT_FOUND = Refused("not_found", 404, "There is nothing here that this key can see.")
CUSTOMER_UNKNOWN = Refused(
    "not_found",
    404,
    "There is no organisation of that Headshots-Organisation that lets you act for it.",
    name="customer_unknown",
)
IN_PROGRESS = Refused(
    "idempotency_in_progress",
    409,
    "A request under this Idempotency-Key is being worked on. Ask again in a moment.",
)
MEANWHILE = Refused(
    "changed",
    409,
    "Somebody changed the same thing just now. Nothing was done; try again.",
    name="changed_meanwhile",
)
CHANGED = Refused(
    "changed", 412, "It has changed since you read it. Read it again and decide anew."
)
TOO_LARGE = Refused("too_large", 413, "The body is larger than 5 MB, the most that is taken here.")
PHOTO_TOO_LARGE = Refused(
    "too_large",
    413,
    "The body is larger than 50 MB, the most that is taken here.",
    name="photo_too_large",
)
MEDIA = Refused("media_type", 415, 'Unsupported media type "text/csv" in request.')
FIELD_UNKNOWN = Refused(
    "invalid",
    422,
    "colour: There is no such field. There are: fields.",
    "colour",
    name="field_unknown",
    errors=(("colour", "invalid", "There is no such field. There are: fields."),),
)
LIMIT = Refused(
    "invalid",
    422,
    "limit: Ensure this value is less than or equal to 200.",
    "limit",
    name="limit",
    errors=(("limit", "max_value", "Ensure this value is less than or equal to 200."),),
)
MISMATCH = Refused(
    "idempotency_mismatch",
    422,
    "This Idempotency-Key was used for another request. Use a new one.",
    "Idempotency-Key",
)
THROTTLED = Refused("throttled", 429, "More than 600 requests within a minute. Go on in 41 s.")
UNAVAILABLE = Refused(
    "unavailable", 503, "The database is away for a moment. Nothing was done; try again."
)
INTERNAL = Refused(
    "internal", 500, "Something went wrong on our side. It is logged under the request's id."
)
STORAGE_UNAVAILABLE = Refused(
    "storage_unavailable",
    503,
    "The storage for private files does not work (Input/output error). Nothing was changed; try "
    "again when it does.",
)
FILE_GONE = Refused("file_gone", 404, "This file is not stored here any more.")
DECODER_UNAVAILABLE = Refused(
    "decoder_unavailable", 503, "Photos cannot be opened at the moment. Try again in a minute."
)
# What no operation says, as it is about what is none.
HOST = Refused(
    "host", 400, "This host is not served here. Ask at the address that the reference names."
)
METHOD = Refused("method", 405, 'Method "PUT" not allowed.')
NOWHERE = Refused(
    "not_found",
    404,
    "There is no such address. The reference lists those there are.",
    name="nowhere",
)
# What the web server says, before anything knows which operation is meant.
ADDRESS_TOO_LONG = Refused(
    "address_too_long",
    414,
    "The address is longer than the 4 kB that are taken. Ask for less at once.",
)
HEADERS_TOO_LARGE = Refused(
    "headers_too_large",
    431,
    "A header is longer than the 8 kB that are taken, or there are more than 100.",
)
NO_HTTP = Refused(
    "malformed",
    400,
    "This is no request as HTTP has it. Look at its length and its headers.",
    name="no_http",
)
_ANYWHERE = (HOST, METHOD, NOWHERE, ADDRESS_TOO_LONG, HEADERS_TOO_LARGE, NO_HTTP)


def shared(
    *, key: bool, writes: bool, post: bool, match: bool, many: bool, photo: bool, takes: bool,
    gives: bool,
) -> Iterable[Refused]:  # fmt: skip
    """What an operation refuses as others do: those that need a key, write, post, hear If-Match,
    list rows or take a photo, and those that take or give a file."""
    yield from (VERSION, THROTTLED) if key else (CUT_OFF,)
    yield from (UNAVAILABLE, INTERNAL)
    if takes or gives:
        yield STORAGE_UNAVAILABLE
    if gives:
        yield FILE_GONE
    yield LIMIT if many else FIELD_UNKNOWN
    if many:
        yield CURSOR
    if key:
        yield from (
            KEY_MISSING, KEY_UNKNOWN, KEY_EXPIRED, KEY_REVOKED, SCOPE_MISSING, ADDRESS_REFUSED,
            CUSTOMER_UNKNOWN, NOT_FOUND,
        )  # fmt: skip
    if writes:
        yield from (MALFORMED, CUT_OFF, TOO_SLOW, MEANWHILE, MEDIA)
        yield PHOTO_TOO_LARGE if photo else TOO_LARGE
    if post and key:
        yield from (IDEMPOTENCY_KEY, IN_PROGRESS, MISMATCH)
    if match:
        yield CHANGED


def add_refusals(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Give each refusal of each operation its examples; a hook of drf-spectacular."""
    known: dict[str, Refused] = {each.key: each for each in _ANYWHERE}
    for item in result["paths"].values():
        for said in (item[method] for method in METHODS if method in item):
            for each in said.pop(OWN):
                if known.setdefault(each.key, each) != each:
                    raise ValueError(f"Two examples are called {each.key}.")
                content = said["responses"][str(each.status)]["content"][MEDIA_TYPE]
                named = content.setdefault("examples", {})
                named[each.key] = {"$ref": f"#/components/examples/{each.key}"}
    result["components"]["examples"] = {
        name: {"summary": known[name].detail, "value": known[name].example()}
        for name in sorted(known)
    }
    return result

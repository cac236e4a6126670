"""The same request twice is one effect: the answer is kept in the transaction of what it did."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.datastructures import MultiValueDict
from rest_framework.request import Request

from headshots.lib.api.matching import lock_number
from headshots.lib.api.problems import Refusal

LONGEST_KEY = 255


@dataclass(frozen=True)
class Kept:
    """An answer that was given."""

    fingerprint: str
    status: int
    headers: dict[str, str]
    body: str


class Store(Protocol):
    """Where answers are kept, apart for each key of the API."""

    def scope(self) -> str:
        """Whose keys these are; the same Idempotency-Key of another is another."""

    def find(self, key: str) -> Kept | None: ...

    def keep(self, key: str, kept: Kept) -> None: ...


def once(request: Request, store: Store, respond: Callable[[], HttpResponse]) -> HttpResponse:
    """Respond, or give the answer that the request's Idempotency-Key got before.

    Needs a transaction around, in which the effect and the answer are written together. Refusals
    are not kept: what did nothing may be tried again. Raises Refusal: 409 while another request
    under the key is at work, 422 where the key stands for another request.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return respond()
    if not 1 <= len(key) <= LONGEST_KEY or "\x00" in key:
        raise Refusal(
            f"Idempotency-Key has 1 to {LONGEST_KEY} characters.",
            code="idempotency_key",
            status=400,
            field="Idempotency-Key",
        )
    if not _lock(f"{store.scope()}:{key}"):
        raise Refusal(
            "A request under this Idempotency-Key is being worked on. Ask again in a moment.",
            code="idempotency_in_progress",
            status=409,
            headers={"Retry-After": "1"},
        )
    said = fingerprint(request)
    kept = store.find(key)
    if kept is not None:
        if kept.fingerprint != said:
            raise Refusal(
                "This Idempotency-Key was used for another request. Use a new one.",
                code="idempotency_mismatch",
                field="Idempotency-Key",
            )
        response = HttpResponse(kept.body, status=kept.status, content_type="application/json")
        for name, value in kept.headers.items():
            response[name] = value
        response["Idempotent-Replayed"] = "true"
        return response
    response = respond()
    if 200 <= response.status_code < 300 and not response.streaming:
        headers = {name: response[name] for name in ("Location", "ETag") if name in response}
        store.keep(key, Kept(said, response.status_code, headers, response.content.decode()))
    return response


def fingerprint(request: Request) -> str:
    """The same for the same method, address and body."""
    plain: HttpRequest = request._request
    digest = hashlib.sha256(f"{plain.method} {plain.get_full_path()}\n".encode())
    if (plain.content_type or "").startswith("multipart/"):
        # The boundary differs each time, so what the parts say is what counts.
        for name, values in sorted(cast(MultiValueDict[str, Any], request.data).lists()):
            for value in values:
                digest.update(f"{name}\n".encode())
                if hasattr(value, "chunks"):
                    for chunk in value.chunks():
                        digest.update(chunk)
                    value.seek(0)
                else:
                    digest.update(str(value).encode())
    else:
        digest.update(plain.body)
    return digest.hexdigest()


def _lock(name: str) -> bool:
    """Take the lock of that name until the transaction ends, unless somebody has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_number(name)])
        row = cursor.fetchone()
    return bool(row and row[0])

"""What the API answers when it refuses: RFC 9457 problem documents."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions

from headshots.lib.problems import Problem

MEDIA_TYPE = "application/problem+json"
# Of so many fields an answer says what is wrong.
MOST_ERRORS = 100
# Codes that the API itself gives; services have others. `type` ends in the code and stays as it is.
CODES = {
    "not_found": "There is no such thing here, or it is not yours to see.",
    "invalid": "A field is missing or wrong; `errors` names each, up to a hundred.",
    "malformed": "The request or its body cannot be read: no HTTP, no JSON, or nested too deep.",
    "too_large": "The body is larger than what is taken here.",
    "address_too_long": "The address, with its query, is longer than 4 kB.",
    "headers_too_large": "A header is longer than 8 kB, or there are too many.",
    "cut_off": "The body ended before its announced length.",
    "too_slow": "The body came in too slowly.",
    "media_type": "The body is of a type that this operation does not take.",
    "host": "The host of the address is not one that is served here.",
    "method": "The address exists, but not with this method.",
    "key_missing": "There is no key in the Authorization header.",
    "key_unknown": "The key is not, or no longer, one of ours.",
    "key_expired": "The key has expired.",
    "key_revoked": "The key has been revoked.",
    "address_refused": "The key may not be used from this network address.",
    "scope_missing": "The key lacks the scope that the operation needs.",
    "throttled": "Too many requests within a minute; Retry-After says when to go on.",
    "idempotency_in_progress": "A request under this Idempotency-Key is being worked on.",
    "idempotency_mismatch": "This Idempotency-Key was used for another request.",
    "idempotency_key": "The Idempotency-Key is empty or longer than 255 characters.",
    "changed": "The resource is not the one that If-Match names any more.",
    "cursor": "The cursor was changed, or belongs to another list.",
    "version": "There is no such version of the API.",
    "unavailable": "Something that is needed is away for a moment. Try again.",
    "internal": "Our fault. It is logged under the request's id.",
}


class Refusal(Problem):
    """A Problem that brings headers, or says of several fields what is wrong."""

    def __init__(
        self,
        sentence: str,
        *,
        code: str,
        status: int = 422,
        field: str | None = None,
        errors: list[dict[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(sentence, code=code, field=field, status=status)
        self.errors = errors or []
        self.headers = headers or {}


def type_of(code: str) -> str:
    """The stable address that names a kind of problem."""
    return f"{settings.SITE_URL}/api/problems/{code}"


def document(problem: Problem, *, request_id: str = "") -> dict[str, Any]:
    """The problem as RFC 9457 has it."""
    errors = getattr(problem, "errors", [])
    if not errors and problem.field:
        errors = [{"field": problem.field, "code": problem.code, "detail": str(problem.sentence)}]
    return {
        "type": type_of(problem.code),
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": str(problem.sentence),
        "code": problem.code,
        "field": problem.field,
        "errors": errors,
        "request_id": request_id,
    }


def as_problem(error: Exception) -> Problem | None:
    """What an exception means to whoever asked; None for what is our fault."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Http404 | exceptions.NotFound):
        return Refusal("There is nothing here that this key can see.", code="not_found", status=404)
    if isinstance(error, exceptions.ValidationError):
        return invalid(error)
    if isinstance(error, exceptions.MethodNotAllowed):
        return Refusal(f"{error.detail}", code="method", status=405)
    if isinstance(error, exceptions.UnsupportedMediaType):
        return Refusal(f"{error.detail}", code="media_type", status=415)
    if isinstance(error, exceptions.ParseError):
        return Refusal(f"{error.detail}", code="malformed", status=400)
    if isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        return Refusal(str(error) or "This key may not do that.", code="scope_missing", status=403)
    if isinstance(error, UnreadablePostError):
        return too_slow() if _timed_out(error) else cut_off()
    if isinstance(error, SuspiciousOperation):
        return Refusal("The request cannot be read.", code="malformed", status=400)
    if isinstance(error, IntegrityError):
        return Refusal(
            "Somebody changed the same thing just now. Nothing was done; try again.",
            code="changed",
            status=409,
        )
    if isinstance(error, DataError):
        return Refusal("A value is out of its range.", code="invalid", status=422)
    if isinstance(error, OperationalError):
        return Refusal(
            "The database is away for a moment. Nothing was done; try again.",
            code="unavailable",
            status=503,
            headers={"Retry-After": "5"},
        )
    return None


def _timed_out(error: BaseException | None) -> bool:
    """Whether that is so, or is behind it: Django wraps what a stream raises, once or twice."""
    while error is not None and not isinstance(error, TimeoutError):
        error = error.__cause__
    return error is not None


def cut_off() -> Refusal:
    """The refusal of a body that ended too early."""
    return Refusal(
        "The body ended before its announced length; nothing was kept. Send it again.",
        code="cut_off",
        status=400,
    )


def too_slow() -> Refusal:
    """The refusal of a body that nobody waits for any longer."""
    return Refusal(
        "The body came in too slowly; nothing was kept. Send it again over a better line.",
        code="too_slow",
        status=408,
    )


def twice(name: str) -> Refusal:
    """The refusal of what was said twice where it counts once."""
    field = name[:60]
    return Refusal(f"{field}: This is given more than once.", code="invalid", field=field)


def invalid(error: exceptions.ValidationError) -> Refusal:
    """Field by field what is wrong, MOST_ERRORS at most, as one refusal; the first is its
    sentence."""
    found = list(islice(flat(error.detail, ""), MOST_ERRORS))
    first = found[0] if found else {"field": None, "detail": "The body is wrong."}
    sentence = f"{first['field']}: {first['detail']}" if first["field"] else str(first["detail"])
    return Refusal(sentence, code="invalid", field=first["field"], errors=found)


def flat(detail: Any, path: str) -> Iterator[dict[str, Any]]:
    """What is wrong, field by field: `field` as a path with dots, `code`, `detail`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from flat(inner, ".".join(part for part in (path, own) if part))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            if isinstance(inner, dict | list):
                yield from flat(inner, f"{path}.{index}" if path else str(index))
            else:
                yield from flat(inner, path)
    else:
        yield {
            "field": path or None,
            "code": getattr(detail, "code", "invalid"),
            "detail": str(detail),
        }

"""What can go wrong, as exceptions with a sentence."""

from __future__ import annotations

from typing import Any

import httpx


class HeadshotsError(Exception):
    """Whatever this package raises about a request."""


class Unreachable(HeadshotsError):
    """No answer came, also after retries. What was asked may have been done all the same."""


class ApiError(HeadshotsError):
    """The API refused. `code` is stable; `detail` is a sentence; `field` names what is wrong."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.type = str(problem.get("type", "about:blank"))
        self.code = str(problem.get("code", ""))
        self.detail = str(problem.get("detail", "")) or f"The answer was {status}."
        self.field: str | None = problem.get("field")
        self.errors: list[dict[str, Any]] = list(problem.get("errors") or [])
        self.request_id = str(problem.get("request_id", ""))
        super().__init__(self.detail)


class NotAllowed(ApiError):
    """401, 402 or 403: the key, its scopes or the credits do not allow it."""


class NotFound(ApiError):
    """404 or 410: there is no such thing, or it is not yours."""


class Conflict(ApiError):
    """409 or 412: it has moved on meanwhile."""


class Invalid(ApiError):
    """400, 413, 415 or 422: a field is missing or wrong; `errors` names each."""


class Throttled(ApiError):
    """429: too many requests, also after waiting."""


_KINDS: dict[int, type[ApiError]] = {
    400: Invalid,
    401: NotAllowed,
    402: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    412: Conflict,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    429: Throttled,
}


def error_of(response: httpx.Response) -> ApiError:
    """The exception that a refusal means."""
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    kind = _KINDS.get(response.status_code, ApiError)
    return kind(response.status_code, problem if isinstance(problem, dict) else {})

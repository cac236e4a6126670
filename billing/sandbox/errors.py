"""Refusals in the shape that Stripe's have."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """An error answer: status, sentence, and what it is about."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "message": message, **more}}
        if code:
            self.body["error"]["code"] = code
        if param:
            self.body["error"]["param"] = param


def missing(kind: str, object_id: str) -> Refused:
    return Refused(
        f"No such {kind}: '{object_id}'", status=404, code="resource_missing", param="id"
    )

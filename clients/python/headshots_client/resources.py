"""What resources share. Lists are iterators that fetch pages as they go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar, cast

from headshots_client.transport import Transport

T = TypeVar("T")


class Listed(Generic[T]):
    """A list at a path."""

    path = ""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, **filters: Any) -> Iterator[T]:
        """Each row, the newest first; `limit` is the size of the pages that are fetched."""
        return cast("Iterator[T]", self._transport.pages(self.path, filters))

    def _get(self, path: str, **query: Any) -> Any:
        return self._transport.send("GET", path, query=query).json()

    def _post(
        self,
        path: str,
        body: Any = None,
        *,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Any:
        response = self._transport.send(
            "POST",
            path,
            body=body,
            headers=matching(if_match),
            idempotency_key=idempotency_key,
        )
        return response.json() if response.content else None

    def _put(self, path: str, body: Mapping[str, Any], if_match: str | None = None) -> Any:
        headers = matching(if_match)
        return self._transport.send("PUT", path, body=body, headers=headers).json()

    def _delete(self, path: str, if_match: str | None = None) -> Any:
        response = self._transport.send("DELETE", path, headers=matching(if_match))
        return response.json() if response.content else None

    def _pages(self, path: str, **query: Any) -> Iterator[Any]:
        return self._transport.pages(path, query)

    def _patch(self, path: str, body: Mapping[str, Any], if_match: str | None = None) -> Any:
        headers = matching(if_match)
        return self._transport.send("PATCH", path, body=body, headers=headers).json()


class Resource(Listed[T]):
    """A list whose things can be read one by one."""

    def get(self, id: str, *, expand: Sequence[str] = ()) -> T:
        """One of them. Raises NotFound."""
        return cast("T", self._get(f"{self.path}/{id}", expand=list(expand) or None))


class NotSaid(Enum):
    """What stands for nothing where None says something: that there shall be none."""

    NOT_SAID = "not said"


NOT_SAID = NotSaid.NOT_SAID


def given(**said: Any) -> dict[str, Any]:
    """What was given, times as text; None means that nothing is said."""
    return {name: _text(value) for name, value in said.items() if value is not None}


def given_or_none(**said: Any) -> dict[str, Any]:
    """The same of what may be emptied: NOT_SAID means that nothing is said, and None goes over."""
    return {name: _text(value) for name, value in said.items() if value is not NOT_SAID}


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def matching(etag: str | None) -> dict[str, str] | None:
    """Headers that let a change through only upon the state that this ETag names."""
    return {"If-Match": etag} if etag else None

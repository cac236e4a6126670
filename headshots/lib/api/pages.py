"""Lists in pages: signed cursors that stand on the last row, not on a count.

A cursor is seen in addresses and logs, so what it stands on says nothing about a person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

from headshots.lib.api.problems import Refusal

M = TypeVar("M", bound=Model)
R = TypeVar("R")

USUAL, MOST = 50, 200
# What a request says beside its filters; a cursor holds whatever these are.
FREE = frozenset({"cursor", "limit", "fields", "expand"})
_SALT = "headshots.api.cursor"


@dataclass(frozen=True)
class Page(Generic[R]):
    """One page of a list."""

    rows: list[R]
    next_cursor: str | None

    def body(self, data: Any) -> dict[str, Any]:
        """What a list operation answers."""
        return {
            "data": data,
            "has_more": self.next_cursor is not None,
            "next_cursor": self.next_cursor,
        }

    def links(self, address: str, words: Mapping[str, str]) -> dict[str, str]:
        """The Link header to the next page, where there is one."""
        if self.next_cursor is None:
            return {}
        said = urlencode({**words, "cursor": self.next_cursor})
        return {"Link": f'<{address}?{said}>; rel="next"'}


def page_of(
    rows: QuerySet[M],
    query: Mapping[str, Any],
    *,
    owner: object,
    place: str,
    order: str = "-pk",
) -> Page[M]:
    """The page that `cursor` and `limit` of the query name, ordered by a unique column.

    SECURITY: a cursor is signed and bound to its owner, place and filters; another's is refused.
    """
    bound = _bound(query, owner, place)
    column = order.lstrip("-")
    rows = rows.order_by(order)
    if given := query.get("cursor"):
        after = f"{column}__{'lt' if order.startswith('-') else 'gt'}"
        try:
            rows = rows.filter(**{after: _read(given, bound)})
        except (ValidationError, ValueError):
            raise _foreign() from None
    found = list(rows[: int(query["limit"]) + 1])
    return _cut(found, query, bound, lambda row: str(getattr(row, column)))


def page_of_rows(
    rows: Sequence[R],
    query: Mapping[str, Any],
    *,
    owner: object,
    place: str,
    key: Callable[[R], str],
) -> Page[R]:
    """The same of rows that are worked out together, ordered by their keys, each another."""
    bound = _bound(query, owner, place)
    found = sorted(rows, key=key)
    if given := query.get("cursor"):
        last = _read(given, bound)
        found = [row for row in found if key(row) > last]
    return _cut(found, query, bound, key)


def _bound(query: Mapping[str, Any], owner: object, place: str) -> str:
    """What ties a cursor to its owner, place and filters."""
    filters = sorted((name, str(value)) for name, value in query.items() if name not in FREE)
    return hashlib.sha256(repr((str(owner), place, filters)).encode()).hexdigest()[:22]


def _cut(found: list[R], query: Mapping[str, Any], bound: str, last: Callable[[R], str]) -> Page[R]:
    """The first of the rows, and the cursor to go on with where there are more."""
    limit = int(query["limit"])
    if len(found) <= limit:
        return Page(found, None)
    # Without the time, so that the same page stays the same for If-None-Match.
    cursor = signing.Signer(salt=_SALT).sign_object([bound, last(found[limit - 1])])
    return Page(found[:limit], cursor)


def _read(cursor: str, bound: str) -> str:
    try:
        said, last = signing.Signer(salt=_SALT).unsign_object(cursor)
    except (signing.BadSignature, ValueError, TypeError):
        raise _foreign() from None
    if said != bound:
        raise _foreign()
    return str(last)


def _foreign() -> Refusal:
    return Refusal(
        "This cursor was not given by this list with these filters. Begin again without it.",
        code="cursor",
        status=400,
        field="cursor",
    )

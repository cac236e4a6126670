"""Lists in pages: signed cursors that stand on the last row, not on a count."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

from headshots.lib.api.problems import Refusal

M = TypeVar("M", bound=Model)

USUAL, MOST = 50, 200
# What a request says beside its filters; a cursor holds whatever these are.
FREE = frozenset({"cursor", "limit", "fields", "expand"})
_SALT = "headshots.api.cursor"


@dataclass(frozen=True)
class Page(Generic[M]):
    """One page of a list."""

    rows: list[M]
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
    limit = int(query["limit"])
    filters = sorted((name, str(value)) for name, value in query.items() if name not in FREE)
    bound = hashlib.sha256(repr((str(owner), place, filters)).encode()).hexdigest()[:22]
    column = order.lstrip("-")
    rows = rows.order_by(order)
    if given := query.get("cursor"):
        after = f"{column}__{'lt' if order.startswith('-') else 'gt'}"
        try:
            rows = rows.filter(**{after: _read(given, bound)})
        except (ValidationError, ValueError):
            raise _foreign() from None
    found = list(rows[: limit + 1])
    following = None
    if len(found) > limit:
        found = found[:limit]
        following = signing.dumps([bound, str(getattr(found[-1], column))], salt=_SALT)
    return Page(found, following)


def _read(cursor: str, bound: str) -> str:
    try:
        said, last = signing.loads(cursor, salt=_SALT)
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

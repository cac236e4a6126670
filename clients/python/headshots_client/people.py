"""The roster, who has consented, and who may act for the organisation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, cast

from headshots_client import shapes
from headshots_client.resources import Resource, given

MOST_ROWS = 1000
Role = Literal["owner", "admin", "viewer"]


class Employees(Resource[shapes.Employee]):
    """The roster. Filter: `status`, `email`, `external_id`, `employee_number`, `department`,
    `location`, `language`, an own `attribute` with its `attribute_value`, `q`.

    An upsert merges `attributes` with those that are there and takes off those that are empty; a
    change replaces them all."""

    path = "/employees"

    def create(self, row: shapes.EmployeeRow) -> shapes.Employee:
        """One more person."""
        return cast(shapes.Employee, self._post(self.path, row))

    def update(
        self, id: str, row: shapes.EmployeeRow, *, if_match: str | None = None
    ) -> shapes.Employee:
        """Change what is given, the `external_id` too. Raises Conflict where `if_match` names an older state."""
        return cast(shapes.Employee, self._patch(f"{self.path}/{id}", row, if_match))

    def mark_left(self, id: str, *, if_match: str | None = None) -> None:
        """They have left; what was signed and paid for them stays known."""
        self._delete(f"{self.path}/{id}", if_match)

    def mail_again(self, id: str, *, if_match: str | None = None) -> shapes.Employee:
        """Mail to them does not come back any more (`bounced_at`): send it again."""
        found = self._post(f"{self.path}/{id}/mail-again", if_match=if_match)
        return cast(shapes.Employee, found)

    def upsert(self, rows: Sequence[shapes.EmployeeRow]) -> list[shapes.UpsertedRow]:
        """Bring people up to date by `external_id`, a thousand a request.

        For each row what became of it; `index` counts through all of them. Where a later request
        is refused, what the earlier ones did stays done: the same rows again do no harm.
        """
        found: list[shapes.UpsertedRow] = []
        for start in range(0, len(rows), MOST_ROWS):
            part = list(rows[start : start + MOST_ROWS])
            for told in self._post(f"{self.path}/upsert", {"employees": part})["data"]:
                found.append(cast(shapes.UpsertedRow, {**told, "index": told["index"] + start}))
        return found

    def departments(self) -> list[shapes.Department]:
        """Every department, and how many are in it."""
        return list(self._pages("/departments"))


class Members(Resource[shapes.Member]):
    """User accounts with a role."""

    path = "/members"

    def change_role(self, id: str, *, role: Role, if_match: str | None = None) -> shapes.Member:
        """Another role. Raises Conflict for the last owner."""
        return cast(shapes.Member, self._patch(f"{self.path}/{id}", {"role": role}, if_match))

    def remove(self, id: str, *, if_match: str | None = None) -> None:
        """Their access ends at once."""
        self._delete(f"{self.path}/{id}", if_match)


class MemberInvitations(Resource[shapes.MemberInvitation]):
    """Offers of a role that are open."""

    path = "/member-invitations"

    def create(self, *, email: str, role: Role) -> shapes.MemberInvitation:
        """Mails a link that one address can use once; a second replaces the first."""
        body = {"email": email, "role": role}
        return cast(shapes.MemberInvitation, self._post(self.path, body))

    def revoke(self, id: str, *, if_match: str | None = None) -> None:
        """Its link is worthless then."""
        self._delete(f"{self.path}/{id}", if_match)


class Releases(Resource[shapes.Release]):
    """Who has consented to what. Filter: `employee`."""

    path = "/releases"


class JoinLinks(Resource[shapes.JoinLink]):
    """The organisation's own links by which people bring themselves in; those of an order stand at
    `orders.join_links`."""

    path = "/join-links"

    def add(
        self, *, cap: int, domains: Sequence[str] = (), expires_at: datetime | None = None
    ) -> shapes.JoinLink:
        """A link onto the roster and into the newest open order, for up to `cap` people with
        addresses of these domains (none: any)."""
        body = given(cap=cap, domains=list(domains), expires_at=expires_at)
        return cast(shapes.JoinLink, self._post(self.path, body))

    def close(self, id: str, *, if_match: str | None = None) -> shapes.JoinLink:
        """Close one of them, or an order's. Whoever came by it stays."""
        return cast(shapes.JoinLink, self._delete(f"{self.path}/{id}", if_match))

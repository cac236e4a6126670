"""The organisation's account: keys, partners, credits, the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, cast

from headshots_client import shapes
from headshots_client.resources import Listed, Resource, given


class Keys(Resource[shapes.Key]):
    """Keys of the API, of the kind that your own is."""

    path = "/keys"

    def create(
        self,
        *,
        name: str,
        scopes: Sequence[str],
        networks: Sequence[str] = (),
        expires_at: datetime | None = None,
    ) -> shapes.NewKey:
        """A new key with its `secret`, which is shown this once."""
        body = given(name=name, scopes=list(scopes), networks=list(networks), expires_at=expires_at)
        return cast(shapes.NewKey, self._post(self.path, body))

    def update(
        self,
        id: str,
        *,
        name: str | None = None,
        scopes: Sequence[str] | None = None,
        networks: Sequence[str] | None = None,
        expires_at: datetime | None = None,
        if_match: str | None = None,
    ) -> shapes.Key:
        """Change what is given."""
        body = given(
            name=name,
            scopes=None if scopes is None else list(scopes),
            networks=None if networks is None else list(networks),
            expires_at=expires_at,
        )
        return cast(shapes.Key, self._patch(f"{self.path}/{id}", body, if_match))

    def rotate(self, id: str, *, overlap_hours: int = 24) -> shapes.NewKey:
        """Another secret; the one before goes on counting so long."""
        body = {"overlap_hours": overlap_hours}
        return cast(shapes.NewKey, self._post(f"{self.path}/{id}/rotate", body))

    def revoke(self, id: str) -> shapes.Key:
        """It is shut out with the next request."""
        return cast(shapes.Key, self._delete(f"{self.path}/{id}"))


class PartnerGrants(Resource[shapes.PartnerGrant]):
    """Partners that may act for you."""

    path = "/partner-grants"

    def create(self, *, partner: str, scopes: Sequence[str]) -> shapes.PartnerGrant:
        """Let a partner act; a second grant replaces the first."""
        body = {"partner": partner, "scopes": list(scopes)}
        return cast(shapes.PartnerGrant, self._post(self.path, body))

    def withdraw(self, id: str) -> shapes.PartnerGrant:
        """The partner is shut out with its next request."""
        return cast(shapes.PartnerGrant, self._delete(f"{self.path}/{id}"))


class Entries(Listed[shapes.Entry]):
    """Movements of credits. Filters: `kind`, `since`, `until`."""

    path = "/credits/entries"


class Invoices(Resource[shapes.Invoice]):
    """What was bought, or is being paid. Filter: `state`."""

    path = "/invoices"


class Budgets(Resource[shapes.Budget]):
    """The most credits that departments may take."""

    path = "/credits/budgets"

    def set(
        self, *, department: str, period: Literal["month", "quarter", "year"], credits: int
    ) -> shapes.Budget:
        """A department's budget, in place of the one it has."""
        body = {"department": department, "period": period, "credits": credits}
        return cast(shapes.Budget, self._post(self.path, body))

    def remove(self, id: str) -> None:
        """The department orders without a cap again."""
        self._delete(f"{self.path}/{id}")


class AuditEntries(Resource[shapes.AuditEntry]):
    """The log. Filters: `action`, `actor_kind`, `object_id`, `since`, `until`."""

    path = "/audit-entries"


class Directories(Listed[shapes.Directory]):
    """Directories that members have connected, to publish photos to."""

    path = "/directories"

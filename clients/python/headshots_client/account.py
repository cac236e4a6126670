"""The organisation's account: keys, partners, domains, directories, the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, cast

from headshots_client import shapes
from headshots_client.resources import NOT_SAID, NotSaid, Resource, given, given_or_none


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
        expires_at: datetime | None | NotSaid = NOT_SAID,
        if_match: str | None = None,
    ) -> shapes.Key:
        """Change what is given; with `expires_at=None` it never expires."""
        body = given(
            name=name,
            scopes=None if scopes is None else list(scopes),
            networks=None if networks is None else list(networks),
        )
        body |= given_or_none(expires_at=expires_at)
        return cast(shapes.Key, self._patch(f"{self.path}/{id}", body, if_match))

    def rotate(
        self, id: str, *, overlap_hours: int = 24, if_match: str | None = None
    ) -> shapes.NewKey:
        """Another secret; the one before goes on counting so long."""
        body = {"overlap_hours": overlap_hours}
        return cast(shapes.NewKey, self._post(f"{self.path}/{id}/rotate", body, if_match=if_match))

    def revoke(self, id: str, *, if_match: str | None = None) -> shapes.Key:
        """It is shut out with the next request."""
        return cast(shapes.Key, self._delete(f"{self.path}/{id}", if_match))


class PartnerGrants(Resource[shapes.PartnerGrant]):
    """Partners that may act for you."""

    path = "/partner-grants"

    def create(self, *, partner: str, scopes: Sequence[str]) -> shapes.PartnerGrant:
        """Let a partner act; a second grant replaces the first."""
        body = {"partner": partner, "scopes": list(scopes)}
        return cast(shapes.PartnerGrant, self._post(self.path, body))

    def withdraw(self, id: str, *, if_match: str | None = None) -> shapes.PartnerGrant:
        """The partner is shut out with its next request."""
        return cast(shapes.PartnerGrant, self._delete(f"{self.path}/{id}", if_match))


class AuditEntries(Resource[shapes.AuditEntry]):
    """The log. Filters: `action`, `actor_kind`, `object_id`, `since`, `until`."""

    path = "/audit-entries"


class Domains(Resource[shapes.Domain]):
    """Domains of members' addresses, proved by a TXT record."""

    path = "/domains"

    def claim(self, domain: str) -> shapes.Domain:
        """Make the record that it names, then `check`."""
        return cast(shapes.Domain, self._post(self.path, {"domain": domain}))

    def check(self, id: str, *, if_match: str | None = None) -> shapes.Domain:
        """Look for the record. Raises Conflict while it is not there."""
        return cast(shapes.Domain, self._post(f"{self.path}/{id}/check", if_match=if_match))

    def remove(self, id: str, *, if_match: str | None = None) -> None:
        """Nobody with its addresses comes in by the provider any more."""
        self._delete(f"{self.path}/{id}", if_match)


class Directories(Resource[shapes.Directory]):
    """Directories to publish photos to."""

    path = "/directories"

    def connect(
        self,
        *,
        kind: Literal["entra", "google", "slack", "bamboo"],
        values: Mapping[str, str],
        closer: int = 0,
    ) -> shapes.Directory:
        """With tokens that were made over there; the one of that kind gets these in its place. Of
        Slack, whoever has no line keeps their token, and “address, -” takes one away."""
        body = {"kind": kind, "values": dict(values), "closer": closer}
        return cast(shapes.Directory, self._post(self.path, body))

    def disconnect(self, id: str, *, if_match: str | None = None) -> None:
        """Its tokens are destroyed."""
        self._delete(f"{self.path}/{id}", if_match)

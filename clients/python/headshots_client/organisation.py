"""What there is one of in an organisation: its settings, its sign-in, its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, cast

from headshots_client.resources import given, matching
from headshots_client.shapes import (
    Clocks,
    Customer,
    IdentityProvider,
    Invitation,
    Losses,
    Organisation,
)
from headshots_client.transport import Transport


class OrganisationCalls:
    """Methods of the client about the organisation itself."""

    transport: Transport

    def organisation(self) -> Organisation:
        """The organisation that the key acts for."""
        found: Organisation = self.transport.send("GET", "/organisation").json()
        return found

    def change_organisation(
        self,
        *,
        name: str | None = None,
        embed_origins: Sequence[str] | None = None,
        second_factor_required: bool | None = None,
        if_match: str | None = None,
    ) -> Organisation:
        """Another name, other origins whose pages may frame the employees' way, and whether members
        need a second factor. Of the origins a partner sets its own, as with set_embed_origins."""
        origins = None if embed_origins is None else list(embed_origins)
        found: Organisation = self.transport.send(
            "PATCH",
            "/organisation",
            body=given(
                name=name,
                embed_origins=origins,
                second_factor_required=second_factor_required,
            ),
            headers=matching(if_match),
        ).json()
        return found

    def put_logo(self, logo: bytes, *, if_match: str | None = None) -> Organisation:
        """A PNG or WebP above mail to employees and members."""
        found: Organisation = self.transport.send(
            "PUT", "/organisation/logo", content=logo, headers=matching(if_match)
        ).json()
        return found

    def take_logo_off(self, *, if_match: str | None = None) -> Organisation:
        """Mail goes out with the name alone."""
        found: Organisation = self.transport.send(
            "DELETE", "/organisation/logo", headers=matching(if_match)
        ).json()
        return found

    def clocks(self) -> Clocks:
        """Where the organisation and its locations are, and when reminders rest."""
        found: Clocks = self.transport.send("GET", "/organisation/clocks").json()
        return found

    def set_clocks(
        self,
        *,
        time_zone: str | None = None,
        quiet_from: int | None = None,
        quiet_until: int | None = None,
        locations: Mapping[str, str | None] | None = None,
        if_match: str | None = None,
    ) -> Clocks:
        """Change what is given; a location with None has the organisation's clock again."""
        zones = None if locations is None else dict(locations)
        found: Clocks = self.transport.send(
            "PATCH",
            "/organisation/clocks",
            body=given(
                time_zone=time_zone,
                quiet_from=quiet_from,
                quiet_until=quiet_until,
                locations=zones,
            ),
            headers=matching(if_match),
        ).json()
        return found

    def customers(self) -> Iterator[Customer]:
        """Organisations that let you act for them; give an id of these as `organisation`."""
        return cast("Iterator[Customer]", self.transport.pages("/customers", {}))

    def embed_origins(self) -> list[str]:
        """Whose pages may show the employees' way in a frame."""
        return list(self.transport.send("GET", "/embed-origins").json()["origins"])

    def set_embed_origins(
        self, origins: Sequence[str], *, if_match: str | None = None
    ) -> list[str]:
        """All of them; none: nobody's. A partner sets all of its own: what others allowed stays,
        and is among the answer."""
        response = self.transport.send(
            "PUT",
            "/embed-origins",
            body={"origins": list(origins)},
            headers=matching(if_match),
        )
        return list(response.json()["origins"])

    def single_sign_on(self) -> IdentityProvider:
        """Where members sign in. Raises NotFound where they do so here."""
        found: IdentityProvider = self.transport.send("GET", "/single-sign-on").json()
        return found

    def set_single_sign_on(
        self,
        *,
        kind: Literal["openid_connect", "saml"],
        issuer: str | None = None,
        client_id: str | None = None,
        secret: str | None = None,
        entity_id: str | None = None,
        sso_url: str | None = None,
        certificate: str | None = None,
        if_match: str | None = None,
    ) -> IdentityProvider:
        """What the provider is; a person has to test it on its page before it can be required."""
        found: IdentityProvider = self.transport.send(
            "PUT",
            "/single-sign-on",
            body=given(
                kind=kind,
                issuer=issuer,
                client_id=client_id,
                secret=secret,
                entity_id=entity_id,
                sso_url=sso_url,
                certificate=certificate,
            ),
            headers=matching(if_match),
        ).json()
        return found

    def require_single_sign_on(
        self, required: bool, *, if_match: str | None = None
    ) -> IdentityProvider:
        """Let members in through the provider alone, or again by password as well."""
        found: IdentityProvider = self.transport.send(
            "PATCH",
            "/single-sign-on",
            body={"required": required},
            headers=matching(if_match),
        ).json()
        return found

    def forget_single_sign_on(self, *, if_match: str | None = None) -> None:
        """Members sign in by themselves."""
        self.transport.send("DELETE", "/single-sign-on", headers=matching(if_match))

    def preview_invitation(
        self,
        *,
        employee: str | None = None,
        due_at: datetime | None = None,
        language: str | None = None,
    ) -> Invitation:
        """The mail that people will get."""
        query = given(employee=employee, due_at=due_at, language=language)
        found: Invitation = self.transport.send("GET", "/invitation-preview", query=query).json()
        return found

    def closing(self) -> Losses:
        """What closing the organisation would destroy."""
        found: Losses = self.transport.send("GET", "/organisation/closing").json()
        return found

    def close_organisation(self, *, name: str, if_match: str | None = None) -> None:
        """The end: every photo and headshot is destroyed, and this key with it. `name` is the
        organisation's."""
        self.transport.send(
            "POST", "/organisation/closing", body={"name": name}, headers=matching(if_match)
        )

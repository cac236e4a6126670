"""The organisation, its settings, keys, partners and log."""

from __future__ import annotations

from typing import Any, Literal, TypedDict


class Organisation(TypedDict):
    id: str
    name: str
    slug: str
    test: bool
    logo: bool
    embed_origins: list[str]
    second_factor_required: bool
    created_at: str


class Clocks(TypedDict):
    """Where the organisation and its locations are, and the hours without reminders."""

    time_zone: str
    quiet_from: int
    quiet_until: int
    locations: dict[str, str]


class Key(TypedDict):
    id: str
    name: str
    test: bool
    shown: str
    scopes: list[str]
    networks: list[str]
    version: str
    state: Literal["active", "expired", "revoked"]
    expires_at: str | None
    previous_until: str | None
    last_used_at: str | None
    last_used_from: str | None
    created_at: str


class NewKey(Key):
    """`secret` is shown this once."""

    secret: str


class PartnerGrant(TypedDict):
    id: str
    partner: str
    partner_name: str
    scopes: list[str]
    withdrawn_at: str | None
    created_at: str


class Customer(TypedDict):
    id: str
    name: str
    scopes: list[str]
    granted_at: str


class AuditEntry(TypedDict):
    id: str
    action: str
    actor_kind: str
    actor_id: str
    actor_name: str
    address: str | None
    object_type: str
    object_id: str
    details: dict[str, Any]
    created_at: str


class Directory(TypedDict):
    id: str
    kind: Literal["entra", "google", "slack", "bamboo"]
    options: dict[str, str]
    closer: int
    created_at: str


class Domain(TypedDict):
    """A domain of members' addresses, and the TXT record that proves it."""

    id: str
    domain: str
    record_name: str
    record_text: str
    proved_at: str | None
    checked_at: str | None
    missing_since: str | None
    created_at: str


class IdentityProvider(TypedDict):
    """Where members sign in; `callback`, `acs` and `entity` are our addresses."""

    kind: Literal["openid_connect", "saml"]
    required: bool
    issuer: str
    client_id: str
    has_secret: bool
    entity_id: str
    sso_url: str
    certificate: str
    tested_at: str | None
    tested_as: str
    test_problem: str
    callback: str
    acs: str
    entity: str


class Losses(TypedDict):
    """What closing an organisation destroys, counted."""

    members: int
    people: int
    open_shoots: int
    photos: int
    headshots: int
    credits: int
    plan: bool
    unpaid: int
    settling: int
    directories: int


class Invitation(TypedDict):
    """A mail as people will get it."""

    subject: str
    html: str

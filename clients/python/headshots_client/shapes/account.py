"""The organisation, its keys, partners, credits and log."""

from __future__ import annotations

from typing import Any, Literal, TypedDict


class Organisation(TypedDict):
    id: str
    name: str
    slug: str
    test: bool
    logo: bool
    embed_origins: list[str]
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


class Balance(TypedDict):
    available: int
    held: int
    debt: int
    low_balance: int | None


class Entry(TypedDict):
    number: int
    kind: str
    amount: int
    change: int
    available_after: int
    held_after: int
    debt_after: int
    source_key: str
    note: str
    actor_kind: str
    actor_name: str
    created_at: str


class Budget(TypedDict):
    id: str
    department: str
    period: Literal["month", "quarter", "year"]
    credits: int
    taken: int
    created_at: str


class Invoice(TypedDict):
    id: str
    number: str
    kind: str
    state: str
    credits: int
    cents: int
    currency: str
    po_number: str
    invoice_url: str
    pdf_url: str
    receipt_url: str
    due_at: str | None
    paid_at: str | None
    created_at: str


class UsageRow(TypedDict):
    """A department in a month; `month` is its first day."""

    month: str
    department: str
    people: int
    headshots: int
    credits: int
    images: int


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
    created_at: str

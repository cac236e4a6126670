"""Credits, prices, purchases and costs. Amounts are in cents."""

from __future__ import annotations

from typing import Literal, TypedDict


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
    refunded_cents: int
    currency: str
    po_number: str
    problem: str
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


class Checkout(TypedDict):
    """Where a person pays; `url` is None where it is paid."""

    invoice: str
    state: str
    url: str | None


class Tier(TypedDict):
    """What each credit costs where at most `up_to` are bought at once."""

    up_to: int | None
    cents: int


class Pack(TypedDict):
    name: str
    credits: int
    cents: int


class Prices(TypedDict):
    on: bool
    currency: str
    least: int
    most: int
    least_by_invoice: int
    invoice_days: int
    tiers: list[Tier]
    packs: list[Pack]
    plan_credits: int
    plan_cents: int
    plan_bound: int
    credits_a_headshot: int
    credits_more_pictures: int
    credits_another_look: int


class Plan(TypedDict):
    """The monthly plan."""

    runs: bool
    status: str
    units: int
    credits: int
    until: str | None
    ends: bool


class TopUp(TypedDict):
    """More credits by themselves, by the stored `card`, within `cap_cents` a month."""

    on: bool
    below: int
    credits: int
    cap_cents: int
    spent_cents: int
    card: str
    problem: str


class StoringCard(TypedDict):
    """A page where a person stores a card; `session` is given to `keep_card` after it."""

    url: str
    session: str


class Cost(TypedDict):
    """What making took, by what it went into, and the figures behind it."""

    training: float
    generating: float
    rejected: float
    finishing: float
    storage: float
    mail: float
    total: float
    seconds: float
    joules: float
    images: int


class CostPart(TypedDict):
    key: str
    name: str
    cents: float


class CreditStory(TypedDict):
    """Where the price of one headshot goes, on average of the last year."""

    headshots: int
    days: int
    paid: float
    bought: bool
    making: list[CostPart]
    price: list[CostPart]

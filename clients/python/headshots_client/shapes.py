"""What the API answers, as types. Times are ISO 8601 in UTC."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

State = Literal[
    "invited",
    "collecting",
    "queued",
    "training",
    "generating",
    "choosing",
    "approving",
    "delivered",
    "failed",
    "cancelled",
    "opted_out",
    "withdrawn",
]


Fault = Literal["likeness", "expression", "hair", "glasses", "clothes", "flaw", "other"]


class Organisation(TypedDict):
    id: str
    name: str
    slug: str
    test: bool
    embed_origins: list[str]
    created_at: str


class Employee(TypedDict):
    id: str
    external_id: str
    email: str
    employee_number: str
    first_name: str
    last_name: str
    preferred_name: str
    title: str
    department: str
    location: str
    language: str
    attributes: dict[str, str]
    status: Literal["active", "left"]
    left_at: str | None
    created_at: str
    updated_at: str


class EmployeeRow(TypedDict, total=False):
    """What is known of a person; what is left out stays as it is."""

    external_id: str
    email: str
    employee_number: str
    first_name: str
    last_name: str
    preferred_name: str
    title: str
    department: str
    location: str
    language: str
    attributes: dict[str, str]
    status: Literal["active", "left"]


class RowProblem(TypedDict):
    code: str
    field: str | None
    detail: str


class UpsertedRow(TypedDict):
    index: int
    external_id: str
    result: Literal["created", "changed", "unchanged", "refused"]
    employee: str | None
    problem: RowProblem | None


class Look(TypedDict):
    id: str
    name: str
    version: int
    attire: str
    backdrop: str
    expression: str
    light: str
    framing: str
    created_at: str


class Order(TypedDict):
    id: str
    name: str
    look: str
    frozen_look: dict[str, str]
    due_at: str
    remind_every: int
    more_pictures: bool
    cost_centre: str
    po_number: str
    promised_hours: int | None
    counts: dict[str, int]
    created_at: str


class Shoot(TypedDict):
    id: str
    order: str
    employee: str
    state: State
    state_since: str
    percent: int
    message: str
    round: int
    release: str | None
    headshot: str | None
    inputs_destroyed_at: str | None
    created_at: str
    updated_at: str


class Selfie(TypedDict):
    id: str
    shoot: str
    name: str
    verdict: Literal["checking", "accepted", "rejected"]
    sentence: str
    score: float
    width: int
    height: int
    created_at: str


class UploadAddress(TypedDict):
    """PUT the bytes of a photo to `url`."""

    url: str
    method: str
    expires_at: str
    most_bytes: int


class Candidate(TypedDict):
    id: str
    shoot: str
    round: int
    likeness: float | None
    picture: str
    created_at: str


class ReleaseText(TypedDict):
    version: str
    language: str
    jurisdiction: str
    text: str
    sha256: str


class Release(TypedDict):
    id: str
    employee: str
    kind: Literal["signed", "attested", "collected"]
    text_version: str
    text_sha256: str
    text: str
    signed_name: str
    evidence: str
    signed_at: str
    withdrawn_at: str | None
    created_at: str


class Export(TypedDict):
    id: str
    order: str
    state: str
    done: int
    total: int
    sentence: str
    file: str | None
    bytes: int
    expires_at: str
    created_at: str


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


class Rendition(TypedDict):
    kind: str
    format: str
    width: int
    height: int
    bytes: int
    sha256: str
    file: str


class Headshot(TypedDict):
    id: str
    shoot: str
    employee: str
    candidate: str
    picked_at: str
    approved_at: str | None
    renditions: list[Rendition]
    created_at: str


class WebhookEndpoint(TypedDict):
    id: str
    url: str
    description: str
    types: list[str]
    enabled: bool
    disabled_because: str
    failing_since: str | None
    created_at: str
    updated_at: str


class NewWebhookEndpoint(WebhookEndpoint):
    """`secret` signs what is sent."""

    secret: str


class WebhookDelivery(TypedDict):
    id: str
    endpoint: str
    event: str
    type: str
    state: Literal["waiting", "delivered", "failed"]
    attempts: int
    status: int | None
    next_at: str | None
    delivered_at: str | None
    created_at: str


class WebhookAttempt(TypedDict):
    number: int
    url: str
    request_headers: dict[str, str]
    status: int | None
    answer_headers: dict[str, str]
    answer: str
    problem: str
    milliseconds: int
    created_at: str


class WebhookDeliveryInFull(WebhookDelivery):
    payload: str
    log: list[WebhookAttempt]


class Department(TypedDict):
    name: str
    employees: int


class Member(TypedDict):
    id: str
    email: str
    name: str
    role: Literal["owner", "admin", "viewer"]
    created_at: str


class MemberInvitation(TypedDict):
    id: str
    email: str
    role: Literal["owner", "admin", "viewer"]
    expires_at: str
    created_at: str


class EmbedLink(TypedDict):
    """For the `src` of an iframe."""

    url: str
    expires_at: str


class Reminded(TypedDict):
    """How many were reminded, were reminded just before, or cannot be reached."""

    sent: int
    lately: int
    unreached: int


class JoinLink(TypedDict):
    id: str
    order: str
    url: str
    domains: list[str]
    cap: int
    used: int
    expires_at: str
    revoked_at: str | None
    created_at: str


class DownloadLink(TypedDict):
    id: str
    order: str
    url: str
    note: str
    kinds: list[str]
    used: int
    used_at: str | None
    expires_at: str
    revoked_at: str | None
    created_at: str


class TeamPage(TypedDict):
    url: str
    sites: list[str]
    people: int
    created_at: str


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


class Refinish(TypedDict):
    id: str
    order: str
    state: Literal["rendering", "approved", "discarded", "undone"]
    total: int
    done: int
    failed: int
    decided_at: str | None
    created_at: str


class Harmonised(TypedDict):
    refinish: str | None
    refinished: int
    again: int
    left: int


class Directory(TypedDict):
    id: str
    kind: Literal["entra", "google", "slack", "bamboo"]
    created_at: str


class PublishingRun(TypedDict):
    id: str
    order: str
    directory: str
    aim: Literal["rehearse", "publish", "undo"]
    state: Literal["running", "stopped", "done"]
    sentence: str
    people: dict[str, int]
    undoes: str | None
    created_at: str


class UsageRow(TypedDict):
    """A department in a month; `month` is its first day."""

    month: str
    department: str
    people: int
    headshots: int
    credits: int
    images: int

"""Webhook endpoints and deliveries."""

from __future__ import annotations

from typing import Literal, TypedDict


class WebhookEndpoint(TypedDict):
    id: str
    url: str
    description: str
    types: list[str]
    enabled: bool
    disabled_because: str
    failing_since: str | None
    secret_made_at: str | None
    previous_until: str | None
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

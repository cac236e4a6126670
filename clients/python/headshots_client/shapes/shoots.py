"""Shoots, photos and candidates."""

from __future__ import annotations

from typing import Literal, TypedDict

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
    link_revoked_at: str | None
    inputs_destroyed_at: str | None
    created_at: str
    updated_at: str


Keep = Literal["glasses", "head_covering", "hearing_aid", "beard", "hair"]


Reason = Literal["face", "age", "skin", "hair", "glasses", "expression", "other"]


class Wishes(TypedDict):
    """What the employee wears, of what the look offers, and what shall stay as it is."""

    attire: str
    attires: list[str]
    keep: list[Keep]


class Withdrawal(TypedDict):
    """`document` is the signed certificate that everything is destroyed."""

    certificate: str
    withdrawn_at: str
    releases: list[str]
    document: str


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


class EmbedLink(TypedDict):
    """For the `src` of an iframe."""

    url: str
    expires_at: str


class NewShoot(Shoot):
    """With the link for your own product, where one was asked for."""

    embed_link: EmbedLink | None

"""Looks, orders, their links and what becomes of them."""

from __future__ import annotations

from typing import Literal, TypedDict


class ArtDirection(TypedDict):
    """How people look; employees may choose from `attire_choices` instead."""

    attire: str
    backdrop: str
    expression: str
    light: str
    framing: str
    attire_choices: list[str]


class Look(ArtDirection):
    id: str
    name: str
    version: int
    created_at: str


class FinishRow(TypedDict):
    """A file that each headshot becomes."""

    kind: str
    width: int
    height: int
    format: Literal["jpeg", "png", "webp"]
    quality: int
    closer: int
    dpi: int
    see_through: bool
    round: bool
    monochrome: bool
    logo: bool
    frame: bool


class Finish(TypedDict):
    """How a look is finished."""

    id: str
    version: int
    plate: str | None
    eye_line: float
    closer: int
    logo: bool
    logo_corner: Literal["left", "right"]
    frame_colour: str
    renditions: list[FinishRow]
    created_at: str


class FinishChanges(TypedDict, total=False):
    """What changes of a finish; what is left out stays as it is."""

    plate: str | None
    eye_line: float
    closer: int
    logo_corner: Literal["left", "right"]
    frame_colour: str
    renditions: list[FinishRow]


class Plate(TypedDict):
    id: str
    name: str
    version: int
    kind: Literal["colour", "gradient", "brand", "picture"]
    colours: list[str]
    angle: int
    fall_off: int
    picture: str | None
    created_at: str


class Order(TypedDict):
    id: str
    name: str
    look: str
    frozen_look: ArtDirection
    due_at: str
    remind_every: int
    naming: str
    more_pictures: bool
    why: str
    cost_centre: str
    po_number: str
    promised_hours: int | None
    counts: dict[str, int]
    created_at: str


class Reminded(TypedDict):
    """How many were reminded, were reminded just before, or cannot be reached."""

    sent: int
    lately: int
    unreached: int


class JoinLink(TypedDict):
    id: str
    order: str | None
    url: str | None
    domains: list[str]
    cap: int
    used: int
    expires_at: str
    revoked_at: str | None
    created_at: str


class DownloadLink(TypedDict):
    id: str
    order: str
    url: str | None
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


class Refinish(TypedDict):
    id: str
    order: str
    state: Literal["rendering", "approved", "discarded", "undone"]
    total: int
    done: int
    failed: int
    decided_at: str | None
    created_at: str


class OrderBehind(TypedDict):
    """An order in an earlier finish of its look; `refinish` is what is undecided in it."""

    order: str
    refinish: str | None


class Refinished(TypedDict):
    """One headshot of a rendering; `after` is null until it is rendered."""

    headshot: str
    shoot: str
    employee: str
    state: Literal["waiting", "done", "failed"]
    sentence: str
    before: str
    after: str | None


class Harmonised(TypedDict):
    refinish: str | None
    refinished: int
    again: int
    left: int
    spent: int


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


class PublishingStep(TypedDict):
    """What was done of a person, and when."""

    at: str
    what: str


class PublishedPerson(TypedDict):
    """What came of one person in a publishing run."""

    shoot: str
    employee: str
    state: Literal["waiting", "done", "failed"]
    sentence: str
    can_be_put_back: bool
    was_put_back: bool
    steps: list[PublishingStep]


class Judged(TypedDict):
    """A headshot that awaits approval; `reasons` say why somebody should look at it."""

    shoot: str
    headshot: str
    candidate: str
    inside: bool
    reasons: list[str]


class Reviewed(TypedDict):
    """What was approved at once, and what is left."""

    approved: int
    left: list[Judged]
    left_count: int

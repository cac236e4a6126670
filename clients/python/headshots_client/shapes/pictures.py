"""Headshots and their files."""

from __future__ import annotations

from typing import Literal, TypedDict


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
    picked_in_their_place: bool
    approved_at: str | None
    renditions: list[Rendition]
    notes: list[str]
    created_at: str


class Export(TypedDict):
    id: str
    order: str
    kinds: list[str]
    state: str
    done: int
    total: int
    sentence: str
    file: str | None
    bytes: int
    expires_at: str
    created_at: str


class Alternative(TypedDict):
    """What somebody who opted out gave instead of a headshot."""

    id: str
    shoot: str
    employee: str
    kind: Literal["photo", "initials"]
    picture: str | None
    kinds: list[str]
    notes: list[str]
    created_at: str
    updated_at: str


class Wall(TypedDict):
    """A staff wall as it hangs now; `file` is null until it is drawn, and `sentence` says why it
    could not be."""

    order: str
    kind: Literal["png", "pdf"]
    people: int
    ready: bool
    file: str | None
    sentence: str


class Measure(TypedDict):
    """How far a roster lies apart in one measure; up to `bound` nobody sees it."""

    measure: Literal["eye_line", "face_height", "tilt", "backdrop", "brightness", "side_light"]
    spread: float
    bound: float


class Standing(TypedDict):
    """By how much somebody differs from the roster's median, and in what they stand out: by their
    headshot, or by the real photo that they gave instead."""

    headshot: str | None
    alternative: str | None
    employee: str
    deviations: dict[str, float]
    outlying: list[str]


class StaffStanding(Standing):
    """The same among those of their look in front of the same backdrop."""

    look: str
    backdrop: str


class Mark(TypedDict):
    """What an order's figure was at a time."""

    figure: float
    people: int
    outliers: int
    at: str


class Consistency(TypedDict):
    """How alike an order came out, 0 to 100; None for fewer than three people."""

    figure: float | None
    measures: list[Measure]
    people: int
    outliers: int
    history: list[Mark]


class Missing(TypedDict):
    """Somebody of the roster who is not on the staff wall; None where nothing was ordered."""

    employee: str
    shoot: str | None
    state: str | None


class StaffWall(TypedDict):
    """Everybody of the roster side by side; `file` is null until it is drawn, and `sentence` says
    why it could not be."""

    department: str
    kind: Literal["png", "pdf"]
    people: int
    missing: int
    ready: bool
    file: str | None
    sentence: str


class StaffPart(TypedDict):
    """Those of one look in front of one backdrop, who are compared with one another."""

    look: str
    backdrop: str
    figure: float | None
    measures: list[Measure]
    people: int
    outliers: int


class StaffConsistency(TypedDict):
    """How alike the whole staff is, 0 to 100; None where no part has three people."""

    figure: float | None
    parts: list[StaffPart]

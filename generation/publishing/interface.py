"""What a directory has to be able to do, and how it says no."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from accounts.models import Employee

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Refusal(Exception):
    """A directory said no to one person; the others go on. `sentence` is for the administrator."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class UnknownPerson(Refusal):
    """Nobody over there is this employee."""


class TooLarge(Refusal):
    """The photo is larger than the directory takes."""


class Forbidden(Refusal):
    """The token may not do this for this person. Said of everybody, it may not do it at all."""


class Later(Exception):
    """Not now: asked too often, or out of order. `seconds` is how long to wait."""

    def __init__(self, sentence: str, seconds: float) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.seconds = seconds


class TokenDead(Exception):
    """The token does not open anything any more; nobody after this one can be published."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Photo:
    """What a target takes: a square JPEG of `side` pixels and at most `most_bytes`."""

    side: int
    most_bytes: int


@dataclass(frozen=True)
class Field:
    """One thing that an administrator fills in to connect a target."""

    name: str
    label: StrOrPromise
    secret: bool = True
    long: bool = False
    help: StrOrPromise = ""
    # What becomes of what is kept and what is given; without it what is given takes its place.
    merged: Callable[[str, str], str] | None = None


class Target(Protocol):
    """One kind of directory, opened with its settings and secrets.

    Every method may raise Refusal for this person, Later, or TokenDead.
    """

    photo: Photo

    def find(self, person: Employee) -> str:
        """The id of an employee over there. Raises UnknownPerson."""

    def read(self, remote_id: str) -> bytes | None:
        """The photo that stands there now; None for none."""

    def write(self, remote_id: str, jpeg: bytes) -> None:
        """Put a photo there, over what stood there."""

    def remove(self, remote_id: str) -> None:
        """Have no photo there. Raises Refusal where the directory cannot."""

    def close(self) -> None:
        """End connections."""


class Kind(Protocol):
    """A target before it is opened."""

    photo: Photo

    def __call__(
        self, settings: Mapping[str, str], secrets: Mapping[str, str], base: str | None
    ) -> Target: ...

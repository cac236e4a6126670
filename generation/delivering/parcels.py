"""What a download holds, before any of its files is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from generation.models import Alternative, Headshot


@dataclass(frozen=True)
class File:
    """One file that leaves: where it goes in an archive, where it lies, and of whose shoot."""

    path: str
    key: str
    shoot_id: UUID


@dataclass(frozen=True)
class Lacking:
    """Chosen renditions of a headshot that are not there: being made, or failed for a reason."""

    kinds: list[str]
    failed: bool
    reason: str


@dataclass
class Parcel:
    """What a download holds: a name for each picture, the files, and what to say of them."""

    named: list[tuple[str, Headshot]] = field(default_factory=list)
    # What people who opted out gave: a photo in every rendition, initials in one.
    instead: list[tuple[str, Alternative]] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    # What is left out of headshots, by shoot.
    lacking: dict[UUID, Lacking] = field(default_factory=dict)
    # Chosen renditions that the order does not have any more.
    gone: list[str] = field(default_factory=list)

    @property
    def ready(self) -> int:
        """How many headshots leave with a file at least."""
        there = {file.shoot_id for file in self.files}
        return sum(headshot.shoot_id in there for _name, headshot in self.named)

    @property
    def ready_instead(self) -> int:
        """How many of those who opted out have a file that leaves."""
        there = {file.shoot_id for file in self.files}
        return sum(given.shoot_id in there for _name, given in self.instead)

    @property
    def waiting(self) -> int:
        """Of how many headshots chosen files are still being made."""
        return sum(not lacking.failed for lacking in self.lacking.values())

    @property
    def failed(self) -> list[tuple[Headshot, str]]:
        """The headshots whose chosen files could not be made, and why."""
        found = [(h, self.lacking.get(h.shoot_id)) for _name, h in self.named]
        return [(h, lacking.reason) for h, lacking in found if lacking and lacking.failed]

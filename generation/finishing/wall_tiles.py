"""What a wall's page shows of each person: their picture, what it is, and how they compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from accounts.models import Employee
from generation.finishing import renditions, wall_figures, wall_pictures
from generation.finishing.consistency import Alike, Beside, Standing
from generation.finishing.walls import by_name
from generation.models import Alternative, Headshot, Rendition


@dataclass(frozen=True)
class Tile:
    """One person with a headshot, or with what they gave instead (`given`)."""

    standing: Beside
    given: Alternative | None = None

    @property
    def headshot(self) -> Headshot | None:
        return self.standing.headshot if isinstance(self.standing, Standing) else None

    @property
    def person(self) -> Employee:
        found = self.given or self.headshot
        assert found is not None
        return found.shoot.employee

    @cached_property
    def file(self) -> Rendition | None:
        """The rendition that stands for the headshot, once there is one."""
        return renditions.main(self.headshot) if self.headshot else None

    @property
    def what(self) -> str:
        """What was given is, in two words."""
        return wall_pictures.what_is(self.given) if self.given else ""

    @cached_property
    def figures(self) -> list[wall_figures.Figure]:
        return wall_figures.of(self.standing)


def tiles(alike: Alike, given: Sequence[Alternative], besides: Sequence[Beside]) -> list[Tile]:
    """Everybody who is compared, and what was given instead with how it stands beside them."""
    return [
        *(Tile(standing) for standing in alike.people),
        *(Tile(beside, one) for one, beside in zip(given, besides, strict=True)),
    ]


def by_names(found: Sequence[Tile]) -> list[Tile]:
    return sorted(found, key=lambda tile: by_name(tile.person))

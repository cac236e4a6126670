"""The whole staff across orders: its wall, how alike everybody is, and its team page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, cast

from headshots_client.errors import HeadshotsError
from headshots_client.resources import matching
from headshots_client.shapes import (
    Missing,
    StaffConsistency,
    StaffStanding,
    StaffWall,
    TeamPage,
)
from headshots_client.transport import Transport

Kind = Literal["png", "pdf"]


class StaffCalls:
    """Methods of the client about everybody on the roster together."""

    transport: Transport

    def staff_wall(self, *, kind: Kind = "png", department: str = "") -> StaffWall:
        """Everybody's newest picture side by side as it is now, how many are missing, and whether it
        is drawn; of a department alone where one is given."""
        query = {"kind": kind, "department": department}
        found: StaffWall = self.transport.send("GET", "/wall", query=query).json()
        return found

    def draw_staff_wall(self, *, kind: Kind = "png", department: str = "") -> StaffWall:
        """Have it drawn; ask `staff_wall` until it is ready."""
        body = {"kind": kind, "department": department}
        found: StaffWall = self.transport.send("POST", "/wall", body=body).json()
        return found

    def staff_wall_file(self, wall: StaffWall) -> bytes:
        """The PNG or PDF. Raises HeadshotsError while it is not drawn."""
        if not wall["file"]:
            raise HeadshotsError("The wall is not drawn as it hangs now.")
        return self.transport.send("GET", wall["file"]).content

    def staff_consistency(self) -> StaffConsistency:
        """How alike everybody is, each among those of their look."""
        found: StaffConsistency = self.transport.send("GET", "/consistency").json()
        return found

    def staff_standings(self, *, outlying: bool | None = None) -> Iterator[StaffStanding]:
        """How far everybody is from those of their look; those alone who stand out with
        `outlying=True`."""
        query = {} if outlying is None else {"outlying": outlying}
        return cast("Iterator[StaffStanding]", self.transport.pages("/standings", query))

    def missing_on_staff_wall(self, *, department: str = "") -> Iterator[Missing]:
        """Who of the roster does not hang on the staff wall."""
        pages = self.transport.pages("/wall/missing", {"department": department})
        return cast("Iterator[Missing]", pages)

    def staff_team_page(self) -> TeamPage:
        """The staff's public page. Raises NotFound where none is published."""
        found: TeamPage = self.transport.send("GET", "/team-page").json()
        return found

    def publish_staff_team_page(
        self, *, sites: Sequence[str] = (), if_match: str | None = None
    ) -> TeamPage:
        """Publish it; pages of these origins may embed it."""
        found: TeamPage = self.transport.send(
            "PUT", "/team-page", body={"sites": list(sites)}, headers=matching(if_match)
        ).json()
        return found

    def take_staff_team_page_off(self, *, if_match: str | None = None) -> None:
        """Published again it has the same address."""
        self.transport.send("DELETE", "/team-page", headers=matching(if_match))

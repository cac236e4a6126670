"""Looks, what they are finished with, and plates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, cast

from headshots_client import shapes
from headshots_client.resources import Resource, matching
from headshots_client.transport import Tagged


class Looks(Resource[shapes.Look]):
    """Art direction."""

    path = "/looks"

    def save(
        self,
        *,
        name: str,
        attire: str,
        backdrop: str,
        expression: str,
        light: str,
        framing: str,
        attire_choices: Sequence[str] = (),
    ) -> shapes.Look:
        """A look, or the next version of the one with that name; employees may wear one of
        `attire_choices` instead."""
        body = {
            "name": name,
            "attire": attire,
            "backdrop": backdrop,
            "expression": expression,
            "light": light,
            "framing": framing,
            "attire_choices": list(attire_choices),
        }
        return cast(shapes.Look, self._post(self.path, body))

    def of_departments(self) -> dict[str, str]:
        """The looks that departments have of their own: name of the department to id. Its ETag
        (`etag_of`) is what `give_departments` takes as `if_match`."""
        found = self._transport.whole("/department-looks")
        looks = Tagged({each["department"]: each["look"] for each in found})
        looks.etag = found.etag
        return looks

    def give_departments(
        self, looks: Mapping[str, str | None], *, if_match: str | None = None
    ) -> dict[str, str]:
        """Give departments looks of their own; None takes it away. All of them as they are then."""
        found = self._patch("/department-looks", {"looks": dict(looks)}, if_match)["data"]
        return {each["department"]: each["look"] for each in found}

    def finish(self, id: str) -> shapes.Finish:
        """How the headshots of a look are finished, by the look's id."""
        return cast(shapes.Finish, self._get(f"{self.path}/{id}/finish"))

    def change_finish(
        self, id: str, changes: shapes.FinishChanges, *, if_match: str | None = None
    ) -> shapes.Finish:
        """Its next version. Orders that have headshots keep theirs until `render_anew`."""
        return cast(shapes.Finish, self._patch(f"{self.path}/{id}/finish", changes, if_match))

    def behind(self, id: str) -> Iterator[shapes.OrderBehind]:
        """The orders that are in an earlier finish of a look, the newest first."""
        return self._pages(f"{self.path}/{id}/finish/behind")

    def render_anew(self, id: str) -> int:
        """Render all of those anew in which nothing is undecided; how many they are. Of more than
        25 people one order after the other is begun from then on."""
        return int(self._post(f"{self.path}/{id}/finish/behind")["count"])

    def put_logo(self, id: str, logo: bytes, *, if_match: str | None = None) -> shapes.Finish:
        """A PNG or WebP with transparency, for those files that bear a logo."""
        response = self._transport.send(
            "PUT", f"{self.path}/{id}/finish/logo", content=logo, headers=matching(if_match)
        )
        return cast(shapes.Finish, response.json())

    def take_logo_off(self, id: str, *, if_match: str | None = None) -> shapes.Finish:
        """The next version of the finish without a logo."""
        return cast(shapes.Finish, self._delete(f"{self.path}/{id}/finish/logo", if_match))


class Plates(Resource[shapes.Plate]):
    """What is put behind people; a look's finish names one."""

    path = "/plates"

    def paint(
        self,
        *,
        name: str,
        kind: Literal["colour", "gradient", "brand"],
        colours: Sequence[str],
        angle: int = 0,
        fall_off: int = 0,
    ) -> shapes.Plate:
        """A plate of colours such as `#1a2b3c`, or the next version of the one with that name."""
        body = {
            "name": name,
            "kind": kind,
            "colours": list(colours),
            "angle": angle,
            "fall_off": fall_off,
        }
        return cast(shapes.Plate, self._post(self.path, body))

    def upload(self, *, name: str, picture: bytes, fall_off: int = 0) -> shapes.Plate:
        """A picture as a plate, or as the next version of the one with that name."""
        response = self._transport.send(
            "POST",
            f"{self.path}/pictures",
            data={"name": name, "fall_off": str(fall_off)},
            files={"picture": ("plate", picture)},
        )
        return cast(shapes.Plate, response.json())

    def picture(self, id: str) -> bytes:
        """The JPEG of a plate that was uploaded. Raises NotFound for what is painted."""
        return self._transport.send("GET", f"{self.path}/{id}/picture").content

"""How different somebody's photos are from each other: places, angles, light."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from generation.engine import photos
from generation.models import Selfie

# Photos whose fingerprints are nearer than this were taken at one place.
_ONE_PLACE = 0.55
# How far a head has to be turned to show another side (Face.yaw).
_SIDE = 0.12
# Differences of the face's bright end (0..255) that make another light.
_LIGHT = 22.0
PLACES, ANGLES, LIGHTS = 3, 2, 2


@dataclass(frozen=True)
class Variety:
    """How many different places, angles and kinds of light accepted photos show."""

    places: int
    angles: int
    lights: int

    @property
    def share(self) -> int:
        """How much of what is enough is there, in per cent."""
        got = min(self.places, PLACES) + min(self.angles, ANGLES) + min(self.lights, LIGHTS)
        return round(100 * got / (PLACES + ANGLES + LIGHTS))

    @property
    def enough(self) -> bool:
        return self.share == 100

    @property
    def wanting(self) -> str:
        """What would help most: `places`, `angles`, `lights`, or nothing."""
        if self.places < PLACES:
            return "places"
        if self.angles < ANGLES:
            return "angles"
        return "lights" if self.lights < LIGHTS else ""


def of(selfies: Iterable[Selfie]) -> Variety:
    """The variety of those of the photos that were accepted."""
    accepted = [s.measures for s in selfies if s.verdict == Selfie.Verdict.ACCEPTED]
    places: list[str] = []
    for measures in accepted:
        mark = measures.get("fingerprint", "")
        if mark and all(photos.difference(mark, known) > _ONE_PLACE for known in places):
            places.append(mark)
    yaws = [measures["yaw"] for measures in accepted if "yaw" in measures]
    sides = {(yaw > _SIDE) - (yaw < -_SIDE) for yaw in yaws}
    light = sorted(measures["brightness"] for measures in accepted if "brightness" in measures)
    lights = 1 if light else 0
    begun = light[0] if light else 0.0
    for value in light:
        if value - begun > _LIGHT:
            lights, begun = lights + 1, value
    return Variety(len(places), len(sides), lights)

"""Does a candidate show its owner, alone and well? Needs no torch.

Every picture gets a receipt with all figures, the refused ones too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image

from generation.engine import appearance, attire, copies, faces, photos
from generation.engine.faces import Box, Descriptor, Points
from generation.engine.specs import GateSpec

REASONS = {
    "no_picture": "The drawing came to values that are not numbers.",
    "no_face": "No face was found in the picture.",
    "several_faces": "There is more than one face in the picture.",
    "size": "The face has the wrong size in the picture.",
    "pose": "The head is turned or leans too far.",
    "blurred": "The face is less sharp than in the person's photos.",
    "unlike": "The picture does not look enough like the person.",
    "colleague": "The picture looks as much like a colleague.",
    "copy": "The picture repeats one of the person's photos.",
    "skin_tone": "The skin has another tone than in the photos.",
    "hair": "Hair, or what covers it, is not as in the photos.",
    "glasses_missing": "The glasses of the photos are missing.",
    "glasses_added": "There are glasses that are not in the photos.",
}


@dataclass(frozen=True)
class Receipt:
    """The verdict on a candidate with the figures behind it.

    `reasons` (codes of REASONS) made it fail; `flags` are for a person's eye: see
    `appearance.drift`, and `attire` for clothes that look like others than the ordered ones.
    Likeness is the mean dlib distance to all photos of a person, smaller is liker;
    `score` orders passing pictures, higher is better. `landmarks` fit `finish.align`.
    """

    passed: bool
    reasons: tuple[str, ...]
    flags: tuple[str, ...] = ()
    score: float = 0.0
    likeness_own: float | None = None
    likeness_nearest: float | None = None
    threshold: float | None = None
    likeness_best_colleague: float | None = None
    best_colleague: str | None = None
    faces: int = 0
    box: Box | None = None
    landmarks: Points | None = None
    face_share: float = 0.0
    roll: float = 0.0
    turn: float = 0.0
    sharpness: float = 0.0
    copy_alike: float | None = None
    skin_delta: float | None = None
    attire_delta: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """All figures, fit for JSON."""
        return asdict(self)

    @property
    def sentence(self) -> str:
        """Why it failed, in words; empty if it passed."""
        return " ".join(REASONS[reason] for reason in self.reasons)


# What a picture in other clothes comes behind by: after all in the ordered ones.
_OTHER_CLOTHES = 0.5

# The receipt of a drawing that came to no picture.
NO_PICTURE = Receipt(False, ("no_picture",))


class Colleagues:
    """The photos' descriptors of a whole order, stacked once for all of its pictures."""

    def __init__(self, people: Mapping[str, Descriptor]):
        """`people` maps names to descriptors [n, 128]; who has none is nobody's colleague."""
        kept = {name: np.atleast_2d(rows) for name, rows in people.items() if len(rows)}
        self._names = list(kept)
        self._counts = np.array([len(rows) for rows in kept.values()], np.int64)
        self._starts = np.cumsum(self._counts) - self._counts
        self._rows = np.concatenate(list(kept.values())) if kept else np.zeros((0, 128))
        self._left_out = ""

    def but(self, name: str) -> Colleagues:
        """The same people without one of them."""
        other = copy(self)
        other._left_out = name
        return other

    def nearest(self, descriptor: Descriptor) -> tuple[str, float] | None:
        """Who is nearest to `descriptor` [128], by the mean distance to their photos, and how
        near; None where there is nobody."""
        if not self._names:
            return None
        sums = np.add.reduceat(faces.distances(descriptor, self._rows), self._starts)
        means = sums / self._counts
        if self._left_out in self._names:
            means[self._names.index(self._left_out)] = np.inf
        at = int(np.argmin(means))
        return (self._names[at], float(means[at])) if np.isfinite(means[at]) else None


def own_threshold(descriptors: Descriptor | Sequence[Sequence[float]], spec: GateSpec) -> float:
    """The person's own likeness bound, from leave-one-out over their photos [n, 128].

    A photo's distance is its mean to the other photos; the bound is the median of these
    plus `spec.likeness_slack`, between `likeness_floor` and `likeness_global`.
    """
    points = np.atleast_2d(np.asarray(descriptors, np.float64))
    count = len(points)
    if count < 3:
        return spec.likeness_global
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    left_out = apart.sum(axis=1) / (count - 1)
    bound = float(np.median(left_out)) + spec.likeness_slack
    return min(spec.likeness_global, max(spec.likeness_floor, bound))


def judge(
    image: Image.Image,
    own: Descriptor,
    colleagues: Colleagues | Mapping[str, Descriptor],
    spec: GateSpec,
    *,
    threshold: float | None = None,
    appearances: Sequence[appearance.Appearance] = (),
    surroundings: Sequence[str] = (),
    ordered: Sequence[attire.Clothes] = (),
    sharpness: float | None = None,
    strict: Collection[str] = (),
) -> Receipt:
    """Judge one candidate of the person whose photos' descriptors are `own` [n, 128].

    `colleagues` are everyone else in the order; stack them once where there are many pictures.
    `threshold` is `own_threshold` if computed before. `appearances`, `surroundings` and
    `sharpness` (the median) come from the person's photo verdicts; without them, drift is not
    flagged, copies are not found, and sharpness has only its floor. `ordered` is what the look's
    clothes are like (see `attire`); without it they are not compared. Flags in `strict` make the
    picture fail.
    The picture is enlarged to `spec.enlarge_to` for measuring, as base models may be small.
    """
    copy = faces.working_copy(image, spec.enlarge_to)
    found = faces.detect_in(copy)
    if not found:
        return Receipt(False, ("no_face",))
    face = found[0]
    reasons: list[str] = []
    if any(f.height > 0.3 * face.height for f in found[1:]):
        reasons.append("several_faces")
    share = face.height / image.height
    if not spec.face_min <= share <= spec.face_max:
        reasons.append("size")
    if face.turn > spec.turn_max or abs(face.roll) > spec.roll_max:
        reasons.append("pose")
    detail = photos.sharpness(image, face)
    if detail < spec.sharpness_min * (sharpness if sharpness is not None else 20.0):
        reasons.append("blurred")

    descriptor = faces.describe_in(copy, face)
    to_own = faces.distances(descriptor, own)
    likeness = float(to_own.mean())
    bound = own_threshold(own, spec) if threshold is None else threshold
    if likeness > bound:
        reasons.append("unlike")
    others = colleagues if isinstance(colleagues, Colleagues) else Colleagues(colleagues)
    best, best_distance = others.nearest(descriptor) or (None, None)
    if best_distance is not None and best_distance - likeness < spec.margin:
        reasons.append("colleague")
    head = copies.surroundings(image, face.landmarks) if surroundings else ""
    alike = max((copies.alikeness(head, photo) for photo in surroundings), default=None)
    if alike is not None and alike > spec.copy_alike:
        reasons.append("copy")

    flags, skin = appearance.drift(image, face, appearances, spec)
    worn = attire.apart(attire.measure(image, face.landmarks), ordered) if ordered else None
    others_clothes = worn is not None and worn > spec.attire_drift
    if others_clothes:
        flags += ("attire",)
    reasons += [flag for flag in flags if flag in strict]
    return Receipt(
        passed=not reasons,
        reasons=tuple(reasons),
        flags=flags,
        score=round(
            1 - likeness + 0.1 * min(1.0, detail / 40) - _OTHER_CLOTHES * others_clothes, 4
        ),
        likeness_own=round(likeness, 4),
        likeness_nearest=round(float(to_own.min()), 4),
        threshold=round(bound, 4),
        likeness_best_colleague=None if best_distance is None else round(best_distance, 4),
        best_colleague=best,
        faces=len(found),
        box=face.box,
        landmarks=face.landmarks,
        face_share=round(share, 4),
        roll=round(face.roll, 2),
        turn=round(face.turn, 3),
        sharpness=round(detail, 2),
        copy_alike=None if alike is None else round(alike, 4),
        skin_delta=None if skin is None else round(skin, 2),
        attire_delta=None if worn is None else round(worn, 2),
    )

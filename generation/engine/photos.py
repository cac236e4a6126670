"""Is this selfie fit for training, and are these selfies one person's? Needs no torch.

Photos are judged as they arrive, so that a person hears at once what to do better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.engine import appearance, colour, copies, faces, reproductions
from generation.engine.faces import Box, Face, Points
from generation.engine.recipe import PhotoRules
from generation.engine.words import said

SENTENCES = {
    "ok": said("This photo is good."),
    "no_face": said(
        "We found no face in this photo. Look towards the camera, with your face uncovered."
    ),
    "several_faces": said(
        "There is more than one person in this photo. Send one with only you in it."
    ),
    "face_small": said("Your face is too small in this photo. Come closer to the camera."),
    "dark": said("This photo is too dark. Face a window or a lamp."),
    "bright": said("This photo is too bright to see your features. Turn away from the light."),
    "blurred": said("This photo is blurred. Hold the camera still and wipe its lens."),
    "turned": said("Your face is turned away in this photo. Look more towards the camera."),
    "reproduction": said(
        "This looks like a photo of a picture or of a screen. Take one of yourself directly."
    ),
    "colourless": said("This photo is black and white. Send one in colour."),
    "duplicate": said("You sent nearly the same picture before. Send a different one."),
}


WARNINGS = {
    "sunglasses": said("Sunglasses hide your eyes. One without them would help more."),
    "forehead": said("Something covers your forehead. If it is a hat, take it off once."),
    "hair_cut": said(
        "The upper edge of this photo cuts your hair. It can stay as it is; a photo with more "
        "space above your head would look better."
    ),
    "edge": said(
        "The face lies at the edge of this picture, so that a part of the head is missing. "
        "Send one with room around the head."
    ),
}
# A head goes on above its face's box by a third of the box's height, hair not counted: with less
# than this in the picture, its upper edge cuts the head.
_ABOVE = 0.25


# Pixels of a photo's longer side that all its measures are satisfied with.
_LARGE_ENOUGH = 2048


@dataclass(frozen=True)
class PhotoVerdict:
    """What was seen in a photo. `code` is a key of SENTENCES.

    `box` and `landmarks` are in the photo's pixels; `sharpness` and `brightness` as measured
    by the functions of those names; `fingerprint` tells near duplicates; `appearance` and
    `surroundings` are what `gate.judge` compares against. Measures are present whenever a face
    was found, for refused photos too. `warnings` are keys of WARNINGS.
    """

    ok: bool
    code: str
    sentence: str
    score: float = 0.0
    faces: int = 0
    box: Box | None = None
    landmarks: Points | None = None
    sharpness: float = 0.0
    brightness: float = 0.0
    yaw: float = 0.0
    descriptor: tuple[float, ...] | None = None
    fingerprint: str = ""
    surroundings: str = ""
    appearance: dict[str, list[float]] | None = None
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """All figures, fit for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class SetProblem:
    """Something wrong with a set of photos; `photos` are the indices it concerns."""

    code: str
    sentence: str
    photos: tuple[int, ...] = ()


def judge_photo(
    image: Image.Image, rules: PhotoRules | None = None, known: Sequence[str] = ()
) -> PhotoVerdict:
    """Judge one decoded, upright photo, in well under two seconds.

    `known` are the fingerprints of the person's other photos. Measured on a copy of about
    `_LARGE_ENOUGH` pixels; box and landmarks are those of `image` itself.
    """
    rules = rules or PhotoRules()
    times = max(1, round(max(image.size) / _LARGE_ENOUGH))
    # A copy of what is RGB already would cost a fiftieth of a second for a phone's photo.
    image = image if image.mode == "RGB" else image.convert("RGB")
    if times > 1:
        image = image.reduce(times)
    mark = fingerprint(image)
    copy = faces.working_copy(image, rules.enlarge_to)
    found = faces.detect_in(copy)
    if not found:
        return PhotoVerdict(False, "no_face", SENTENCES["no_face"], fingerprint=mark)
    face = found[0]
    # A face far in the background, or a pattern taken for one, does not spoil a selfie.
    rivals = [f for f in found[1:] if f.height > 0.4 * face.height and f.score > 0.1]
    sharp = sharpness(image, face)
    low, high = brightness(image, face)
    code = "ok"
    if rivals:
        code = "several_faces"
    elif times * face.height < rules.face_min_pixels or (
        face.height < rules.face_min_share * min(image.size)
    ):
        code = "face_small"
    elif high < rules.dark:
        code = "dark"
    elif low > rules.bright:
        code = "bright"
    elif sharp < rules.sharpness_min:
        code = "blurred"
    elif face.turn > rules.turn_max or abs(face.roll) > rules.roll_max:
        code = "turned"
    elif reproductions.is_reproduction(image, face):
        code = "reproduction"
    elif colourfulness(image) < rules.colour_min:
        code = "colourless"
    elif any(difference(mark, other) <= rules.duplicate for other in known):
        code = "duplicate"
    upright = appearance.upright(image, face)
    left, top, right, bottom = face.box
    share = face.height / min(image.size)
    score = float(
        np.mean(
            [
                min(1.0, share / 0.4),
                min(1.0, sharp / (4 * rules.sharpness_min)),
                min(1.0, (high - low) / 90),
                max(0.0, 1 - face.turn),
            ]
        )
    )
    return PhotoVerdict(
        ok=code == "ok",
        code=code,
        sentence=SENTENCES[code],
        score=round(score, 4),
        faces=1 + len(rivals),
        box=(times * left, times * top, times * right, times * bottom),
        landmarks=tuple((times * x, times * y) for x, y in face.landmarks),
        sharpness=round(sharp, 3),
        brightness=round(high, 2),
        yaw=round(face.yaw, 3),
        descriptor=tuple(float(v) for v in faces.describe_in(copy, face)),
        fingerprint=mark,
        surroundings=copies.surroundings(image, face.landmarks),
        appearance=appearance.measure(image, face, upright),
        warnings=(*_cut(image, face), *appearance.covered(upright)),
    )


def _cut(image: Image.Image, face: Face) -> tuple[str, ...]:
    """What of a head the picture's edges cut, as keys of WARNINGS."""
    left, top, right, bottom = face.box
    if min(left, top) < 0 or right > image.width or bottom > image.height:
        return ("edge",)
    return ("hair_cut",) if top < _ABOVE * face.height else ()


def judge_set(
    descriptors: Sequence[Sequence[float]],
    rules: PhotoRules | None = None,
    fingerprints: Sequence[str] = (),
) -> list[SetProblem]:
    """What is wrong with a person's photos taken together, worst first; [] if nothing.

    Photos are linked when two descriptors are nearer than `rules.same_person`; whoever is
    not in the largest group is somebody else.
    """
    rules = rules or PhotoRules()
    problems: list[SetProblem] = []
    count = len(descriptors)
    if count < rules.photos_min:
        missing = rules.photos_min - count
        more = "one more photo" if missing == 1 else f"{missing} more photos"
        problems.append(SetProblem("too_few", f"Please send {more}."))
    if count > rules.photos_max:
        problems.append(
            SetProblem("too_many", f"{rules.photos_max} photos are the most we can use.")
        )
    if count < 2:
        return problems
    points = np.asarray(descriptors, np.float64)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    others = _outsiders(apart, rules.same_person)
    if others:
        named = ", ".join(str(i + 1) for i in others)
        which = f"Photo {named} seems" if len(others) == 1 else f"Photos {named} seem"
        problems.insert(
            0, SetProblem("two_people", f"{which} to show someone else.", tuple(others))
        )
    alike = float(np.median(apart[np.triu_indices(count, 1)])) < rules.same_picture
    if len(fingerprints) == count:
        gaps = [difference(a, b) for i, a in enumerate(fingerprints) for b in fingerprints[:i]]
        alike = alike or max(gaps) <= rules.duplicate
    if alike:
        problems.append(
            SetProblem(
                "same_picture",
                "These photos are all nearly the same picture. Change the place, the light and "
                "your clothes between photos.",
                tuple(range(count)),
            )
        )
    return problems


def _outsiders(apart: NDArray[np.float64], link: float) -> list[int]:
    """Indices outside the largest group of photos linked by a distance below `link`."""
    left = set(range(len(apart)))
    groups: list[set[int]] = []
    while left:
        group, frontier = set[int](), {min(left)}
        while frontier:
            group |= frontier
            near = {j for i in frontier for j in left if apart[i, j] < link}
            frontier = near - group
        groups.append(group)
        left -= group
    largest = max(groups, key=len)
    return sorted(set(range(len(apart))) - largest)


def _face_pixels(image: Image.Image, face: Face, size: int) -> NDArray[np.float64]:
    box = (
        max(0, face.box[0]),
        max(0, face.box[1]),
        min(image.width, face.box[2]),
        min(image.height, face.box[3]),
    )
    cut = image.convert("L").resize((size, size), Image.Resampling.LANCZOS, box=box)
    return np.asarray(cut, np.float64)


def sharpness(image: Image.Image, face: Face, size: int = 96) -> float:
    """How much fine detail the face has: 100 x the spread of the Laplacian over the
    spread of the brightness, on the face at `size` pixels. 5 is blurred, 30 is crisp.

    Dividing by the contrast keeps flat light and dark skin from counting as blur.
    """
    grey = _face_pixels(image, face, size)
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    return float(100 * laplacian.std() / max(1.0, inner.std()))


def brightness(image: Image.Image, face: Face) -> tuple[float, float]:
    """The 10th and 95th percentile of the face's brightness, 0..255.

    The bright end tells whether there is light, whatever the skin's own tone.
    """
    grey = _face_pixels(image, face, 64)
    low, high = np.percentile(grey, (10, 95))
    return float(low), float(high)


def colourfulness(image: Image.Image) -> float:
    """Mean Lab chroma of a small copy; below 2 the picture is black and white."""
    small = np.asarray(image.convert("RGB").resize((32, 32), Image.Resampling.BOX))
    values = colour.lab(small)
    return float(np.hypot(values[..., 1], values[..., 2]).mean())


def fingerprint(image: Image.Image) -> str:
    """512 hex digits: 16 x 16 grey cells at one mean and one contrast.

    The same picture keeps it when it is sent again smaller, brighter or compressed.
    """
    cells = np.asarray(image.convert("L").resize((16, 16), Image.Resampling.BOX), np.float64)
    even = 128 + 48 * (cells - cells.mean()) / max(1.0, cells.std())
    return bytes(np.clip(even.round(), 0, 255).astype(np.uint8)).hex()


def difference(one: str, other: str) -> float:
    """How far two fingerprints are apart: 0 the same picture, above 1 nothing in common.
    Infinite if either is no fingerprint."""
    if len(one) != len(other) or not one:
        return float("inf")
    cells = [
        np.frombuffer(bytes.fromhex(mark), np.uint8).astype(np.float64) for mark in (one, other)
    ]
    return float(np.sqrt(np.mean((cells[0] - cells[1]) ** 2)) / 48)

"""Is this selfie fit for training, whom do these show, and are they different? Needs no torch.

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
    # A face far in the background, or a pattern taken for one, does not spoil a selfie.
    face, rivals = faces.whose(found)
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
    elif is_known(mark, known, rules):
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
        surroundings=copies.surroundings(
            Image.fromarray(copy.pixels),
            tuple((copy.factor * x, copy.factor * y) for x, y in face.landmarks),
        ),
        appearance=appearance.measure(image, face, upright),
        warnings=(*_cut(image, face), *appearance.covered(upright)),
    )


def _cut(image: Image.Image, face: Face) -> tuple[str, ...]:
    """What of a head the picture's edges cut, as keys of WARNINGS."""
    left, top, right, bottom = face.box
    if min(left, top) < 0 or right > image.width or bottom > image.height:
        return ("edge",)
    return ("hair_cut",) if top < _ABOVE * face.height else ()


def people(
    descriptors: Sequence[Sequence[float]], rules: PhotoRules | None = None
) -> list[list[int]]:
    """Indices of photos by whom they show, whoever most of them show first; of as many, whoever
    comes first. Photos are linked when two descriptors [n, 128] are nearer than
    `rules.same_person`.
    """
    if not len(descriptors):
        return []
    groups = _linked(_apart(descriptors) < (rules or PhotoRules()).same_person)
    return sorted(groups, key=lambda group: (-len(group), group[0]))


def different_pictures(
    descriptors: Sequence[Sequence[float]],
    fingerprints: Sequence[str],
    rules: PhotoRules | None = None,
) -> int:
    """How many different pictures one person's photos [n] are: what is cut out of one picture,
    changed in its light or turned a little, and what a burst of the camera gives, is one.

    Photos are linked when two descriptors are nearer than `rules.same_picture`, or somewhat nearer
    than usual before nearly the same background. Of 128 rendered selfies of 16 people, eight each,
    six or more remain; of seven cuttings, mostly one or two.
    """
    if not len(descriptors):
        return 0
    rules = rules or PhotoRules()
    apart = _apart(descriptors)
    alike = apart < rules.same_picture
    for one, other in zip(*np.nonzero(np.triu(apart < rules.same_moment, 1)), strict=True):
        if difference(fingerprints[one], fingerprints[other]) < rules.same_background:
            alike[one, other] = alike[other, one] = True
    return len(_linked(alike))


def is_known(mark: str, known: Sequence[str], rules: PhotoRules | None = None) -> bool:
    """Whether a fingerprint is one of those, or nearly."""
    bound = (rules or PhotoRules()).duplicate
    return any(difference(mark, other) <= bound for other in known)


def _apart(descriptors: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    points = np.asarray(descriptors, np.float64)
    return np.asarray(np.linalg.norm(points[:, None] - points[None], axis=2), np.float64)


def _linked(links: NDArray[np.bool_]) -> list[list[int]]:
    """Groups of indices that are linked, directly or through others, in the order of their first
    ones."""
    left = set(range(len(links)))
    groups: list[list[int]] = []
    while left:
        group, frontier = set[int](), {min(left)}
        while frontier:
            group |= frontier
            left -= frontier
            frontier = {j for i in frontier for j in left if links[i, j]}
        groups.append(sorted(group))
    return groups


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

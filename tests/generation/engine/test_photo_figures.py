"""What the judge says of photographs stays what it was, and is measured once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from generation.engine import appearance, faces, geometry, photos
from tests import photographs

# Written down when faces were searched for and described in copies made for each.
FIGURES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "photo_figures.json").read_text("utf-8")
)
OTHERS: dict[str, Callable[[], Image.Image]] = {
    "large": lambda: photographs.portrait(3600),
    "otherwise": lambda: photographs.otherwise(3),
}


def photograph(name: str) -> Image.Image:
    return (OTHERS.get(name) or getattr(photographs, name))()


@pytest.mark.parametrize("name", FIGURES)
def test_a_photograph_gets_the_verdict_and_the_figures_it_always_got(name: str) -> None:
    verdict, known = photos.judge_photo(photograph(name)), FIGURES[name]
    assert verdict.box is not None
    assert verdict.descriptor is not None
    assert (verdict.code, list(verdict.warnings)) == (known["code"], known["warnings"])
    assert list(verdict.box) == known["box"]
    assert verdict.appearance == {
        part: pytest.approx(values, abs=0.05) for part, values in known["appearance"].items()
    }
    for figure in ("score", "sharpness", "brightness", "yaw"):
        assert getattr(verdict, figure) == pytest.approx(known[figure], abs=0.01), figure
    assert verdict.descriptor[:8] == pytest.approx(known["descriptor"], abs=0.001)


def test_what_is_measured_together_is_what_is_measured_alone() -> None:
    image = photographs.portrait()
    verdict = photos.judge_photo(image)
    face = faces.detect(image)[0]
    assert verdict.landmarks == face.landmarks
    assert verdict.descriptor == tuple(faces.describe(image, face))
    assert verdict.appearance == appearance.measure(image, face)


def test_a_photo_is_resized_once_and_its_face_placed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each costs a twentieth of a second for a photo from a phone."""
    calls: list[str] = []

    def counted(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(image: Image.Image, *args: Any, **kwargs: Any) -> Any:
            # The copy that is measured is small, and costs a tenth.
            if max(image.size) > faces.LARGEST:
                calls.append(name)
            return work(image, *args, **kwargs)

        return call

    monkeypatch.setattr(geometry, "place", counted("place", geometry.place))
    monkeypatch.setattr(faces, "working_copy", counted("resize", faces.working_copy))
    assert photos.judge_photo(photographs.portrait().resize((1800, 1800))).ok
    assert sorted(calls) == ["place", "resize"]

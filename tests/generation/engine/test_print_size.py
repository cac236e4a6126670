"""What is printed says how large, in every format, and after it was signed."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from PIL.ExifTags import Base

from generation.engine.finishing import RenditionSpec, rendering
from generation.engine.provenance import Credential, authority, sign

BADGE = Image.new("RGB", (413, 531), "#8090a0")


def told(data: bytes) -> list[float]:
    """Dots an inch, across and down, in whatever field the format has; nothing without one."""
    with Image.open(io.BytesIO(data)) as picture:
        if picture.format != "WEBP":
            return [round(float(value)) for value in picture.info.get("dpi", ())]
        exif = picture.getexif()
        assert exif.get(Base.ResolutionUnit, 2) == 2
        return [float(exif[tag]) for tag in (Base.XResolution, Base.YResolution) if tag in exif]


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_a_badge_carries_its_print_size(format: str) -> None:
    badge = RenditionSpec("badge", 413, 531, format, 95, dpi=300)
    data = rendering.encode(BADGE, badge)
    assert told(data) == [300, 300]
    chain, key = authority.make(organisation="Acme Pictures")
    assert told(sign(data, format, Credential(chain, key), look="navy")) == [300, 300]


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_a_file_for_screens_carries_none(format: str) -> None:
    assert told(rendering.encode(BADGE, RenditionSpec("square", 413, 531, format))) == []

"""Draw the pictures of good and bad selfies that employees are shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

SIDE = 256


class Command(BaseCommand):
    help = "Draw headshots/static/guidance/ with the renderer; run it when the renderer changes."

    def handle(self, *args: Any, **options: Any) -> None:
        from generation.embedded_model.renderer import Identity, Scene
        from generation.embedded_model.renderer import draw as rendered

        who = replace(Identity.sample(10_000_540), glasses=None, covering=None, beard=None)
        colleague = replace(Identity.sample(10_000_611), glasses=None, covering=None)

        def picture(seed: int, who: Identity = who, **changes: Any) -> Image.Image:
            scene = replace(Scene.sample(seed, "selfie"), roll=0.0, **changes)
            return Image.fromarray(rendered(who, scene, SIDE))

        front: dict[str, Any] = {"yaw": 0.0, "pitch": 0.0}
        light: dict[str, Any] = {"light": "soft light", "key_strength": 0.7, "ambient": 0.5}
        pictures = {
            "good-light": picture(3, **front, **light, smile=0.6),
            "good-angles": picture(11, **light, yaw=0.34, pitch=0.0),
            "good-place": picture(26, **front, **light, smile=0.2),
            "bad-dark": ImageEnhance.Brightness(picture(3, **front, **light)).enhance(0.22),
            "bad-blurred": picture(11, **front, **light).filter(ImageFilter.GaussianBlur(5)),
            "bad-two": _beside(picture(26, **front, **light), picture(23, colleague, **front)),
            "bad-far": picture(3, **front, **light, side=8.5),
            "bad-sunglasses": _sunglasses(picture(26, **front, **light)),
        }
        folder = Path(settings.BASE_DIR) / "headshots" / "static" / "guidance"
        folder.mkdir(parents=True, exist_ok=True)
        for name, image in pictures.items():
            image.save(folder / f"{name}.jpg", quality=82, optimize=True)
            self.stdout.write(f"{name}.jpg")


def _beside(one: Image.Image, other: Image.Image) -> Image.Image:
    both = Image.new("RGB", (SIDE, SIDE))
    cut = SIDE // 4
    both.paste(one.crop((cut, 0, cut + SIDE // 2, SIDE)), (0, 0))
    both.paste(other.crop((cut, 0, cut + SIDE // 2, SIDE)), (SIDE // 2, 0))
    return both


def _sunglasses(image: Image.Image) -> Image.Image:
    from generation.engine import faces

    face = faces.detect(image)[0]
    left, right = (np.asarray(eye) for eye in face.eyes)
    span = float(right[0] - left[0])
    pen = ImageDraw.Draw(image)
    for x, y in (left, right):
        box = (x - 0.4 * span, y - 0.28 * span, x + 0.4 * span, y + 0.32 * span)
        pen.rounded_rectangle(box, radius=0.2 * span, fill=(24, 24, 28))
    pen.line([tuple(left), tuple(right)], fill=(24, 24, 28), width=max(2, round(span * 0.08)))
    return image

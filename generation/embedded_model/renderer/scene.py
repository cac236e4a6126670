"""One photograph of a person: pose, expression, light, clothes, place and camera."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from generation.embedded_model import vocabulary

# Head units that a training crop shows from edge to edge, and where the eyes sit in it.
CROP_SIDE = 2.7
EYE_X = 0.5
EYE_Y = 0.43


@dataclass(frozen=True)
class Scene:
    """What varies between photos of the same person. Angles in radians."""

    seed: int
    context: str
    yaw: float
    pitch: float
    roll: float
    expression: str
    smile: float
    open_mouth: float
    gaze: tuple[float, float]
    light: str
    key: tuple[float, float, float]
    key_strength: float
    ambient: float
    warmth: float
    attire: str
    attire_shade: float
    backdrop: str
    side: float
    shift: tuple[float, float]
    grain: float

    @classmethod
    def sample(cls, seed: int, context: str | None = None) -> Scene:
        """A scene of `context` ("headshot" or "selfie"; by chance if None) cut for training.

        Each word keeps to its own world in 95 of 100 cases, so that it comes to stand for it.
        """
        g = np.random.default_rng((0x5CE, seed))
        if context is None:
            context = "headshot" if g.uniform() < 0.62 else "selfie"
        formal = context == "headshot"
        like_headshot = formal if g.uniform() < 0.95 else not formal
        attires = vocabulary.ATTIRE if like_headshot else vocabulary.CASUAL_ATTIRE
        places = vocabulary.BACKDROP if like_headshot else vocabulary.CLUTTER_BACKDROP
        wide = 1.0 if formal else 1.6
        light = str(g.choice(vocabulary.LIGHT, p=(0.5, 0.25, 0.25)))
        scene = cls(
            seed=seed,
            context=context,
            yaw=float(np.clip(g.normal(0, 0.12 * wide), -0.42, 0.42)),
            pitch=float(np.clip(g.normal(0, 0.05 * wide), -0.18, 0.18)),
            roll=float(g.normal(0, 0.03)),
            expression="neutral",
            smile=0.0,
            open_mouth=0.0,
            gaze=(float(g.normal(0, 0.1)), float(g.normal(0, 0.05))),
            light=light,
            key=(0.0, 0.0, 1.0),
            key_strength=0.0,
            ambient=0.0,
            warmth=float(g.normal(0, 0.015 if formal else 0.05)),
            attire=str(g.choice(attires)),
            attire_shade=float(g.normal(0, 0.06)),
            backdrop=str(g.choice(places)),
            side=CROP_SIDE * float(np.exp(g.normal(0, 0.045))),
            shift=(float(g.normal(0, 0.012)), float(g.normal(0, 0.012))),
            grain=0.0 if formal else float(g.uniform(0, 0.015)),
        )
        expression = str(g.choice(vocabulary.EXPRESSION))
        return scene.lit(light, g).feeling(expression, g)

    def feeling(self, expression: str, g: np.random.Generator) -> Scene:
        """The same photo with one of vocabulary.EXPRESSION."""
        middle = {"neutral": 0.0, "slight smile": 0.5, "smile": 1.0}[expression]
        smile = float(np.clip(g.normal(middle, 0.08), -0.15, 1.15))
        mouth = float(g.uniform(0.7, 1.0)) if expression == "smile" else 0.0
        return replace(self, expression=expression, smile=smile, open_mouth=mouth)

    def lit(self, light: str, g: np.random.Generator) -> Scene:
        """The same photo under one of vocabulary.LIGHT; the side is drawn from `g`."""
        hand = float(g.choice((-1.0, 1.0)))
        x, y, strength, ambient = {
            "soft light": (0.45, -0.5, 0.6, 0.46),
            "side light": (1.25, -0.35, 0.82, 0.3),
            "bright light": (0.25, -0.55, 0.78, 0.53),
        }[light]
        key = np.array((hand * x, y, 0.85)) + g.normal(0, 0.08, 3)
        key /= np.linalg.norm(key)
        if self.context == "selfie":
            strength *= float(g.uniform(0.85, 1.15))
        return replace(
            self,
            light=light,
            key=(float(key[0]), float(key[1]), float(key[2])),
            key_strength=strength,
            ambient=ambient,
        )

    def but(self, **changes: Any) -> Scene:
        """A copy with some fields replaced."""
        return replace(self, **changes)

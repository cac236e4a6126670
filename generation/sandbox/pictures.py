"""Pictures of people who do not exist: the same for an address, whenever they are drawn.

Drawn by the renderer that the embedded base model was trained on; about 0.1 s each, without torch.
"""

from __future__ import annotations

import hashlib

import numpy as np
from PIL import Image

from generation.art_direction import ArtDirection
from generation.embedded_model.demo_people import selfie as drawn_selfie
from generation.embedded_model.renderer import Identity, Scene, draw

SIZE = 320


def who_is(email: str) -> Identity:
    """The person that an address stands for."""
    digest = hashlib.sha256(email.lower().encode()).digest()
    return Identity.sample(int.from_bytes(digest[:4], "big"))


def selfie(email: str, number: int) -> Image.Image:
    """Photo `number` of a person."""
    return drawn_selfie(who_is(email), number, 256)


def candidate(email: str, direction: ArtDirection, number: int) -> Image.Image:
    """Picture `number` of a person in a look."""
    scene = Scene.sample(number, "headshot").but(
        attire=direction.attire,
        backdrop=direction.backdrop,
        light=direction.light,
        yaw=0.06 * (number % 4) - 0.09,
        roll=0.0,
    )
    chance = np.random.default_rng(number)
    drawn = draw(who_is(email), scene.feeling(direction.expression, chance), SIZE, 1.5)
    return Image.fromarray(drawn)


def descriptor(email: str, number: int) -> list[float]:
    """128 numbers in place of a face encoder's: near for one person, far between two."""
    seed = who_is(email).seed
    centre = np.random.default_rng(seed).normal(0, 0.06, 128)
    return [float(v) for v in centre + np.random.default_rng((seed, number)).normal(0, 0.01, 128)]

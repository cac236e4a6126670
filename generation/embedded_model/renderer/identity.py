"""Who a rendered person is: everything that stays the same from photo to photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generation.embedded_model import vocabulary

Colour = tuple[float, float, float]

# sRGB in 0..1 from the fairest to the darkest tone; people lie anywhere between.
_TONES = np.array(
    [
        (242, 208, 190),
        (234, 192, 164),
        (218, 170, 134),
        (192, 138, 100),
        (146, 98, 68),
        (98, 66, 50),
    ],
    np.float32,
)
_HAIR: dict[str, Colour] = {
    "black": (26, 23, 24),
    "brown": (84, 54, 36),
    "blond": (206, 164, 94),
    "red": (158, 66, 30),
    "grey": (136, 134, 134),
    "white": (228, 226, 222),
}
_EYES: dict[str, Colour] = {
    "brown": (92, 54, 26),
    "dark": (48, 30, 20),
    "blue": (70, 128, 190),
    "green": (84, 134, 82),
    "hazel": (136, 100, 46),
    "grey": (120, 136, 148),
}
_CLOTH: tuple[Colour, ...] = (
    (34, 40, 60), (150, 44, 60), (58, 110, 108), (190, 150, 120),
    (92, 72, 120), (210, 196, 180), (40, 90, 60), (160, 110, 50),
)  # fmt: skip
_FRAMES: tuple[Colour, ...] = (
    (18, 18, 20), (18, 18, 20), (92, 48, 26), (40, 50, 110), (150, 30, 40), (120, 122, 128),
)  # fmt: skip
_LONG = ("bob", "wavy", "long", "bun", "ponytail")
_SHORT = ("buzzed", "short", "parted", "receding", "bald")
_ANY = ("curly", "afro", "short", "parted")


@dataclass(frozen=True)
class Identity:
    """A person. Lengths are in head units (half a head's height is about 1)."""

    seed: int
    femininity: float
    age: float
    tone: float
    skin: Colour
    hair_colour: str
    hair: Colour
    style: str
    covering: str | None
    cloth: Colour
    width: float
    length: float
    jaw: float
    chin: float
    cheek: float
    eye_apart: float
    eye_width: float
    eye_open: float
    eye_tilt: float
    iris: Colour
    brow_height: float
    brow_thick: float
    brow_arch: float
    brow_slope: float
    nose_length: float
    nose_width: float
    nose_height: float
    mouth_width: float
    mouth_y: float
    lip_upper: float
    lip_lower: float
    lip_red: float
    ear: float
    hairline: float
    part: float
    bangs: bool
    beard: str | None
    freckles: float
    mole: tuple[float, float] | None
    glasses: str | None
    frame: Colour
    frame_thick: float
    shoulders: float

    @property
    def noun(self) -> str:
        """The word for gender presentation, "person" where it is in between."""
        return "woman" if self.femininity > 0.62 else "man" if self.femininity < 0.38 else "person"

    @property
    def age_word(self) -> str:
        return vocabulary.AGES[0 if self.age < 0.34 else 1 if self.age < 0.68 else 2]

    @property
    def skin_word(self) -> str:
        return vocabulary.SKIN[min(4, int(self.tone * 5))]

    @classmethod
    def sample(cls, seed: int) -> Identity:
        """The person that belongs to `seed`; neighbours in seed have nothing in common."""
        g = np.random.default_rng((0x1DE, seed))
        kind = g.choice(3, p=(0.45, 0.45, 0.1))
        fem = float((g.uniform(0.72, 1.0), g.uniform(0.0, 0.28), g.uniform(0.38, 0.62))[kind])
        age = float(g.uniform())
        tone = float(g.uniform())
        place = tone * 4.999
        low = int(place)
        base = _TONES[low] + (_TONES[low + 1] - _TONES[low]) * (place - low)
        skin = base * (1 + g.normal(0, (0.015, 0.02, 0.03)))
        colour = _hair_colour(g, tone, age)
        style = _style(g, fem, age)
        covering = None
        if g.uniform() < 0.07:
            covering = "headscarf" if fem > 0.5 else "turban"
        beard = None
        if fem < 0.5 and g.uniform() < 0.55:
            beard = str(g.choice(("beard", "beard", "stubble", "moustache")))
        glasses = str(g.choice(("round", "square", "cat", "wide"))) if g.uniform() < 0.33 else None
        masculine = 1 - fem
        n = g.normal

        def spread(mean: float, sd: float, low: float, high: float) -> float:
            return float(np.clip(n(mean, sd), low, high))

        return cls(
            seed=seed,
            femininity=fem,
            age=age,
            tone=tone,
            skin=_rgb(skin),
            hair_colour=colour,
            hair=_rgb(np.array(_HAIR[colour]) * (1 + n(0, 0.1)) * (1 + n(0, 0.05, 3))),
            style=style,
            covering=covering,
            cloth=_rgb(np.array(_CLOTH[g.integers(len(_CLOTH))], float)),
            width=spread(0.735 + 0.02 * masculine, 0.055, 0.63, 0.86),
            length=spread(1.0 + 0.02 * masculine, 0.05, 0.89, 1.12),
            jaw=spread(0.02 + 0.09 * masculine, 0.06, -0.08, 0.18),
            chin=spread(0.01 + 0.02 * masculine, 0.035, -0.05, 0.1),
            cheek=spread(0.03, 0.03, -0.02, 0.1),
            eye_apart=spread(0.315, 0.024, 0.26, 0.375),
            eye_width=spread(0.172 + 0.012 * fem, 0.016, 0.138, 0.21),
            eye_open=spread(0.074 + 0.012 * fem, 0.014, 0.046, 0.112),
            eye_tilt=spread(-0.05 * fem, 0.11, -0.28, 0.22),
            iris=_rgb(np.array(_EYES[_eyes(g, tone)]) * (1 + n(0, 0.12))),
            brow_height=spread(0.215 + 0.015 * fem, 0.028, 0.165, 0.29),
            brow_thick=spread(0.04 + 0.012 * masculine, 0.014, 0.016, 0.08),
            brow_arch=spread(0.05 + 0.03 * fem, 0.03, -0.01, 0.13),
            brow_slope=spread(0.015, 0.04, -0.07, 0.1),
            nose_length=spread(0.42, 0.045, 0.32, 0.52),
            nose_width=spread(0.125 + 0.012 * masculine + 0.02 * tone, 0.026, 0.085, 0.21),
            nose_height=spread(0.17, 0.035, 0.09, 0.26),
            mouth_width=spread(0.265, 0.034, 0.19, 0.35),
            mouth_y=spread(0.655, 0.03, 0.585, 0.72),
            lip_upper=spread(0.045 + 0.015 * tone + 0.008 * fem, 0.015, 0.016, 0.095),
            lip_lower=spread(0.065 + 0.02 * tone + 0.01 * fem, 0.018, 0.03, 0.125),
            lip_red=float(np.clip(n(0.25 + 0.3 * fem, 0.18), 0.05, 0.95)),
            ear=spread(0.2, 0.03, 0.14, 0.27),
            hairline=spread(0.64 + 0.05 * age * masculine, 0.05, 0.52, 0.8),
            part=float(g.uniform(-0.4, 0.4)),
            bangs=bool(style in ("bob", "long", "wavy") and g.uniform() < 0.35),
            beard=beard,
            freckles=float(g.uniform(0.5, 1)) if tone < 0.6 and g.uniform() < 0.14 else 0.0,
            mole=(float(g.choice((-1, 1)) * g.uniform(0.2, 0.4)), float(g.uniform(0.25, 0.6)))
            if g.uniform() < 0.12
            else None,
            glasses=glasses,
            frame=_rgb(np.array(_FRAMES[g.integers(len(_FRAMES))], float)),
            frame_thick=float(g.uniform(0.024, 0.042)),
            shoulders=spread(1.42 + 0.2 * masculine, 0.09, 1.2, 1.8),
        )


def _rgb(values: np.ndarray) -> Colour:
    r, g, b = np.clip(np.asarray(values, float) / 255, 0.02, 0.99)
    return float(r), float(g), float(b)


def _hair_colour(g: np.random.Generator, tone: float, age: float) -> str:
    if g.uniform() < np.clip((age - 0.5) * 1.5, 0, 0.75):
        return "white" if g.uniform() < max(0.0, age - 0.45) else "grey"
    if tone < 0.4:
        return str(g.choice(("black", "brown", "blond", "red"), p=(0.22, 0.34, 0.29, 0.15)))
    return str(g.choice(("black", "brown", "blond", "red"), p=(0.6, 0.32, 0.05, 0.03)))


def _eyes(g: np.random.Generator, tone: float) -> str:
    if tone < 0.45:
        return str(g.choice(tuple(_EYES), p=(0.25, 0.1, 0.27, 0.16, 0.12, 0.1)))
    return str(g.choice(tuple(_EYES), p=(0.5, 0.38, 0.02, 0.03, 0.06, 0.01)))


def _style(g: np.random.Generator, fem: float, age: float) -> str:
    if g.uniform() < 0.25:
        return str(g.choice(_ANY))
    if g.uniform() < fem:
        return str(g.choice(_LONG))
    style = str(g.choice(_SHORT, p=(0.16, 0.3, 0.3, 0.12, 0.12)))
    return "short" if style == "receding" and age < 0.3 else style

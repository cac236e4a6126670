"""Hair, head coverings and ears: everything around the face."""

from __future__ import annotations

import numpy as np

from generation.embedded_model.renderer.canvas import (
    Array,
    Canvas,
    Hit,
    bump,
    ellipsoid,
    noise,
    ramp,
)
from generation.embedded_model.renderer.head import DEPTH
from generation.embedded_model.renderer.identity import Identity

# Thickness of the hair over the skull: at the sides, on top.
_THICK = {
    "buzzed": (0.012, 0.015),
    "short": (0.045, 0.09),
    "parted": (0.045, 0.13),
    "curly": (0.1, 0.17),
    "afro": (0.36, 0.34),
    "bob": (0.1, 0.1),
    "wavy": (0.1, 0.13),
    "long": (0.07, 0.08),
    "bun": (0.03, 0.04),
    "ponytail": (0.03, 0.045),
    "receding": (0.035, 0.03),
}


def _strands(who: Identity, hit: Hit, along: bool) -> Array:
    """Lightness of strands, about -1..1: radial from the parting, or falling down."""
    phase = (who.seed % 97) * 0.37
    if along:
        wave = 0.05 * np.sin(hit.y * 7 + phase) if who.style == "wavy" else 0.0
        s = (hit.x + wave) * 2.2 + hit.z * 1.2
    else:
        s = np.arctan2(hit.x - who.part * 0.6, hit.y + 1.45) * 2.6 + 0.25 * hit.z
    fine = np.sin(s * 17 + phase + 2.2 * np.sin(s * 5.3))
    return np.asarray(0.6 * fine + 0.4 * np.sin(s * 41 + phase))


def _hair_colour(who: Identity, hit: Hit, along: bool = False) -> Array:
    base = np.asarray(who.hair, np.float32)
    if who.style in ("curly", "afro"):
        tone = (0.24 - 0.15 * base.mean()) * noise(hit.x * 9, hit.y * 9 + hit.z * 5)
    elif who.style == "buzzed":
        tone = 0.1 * noise(hit.x * 20, hit.y * 20)
    else:
        tone = (0.19 - 0.1 * base.mean()) * _strands(who, hit, along)
    # Dark hair keeps a visible sheen: black on black would lose its shape.
    lift = 0.05 * (1 - base.mean())
    return np.asarray(base * (1 + tone[..., None]) + lift * np.maximum(tone, 0)[..., None])


def _front_line(who: Identity, x: Array) -> Array:
    """Height (y) of the hairline across the forehead."""
    if who.bangs:
        return np.asarray(-0.3 + 0.12 * x * x + 0.02 * np.sin(x * 31 + who.seed))
    if who.style == "receding":
        return np.asarray(-0.86 - 0.05 * np.abs(x) + 0.62 * ramp(0.45, 0.72, np.abs(x)))
    bend = 0.95 if who.style != "buzzed" else 0.8
    off = 0.12 * who.part if who.style in ("parted", "long", "wavy", "bob") else 0.0
    line = -who.hairline + bend * (x + off) ** 2
    if who.style in ("long", "wavy", "bob"):
        # Hair falls away from the parting over the temples.
        line += 0.35 * np.minimum(np.abs(x - who.part * 0.5), 0.6) - 0.1
    return np.asarray(line)


def draw_hair(canvas: Canvas, turn: Array, who: Identity) -> None:
    """The hair of the person's style, or nothing where the head is bald or covered."""
    if who.covering == "headscarf":
        _headscarf(canvas, turn, who)
        return
    if who.covering == "turban":
        _turban(canvas, turn, who)
        return
    if who.style == "bald":
        return
    side, top = _THICK[who.style]
    lumpy = {"curly": 0.05, "afro": 0.022}.get(who.style, 0.0)
    radii = (who.width + side, who.length + top, DEPTH + 0.5 * side)
    centre = (0.0, -0.03, -0.02)
    if who.style == "afro":
        radii, centre = (who.width + side, 1.02, DEPTH + 0.1), (0.0, -0.32, -0.12)
    shell = ellipsoid(canvas, turn, centre, radii, lumpy, 0.12)
    if shell.depth.size:
        _cap(canvas, who, shell)
    _masses(canvas, turn, who)


def _cap(canvas: Canvas, who: Identity, shell: Hit) -> None:
    x, y, z = shell.x, shell.y, shell.z
    wobble = 0.006 * np.sin(x * 61 + who.seed) + 0.016 * noise(x * 6, y * 3)
    front = _front_line(who, x) - y + wobble
    down = {"afro": 0.35, "curly": 0.25}.get(who.style, 0.1)
    low = down + 0.02 * np.sin(z * 40)
    reach = 0.34 if who.style in ("afro", "curly", "bob", "wavy", "long") else 0.26
    if who.style == "afro":
        aside = np.abs(x) - 0.8 * who.width - 0.12 * np.abs(y)
        where = np.where((np.maximum(front, aside) > 0) & (y < low), 1.0, 0.0)
    else:
        where = np.where((front > 0) | ((z < reach) & (y < low)), 1.0, 0.0)
    colour = _hair_colour(who, shell)
    if who.style == "buzzed":
        colour = 0.72 * colour + 0.28 * np.asarray(who.skin, np.float32)
    canvas.put(shell, colour, 0.3, where.astype(np.float32))


def _masses(canvas: Canvas, turn: Array, who: Identity) -> None:
    """Hair away from the skull: falling beside the face, behind the neck, tied up."""
    a = who.width

    def mass(
        centre: tuple[float, float, float],
        radii: tuple[float, float, float],
        lump: float = 0.0,
        along: bool = True,
    ) -> None:
        hit = ellipsoid(canvas, turn, centre, radii, lump, 0.16)
        if hit.depth.size:
            canvas.put(hit, _hair_colour(who, hit, along), 0.3)

    if who.style == "long":
        mass((0, 0.55, -0.45), (a + 0.2, 1.3, 0.4))
        for side in (-1, 1):
            mass((side * (a + 0.0), 0.72, 0.0), (0.15, 0.98, 0.24))
    elif who.style == "wavy":
        mass((0, 0.5, -0.45), (a + 0.3, 1.2, 0.4), 0.02)
        for side in (-1, 1):
            mass((side * (a + 0.06), 0.15, 0.0), (0.19, 0.55, 0.26), 0.04)
            mass((side * (a + 0.1), 0.85, 0.02), (0.23, 0.62, 0.26), 0.05)
    elif who.style == "bob":
        mass((0, 0.2, -0.4), (a + 0.2, 0.78, 0.42))
        for side in (-1, 1):
            mass((side * (a + 0.02), 0.28, 0.0), (0.18, 0.58, 0.28))
    elif who.style == "bun":
        mass((0.0, -1.08, -0.12), (0.34, 0.3, 0.34), 0.02, along=False)
    elif who.style == "ponytail":
        mass((0.0, -0.92, -0.55), (0.3, 0.34, 0.3))
        side = 1 if who.part > 0 else -1
        mass((side * (a + 0.12), 0.75, -0.2), (0.2, 0.85, 0.2))
    elif who.style == "curly":
        for side in (-1, 1):
            mass((side * (a + 0.0), -0.15, -0.1), (0.16, 0.42, 0.3), 0.06)


def _cloth(who: Identity, hit: Hit, folds: Array) -> Array:
    return np.asarray(np.asarray(who.cloth, np.float32) * (1 + 0.13 * folds)[..., None])


def _headscarf(canvas: Canvas, turn: Array, who: Identity) -> None:
    shell = ellipsoid(
        canvas, turn, (0, -0.02, -0.03), (who.width + 0.13, who.length + 0.12, DEPTH + 0.1)
    )
    x, y = shell.x, shell.y
    face = (x / (0.83 * who.width)) ** 2 + ((y - 0.15) / 0.8) ** 2
    folds = np.sin(9 * np.sqrt(face) + 3 * x)
    canvas.put(shell, _cloth(who, shell, folds), 0.08, (face - 1).astype(np.float32))
    drape = ellipsoid(canvas, turn, (0, 1.22, 0.1), (0.78, 0.48, 0.62))
    folds = np.sin(14 * drape.y + 4 * np.abs(drape.x))
    canvas.put(drape, _cloth(who, drape, folds), 0.08)


def _turban(canvas: Canvas, turn: Array, who: Identity) -> None:
    shell = ellipsoid(canvas, turn, (0, -0.62, -0.03), (who.width + 0.2, 0.6, DEPTH + 0.14))
    x, y = shell.x, shell.y
    folds = np.sin(13 * (y + 0.55 * np.abs(x - 0.1)) + 2 * x)
    line = -0.36 + 0.12 * np.abs(x) - y
    canvas.put(shell, _cloth(who, shell, folds), 0.08, line.astype(np.float32))


def draw_ears(canvas: Canvas, turn: Array, who: Identity) -> None:
    """Two ears at the height between eyes and nose."""
    skin = np.asarray(who.skin, np.float32)
    for side in (-1, 1):
        hit = ellipsoid(
            canvas, turn, (side * (who.width + 0.005), 0.13, -0.06), (0.09, who.ear, 0.13)
        )
        inner = bump(hit.x * side, who.width + 0.04, 0.035) * bump(hit.y, 0.12, 0.6 * who.ear)
        colour = skin * (1 - 0.35 * inner[..., None] * np.array((0.7, 1.1, 1.1), np.float32))
        canvas.put(hit, colour * np.array((1, 0.93, 0.92), np.float32), 0.12)

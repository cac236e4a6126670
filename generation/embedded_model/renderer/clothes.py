"""Neck, shoulders and what is worn on them."""

from __future__ import annotations

import numpy as np

from generation.embedded_model.renderer.canvas import Array, Canvas, Hit, bump, noise, ramp
from generation.embedded_model.renderer.identity import Identity
from generation.embedded_model.renderer.scene import Scene

TOP = 1.1

# Main colour and the colour underneath (None: skin shows).
_SUITS = {
    "navy suit": (30, 44, 96),
    "charcoal suit": (72, 74, 80),
    "black suit": (26, 26, 30),
    "dark blazer": (58, 46, 52),
}
_SHIRTS = {
    "white shirt": (240, 240, 243),
    "light blue shirt": (160, 196, 236),
    "striped shirt": (236, 238, 242),
    "checked shirt": (190, 60, 56),
    "denim jacket": (78, 108, 154),
}
_KNITS = {
    "green sweater": (52, 110, 74),
    "pink sweater": (226, 148, 166),
    "orange sweater": (226, 128, 52),
}
_TEES = {
    "white tee": (240, 240, 238),
    "black tee": (34, 34, 36),
    "red tee": (196, 44, 46),
    "blue tee": (44, 88, 186),
    "green tee": (60, 146, 80),
    "yellow tee": (238, 200, 66),
}
_HOODIES = {
    "grey hoodie": (146, 148, 152),
    "blue hoodie": (46, 72, 134),
    "red hoodie": (164, 40, 48),
}
_TIES = ((120, 26, 40), (30, 60, 120), (40, 40, 46), (40, 96, 80), (150, 120, 60))


def _rgb(values: tuple[int, int, int]) -> Array:
    return np.asarray(values, np.float32) / 255


def draw_neck(canvas: Canvas, who: Identity, lean: tuple[float, float]) -> None:
    """The neck, from inside the head down into the collar, shaded under the chin."""
    half = 0.34 + 0.09 * (1 - who.femininity)
    window = canvas.window(lean[0] - half - 0.3, 0.3, lean[0] + half + 0.3, 1.9)
    vx, vy = canvas.grid(window)
    x = vx - lean[0] + 0 * vy
    y = vy - lean[1] + 0 * vx
    flare = half + 0.22 * ramp(0.95, 1.5, y) ** 2
    q = np.clip(x / flare, -1, 1)
    z = 0.34 * np.sqrt(np.maximum(1 - q * q, 0.0)) - 0.2
    normal = np.stack((q, 0 * q + 0.12, np.sqrt(np.maximum(1 - q * q, 0.02))), -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    hit = Hit(window, np.abs(x) < flare, z, x, y, z, normal.astype(np.float32))
    shade = 1 - 0.34 * ramp(1.3, 0.85, y) - 0.1 * bump(np.abs(x), 0.14, 0.06) * ramp(1.0, 1.4, y)
    colour = np.asarray(who.skin, np.float32) * shade[..., None] * np.array((1, 0.96, 0.95))
    canvas.put(hit, colour.astype(np.float32), 0.08)
    if who.age > 0.6:
        canvas.gloss[window] *= 0.8


def draw_clothes(canvas: Canvas, who: Identity, scene: Scene, lean: tuple[float, float]) -> None:
    """Shoulders in the scene's attire; `lean` moves the body against the head."""
    bottom = canvas.ys[-1] + 1
    window = canvas.window(-9, TOP - 0.45 + lean[1], 9, float(bottom))
    vx, vy = canvas.grid(window)
    x = vx - lean[0] + 0 * vy
    y = vy - lean[1] + 0 * vx
    if x.size == 0:
        return
    ax = np.abs(x)
    wide = who.shoulders + 0.12
    q = (ax / wide) ** 2.5 + (np.maximum(2.75 - y, 0) / (2.75 - TOP)) ** 2.5
    inside = q < 1
    z = 0.62 * np.sqrt(np.maximum(1 - q, 0.0)) - 0.3
    down, across = np.gradient(z, canvas.pixel)
    normal = np.stack((-across, -down, np.full_like(z, 1.0)), -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    hit = Hit(window, inside, z + 0.12, x, y, z, normal.astype(np.float32))
    colour, opening, collar = _attire(who, scene, x, ax, y)
    colour = colour * (1 + scene.attire_shade)
    folds = 0.05 * noise(x * 2.2 + who.seed % 7, y * 1.4 + scene.seed % 5)
    colour = colour * (1 + folds)[..., None]
    where = np.where(opening, 0.0, 1.0).astype(np.float32)
    canvas.put(hit, np.clip(colour, 0, 1).astype(np.float32), 0.05, where)
    if collar is not None:
        _collar(canvas, who, scene, lean, *collar)


def _attire(
    who: Identity, scene: Scene, x: Array, ax: Array, y: Array
) -> tuple[Array, Array, tuple[float, Array] | None]:
    """Colour (h, w, 3), where the neck shows through, and a collar's (top, colour)."""
    name = scene.attire
    pick = scene.seed % 7
    depth = y - TOP
    if name in _SUITS:
        cloth = _rgb(_SUITS[name])
        colour = np.broadcast_to(cloth, (*x.shape, 3)).copy()
        vee = ax - 0.47 * ramp(1.05, 0.0, depth / 1.15)
        if name == "dark blazer":
            colour[vee < 0] = _rgb((206, 206, 210))
            opening = (x / 0.36) ** 2 + (depth / 0.3) ** 2 < 1
        else:
            colour[vee < 0] = _rgb((240, 241, 245))
            if pick < 5:
                tie = ax - 0.075 - 0.05 * depth
                colour[(tie < 0) & (vee < 0)] = _rgb(_TIES[pick])
            opening = (ax + 0.9 * depth < 0.2) if pick >= 5 else (depth < 0.02) & (ax < 0.3)
            flap = np.abs(ax - 0.28 + 0.62 * (depth - 0.16)) < 0.012
            colour[flap & (vee < 0)] *= 0.72
        lapel = (vee > 0) & (vee < 0.17 * ramp(-0.1, 0.5, depth) + 0.07)
        colour[lapel] = colour[lapel] * 1.16 + 0.02
        colour[np.abs(vee) < 0.018] *= 0.55
        return colour, opening, (0.9, _rgb((240, 241, 245))) if name != "dark blazer" else None
    if name in _SHIRTS:
        cloth = _rgb(_SHIRTS[name])
        colour = np.broadcast_to(cloth, (*x.shape, 3)).copy()
        if name == "striped shirt":
            colour[np.sin(x * 38) > 0.25] = _rgb((70, 100, 170))
        elif name == "checked shirt":
            colour[np.sin(x * 26) > 0.3] *= 0.55
            colour[np.sin(y * 26) > 0.3] *= 0.6
        colour[ax < 0.012] *= 0.78
        opening = ax + 0.75 * depth < 0.27
        if name == "denim jacket":
            under = ax < 0.26 - 0.1 * depth
            colour[under] = _rgb((236, 236, 234))
            colour[np.abs(ax - 0.27 + 0.1 * depth) < 0.014] = _rgb((210, 150, 80))
            opening = (x / 0.3) ** 2 + (depth / 0.2) ** 2 < 1
        seam = np.abs(ax - 0.16 - 0.55 * depth) < 0.014
        colour[seam & (depth < 0.36)] *= 0.75
        return colour, opening, (0.86, cloth)
    if name == "black turtleneck":
        cloth = _rgb((30, 30, 33))
        colour = np.broadcast_to(cloth, (*x.shape, 3)).copy()
        return colour, np.zeros_like(x, bool), (0.74, cloth)
    if name in _KNITS:
        cloth = _rgb(_KNITS[name])
        colour = np.broadcast_to(cloth, (*x.shape, 3)).copy()
        colour *= (1 + 0.07 * np.sin(x * 60) * np.sin(y * 46))[..., None]
        round_neck = np.sqrt((x / 0.42) ** 2 + (depth / 0.26) ** 2)
        rib = (round_neck > 1) & (round_neck < 1.27)
        colour[rib] *= 0.82
        return colour, round_neck < 1, None
    if name in _HOODIES:
        cloth = _rgb(_HOODIES[name])
        colour = np.broadcast_to(cloth, (*x.shape, 3)).copy()
        ring = np.sqrt((x / 0.5) ** 2 + ((depth - 0.02) / 0.3) ** 2)
        hood = (ring > 0.8) & (ring < 1.5)
        colour[hood] *= (1.14 - 0.42 * np.abs(ring[hood] - 1.1))[..., None]
        colour[np.abs(ring - 1.5) < 0.04] *= 0.7
        cords = (np.abs(ax - 0.17) < 0.018) & (depth > 0.3)
        colour[cords] = _rgb((236, 236, 236))
        return colour, ring < 0.8, None
    cloth = _rgb(_TEES[name])
    colour = np.broadcast_to(cloth, (*x.shape, 3)).copy()
    crew = np.sqrt((x / 0.44) ** 2 + (depth / 0.34) ** 2)
    colour[(crew > 1) & (crew < 1.13)] *= 0.84
    return colour, crew < 1, None


def _collar(
    canvas: Canvas,
    who: Identity,
    scene: Scene,
    lean: tuple[float, float],
    top: float,
    cloth: Array,
) -> None:
    """A collar standing around the neck, open in front unless it is a turtleneck."""
    half = 0.4 + 0.09 * (1 - who.femininity)
    window = canvas.window(lean[0] - half - 0.2, top - 0.1, lean[0] + half + 0.2, TOP + 0.4)
    vx, vy = canvas.grid(window)
    x = vx - lean[0] + 0 * vy
    y = vy - lean[1] + 0 * vx
    q = np.clip(x / half, -1, 1)
    turtle = scene.attire == "black turtleneck"
    edge = top + 0.1 + (0.1 if turtle else 0.3) * (1 - np.abs(q)) - 0.06 * q * q
    z = 0.42 * np.sqrt(np.maximum(1 - q * q, 0)) - 0.15
    normal = np.stack((q, 0 * q - 0.1, np.sqrt(np.maximum(1 - q * q, 0.02))), -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    inside = (np.abs(x) < half) & (y > edge) & (y < TOP + 0.3 - 0.1 * np.abs(q))
    if not turtle:
        inside &= np.abs(x) > 0.03 + 0.55 * np.maximum(TOP + 0.3 - y, 0) * (scene.seed % 7 >= 5)
        inside &= (y - TOP) < 0.08 + 0.3 * np.abs(q)
    shade = 1 - 0.25 * ramp(0.05, 0.0, y - edge)
    if turtle:
        shade = shade * (1 + 0.12 * np.sin(x * 52))
    hit = Hit(window, inside, z, x, y, z, normal.astype(np.float32))
    colour = np.clip(cloth * (1 + scene.attire_shade) * shade[..., None], 0, 1)
    canvas.put(hit, colour.astype(np.float32), 0.05)

"""The bare head: an ellipsoid with jaw, cheeks, sockets, nose and lips in relief."""

from __future__ import annotations

import numpy as np

from generation.embedded_model.renderer.canvas import Array, Canvas, Hit, bump, ramp
from generation.embedded_model.renderer.identity import Identity
from generation.embedded_model.renderer.scene import Scene

DEPTH = 0.86


def radii(who: Identity) -> tuple[float, float, float]:
    """Half width, half height and half depth of the head."""
    return who.width, who.length, DEPTH


def relief(who: Identity, smile: float, x: Array, y: Array) -> Array:
    """How far the surface stands out at head position (x, y), as a share of the radius."""
    ax = np.abs(x)
    masculine = 1 - who.femininity
    h = (who.jaw + 0.03 * who.age) * bump(ax, 0.46, 0.2) * bump(y, 0.72, 0.2)
    h += (0.02 + who.chin) * bump(x, 0, 0.2) * bump(y, 0.92 * who.length, 0.13)
    h += (who.cheek + 0.02 * smile) * bump(ax, 0.44, 0.17) * bump(y, 0.3, 0.17)
    h -= 0.04 * bump(ax, who.eye_apart, 0.17) * bump(y, -0.02, 0.1)
    h += (0.012 + 0.02 * masculine) * bump(ax, 0.25, 0.24) * bump(y, -who.brow_height, 0.08)
    h += 0.03 * bump(x, 0, 0.2) * bump(y, who.mouth_y, 0.1)
    h -= (0.015 + 0.03 * who.age) * bump(ax, 0.5, 0.14) * bump(y, 0.55, 0.16)
    t = np.clip((y + 0.12) * (1 / (who.nose_length + 0.12)), 0, 1)
    past = np.maximum(y - who.nose_length, 0) * (1 / 0.06)
    profile = t * np.sqrt(t) * np.exp(-past * past)
    wide = who.nose_width * (0.42 + 0.5 * t * t)
    h += who.nose_height * profile * np.exp(-((x / wide) ** 2))
    wing = bump(ax, 0.72 * who.nose_width, 0.055) * bump(y, who.nose_length - 0.03, 0.055)
    h += 0.35 * who.nose_height * wing
    return np.asarray(h)


def surface(canvas: Canvas, turn: Array, who: Identity, scene: Scene) -> Hit:
    """The head as seen: rays against an ellipsoid whose radius the relief scales.

    The hit depends on the relief and the relief on the hit; three rounds settle it at the
    poses used here.
    """
    r = np.asarray(radii(who), np.float32)
    window = canvas.window(-1.05, -1.2, 1.05, 1.28)
    vx, vy = canvas.grid(window)
    qx, qy, qz = ((vx * turn[0, k] + vy * turn[1, k]) * (1 / r[k]) for k in range(3))
    dx, dy, dz = turn[2] / r
    a = dx * dx + dy * dy + dz * dz
    b = qx * dx + qy * dy + qz * dz
    base = b * b - a * (qx * qx + qy * qy + qz * qz)
    scale: Array = np.ones_like(base)
    for _ in range(3):
        depth = (-b + np.sqrt(np.maximum(base + a * scale, 0))) * (1 / a)
        x, y = (qx + depth * dx) * r[0], (qy + depth * dy) * r[1]
        scale = (1 + relief(who, scene.smile, x, y)) ** 2
    disc = base + a * scale
    depth = (-b + np.sqrt(np.maximum(disc, 0))) * (1 / a)
    inside = disc > 0
    x, y, z = (
        (qx + depth * dx) * r[0],
        (qy + depth * dy) * r[1],
        (qz + depth * dz) * r[2],
    )
    down, across = np.gradient(depth, canvas.pixel)
    n = np.stack((-across, -down, np.ones_like(depth)), -1)
    n /= np.linalg.norm(n, axis=-1, keepdims=True)
    return Hit(window, inside, depth, x, y, z, n.astype(np.float32))


def skin(who: Identity, hit: Hit) -> Array:
    """Skin colour over the head (h, w, 3): blush, shadows of age, freckles, a mole."""
    x, y = hit.x, hit.y
    ax = np.abs(x)
    base = np.asarray(who.skin, np.float32)
    colour = np.broadcast_to(base, (*x.shape, 3)).copy()
    red = 0.5 * bump(ax, 0.42, 0.17) * bump(y, 0.34, 0.14)
    red += 0.55 * bump(x, 0, 0.11) * bump(y, who.nose_length, 0.1)
    red *= 0.16 + 0.12 * who.femininity
    colour *= 1 + red[..., None] * np.array((0.12, -0.32, -0.28), np.float32)
    shade = 0.13 * bump(ax, who.eye_apart, 0.2) * bump(y, -0.02, 0.12)
    # The crease from the wing of the nose to the corner of the mouth, and lines of age.
    fall = y - who.nose_length
    fold = bump(ax - 1.05 * who.nose_width - 0.85 * fall + 0.9 * fall * fall, 0.03, 0.03)
    fold *= ramp(who.nose_length - 0.05, who.nose_length + 0.05, y)
    fold *= ramp(who.mouth_y + 0.06, who.mouth_y - 0.02, y)
    shade += (0.02 + 0.18 * who.age * who.age) * fold
    if who.age > 0.45:
        old = (who.age - 0.45) * 0.42
        lines = bump(y + 0.03 * np.cos(x * 5), -0.42, 0.014) + bump(y, -0.52, 0.014)
        shade += old * lines * bump(x, 0, 0.3)
        bag = bump(y - 0.3 * (ax - who.eye_apart) ** 2, 0.14, 0.018)
        shade += 1.1 * old * bag * bump(ax, who.eye_apart, 0.12)
        crow = bump(np.abs(y - 0.02) - 0.25 * (ax - who.eye_apart - 0.2), 0, 0.012)
        crow *= ramp(who.eye_apart + 0.18, who.eye_apart + 0.22, ax)
        shade += old * crow * ramp(who.eye_apart + 0.3, who.eye_apart + 0.25, ax)
    under = bump(y, who.nose_length + 0.045, 0.022) * bump(x, 0, who.nose_width)
    hole = bump(ax, 0.5 * who.nose_width, 0.035) * bump(y, who.nose_length + 0.028, 0.02)
    t = np.clip((y + 0.05) * (1 / (who.nose_length + 0.05)), 0, 1)
    flank = bump(ax, 0.8 * who.nose_width * (0.5 + 0.5 * t * t), 0.035) * t
    flank *= ramp(who.nose_length + 0.06, who.nose_length - 0.02, y)
    shade += 0.13 * flank + 0.3 * under + 0.66 * hole
    shade -= 0.07 * bump(x, 0, 0.3 * who.nose_width) * ramp(-0.1, 0.3, y) * ramp(0.6, 0.3, y)
    shade += 0.16 * bump(y, who.mouth_y + who.lip_lower + 0.05, 0.03) * bump(x, 0, 0.12)
    if who.freckles:
        shade += _freckles(who, x, y)
    if who.mole is not None:
        spot = (x - who.mole[0]) ** 2 + (y - who.mole[1]) ** 2
        shade += 0.75 * ramp(0.034, 0.022, np.sqrt(spot))
    colour *= (1 - np.clip(shade, -0.1, 0.85))[..., None] ** np.array((0.85, 1.1, 1.15), np.float32)
    return colour


def _freckles(who: Identity, x: Array, y: Array) -> Array:
    g = np.random.default_rng((0xF2E, who.seed))
    field = np.zeros_like(x)
    for fx, fy in zip(g.normal(0, 0.3, 36), g.normal(0.27, 0.09, 36), strict=True):
        near = np.abs(x - fx) + np.abs(y - fy) < 0.04
        field[near] = np.maximum(field[near], 0.2 * who.freckles)
    return field

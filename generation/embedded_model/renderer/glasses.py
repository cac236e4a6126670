"""Glasses: rims drawn in the plane in front of the eyes, arms to the ears."""

from __future__ import annotations

import numpy as np

from generation.embedded_model.renderer.canvas import Array, Canvas
from generation.embedded_model.renderer.head import DEPTH
from generation.embedded_model.renderer.identity import Identity


def draw_glasses(canvas: Canvas, turn: Array, who: Identity) -> None:
    """Lay glasses over the finished depth; thick enough to survive at 96 pixels."""
    if who.glasses is None:
        return
    zc = DEPTH + 0.03
    window = canvas.window(-1.1, -0.75, 1.1, 0.8)
    vx, vy = canvas.grid(window)
    # Invert the view's map of the plane z = zc: a two by two system.
    m = turn[:2, :2]
    det = m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]
    rx, ry = vx - turn[0, 2] * zc, vy - turn[1, 2] * zc
    x = (m[1, 1] * rx - m[0, 1] * ry) / det
    y = (m[0, 0] * ry - m[1, 0] * rx) / det
    thick = who.frame_thick
    ax = np.abs(x)
    u, v = ax - who.eye_apart, y - 0.03
    if who.glasses == "round":
        rim = np.sqrt(u * u + v * v) - 0.24
    elif who.glasses == "cat":
        rim = _rounded(u, v + 0.28 * u - 0.01, 0.25, 0.185, 0.13)
    elif who.glasses == "wide":
        rim = _rounded(u, v, 0.265, 0.17, 0.06)
    else:
        rim = _rounded(u, v, 0.235, 0.205, 0.08)
    bridge = np.maximum(np.abs(v + 0.05 + 0.12 * ax) - thick * 0.8, ax - who.eye_apart + 0.2)
    line = np.minimum(np.abs(rim) - thick, bridge)
    arm = np.maximum(np.abs(v + 0.05) - thick * 0.8, who.eye_apart + 0.24 - ax)
    arm = np.maximum(arm, ax - who.width - 0.02)
    line = np.minimum(line, arm)
    cover = np.clip(0.5 - line * (0.7 / canvas.pixel), 0, 1)[..., None]
    lens = np.clip(0.5 - rim * (0.7 / canvas.pixel), 0, 1)
    streak = np.clip(1 - np.abs(u * 0.7 + v + 0.13) / 0.05, 0, 1)
    part = canvas.colour[window]
    part += (0.9 - part) * (lens * (0.03 + 0.14 * streak))[..., None]
    part += (np.asarray(who.frame, np.float32) - part) * cover
    normal = canvas.normal[window]
    normal += (np.array((0, -0.2, 0.98), np.float32) - normal) * cover
    gloss = canvas.gloss[window]
    gloss += (0.25 - gloss) * cover[..., 0]


def _rounded(u: Array, v: Array, half_w: float, half_h: float, corner: float) -> Array:
    qx, qy = np.abs(u) - half_w + corner, np.abs(v) - half_h + corner
    out = np.sqrt(np.maximum(qx, 0) ** 2 + np.maximum(qy, 0) ** 2)
    return np.asarray(out + np.minimum(np.maximum(qx, qy), 0) - corner)

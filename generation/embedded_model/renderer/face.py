"""What is painted on the head: eyes, brows, mouth, beard.

Marks are drawn in the head's own coordinates, so they follow every pose.
"""

from __future__ import annotations

import numpy as np

from generation.embedded_model.renderer.canvas import Array, Canvas, Hit, bump, noise, ramp
from generation.embedded_model.renderer.head import radii
from generation.embedded_model.renderer.identity import Identity
from generation.embedded_model.renderer.scene import Scene


class Paint:
    """Colour and gloss of the head's window, with strokes limited to where they can reach."""

    def __init__(self, canvas: Canvas, hit: Hit, colour: Array, turn: Array, who: Identity):
        self.hit = hit
        self.colour = colour
        self.gloss = np.full(hit.depth.shape, 0.16, np.float32)
        self.pixel = canvas.pixel
        self._canvas = canvas
        self._turn = turn
        self._radii = radii(who)

    def near(self, x: float, y: float, reach: float) -> tuple[slice, slice]:
        """Slices of the head's window around head position (x, y) on its front."""
        a, b, c = self._radii
        z = c * np.sqrt(max(0.05, 1 - (x / a) ** 2 - (y / b) ** 2))
        at = self._turn @ np.array((x, y, z), np.float32)
        rows, columns = self._canvas.window(
            at[0] - reach, at[1] - reach, at[0] + reach, at[1] + reach
        )
        top, left = self.hit.window[0].start, self.hit.window[1].start
        height, width = self.hit.depth.shape
        return (
            slice(max(0, rows.start - top), min(height, max(0, rows.stop - top))),
            slice(max(0, columns.start - left), min(width, max(0, columns.stop - left))),
        )

    def blend(self, at: tuple[slice, slice], colour: Array, alpha: Array) -> None:
        """Lay `colour`, (3,) or (h, w, 3), over the window part with the given cover."""
        part = self.colour[at]
        part += (colour - part) * alpha[..., None]

    def cover(self, outside: Array) -> Array:
        """Anti-aliased cover of a shape from the signed distance to its edge."""
        return np.asarray(np.clip(0.5 - outside * (0.7 / self.pixel), 0, 1))


def _rgb(*values: float) -> Array:
    return np.asarray(values, np.float32)


def paint_eyes(paint: Paint, who: Identity, scene: Scene) -> None:
    """Both eyes with lids, lashes, iris and a catch light."""
    skin = np.asarray(who.skin, np.float32)
    iris = np.asarray(who.iris, np.float32)
    lash = _rgb(0.1, 0.075, 0.07) * (0.6 + 0.4 * (1 - who.tone))
    fem = who.femininity
    wide = who.eye_width
    squeeze = 1 - 0.18 * max(0.0, scene.smile)
    high = who.eye_open / wide * squeeze
    low = 0.72 * who.eye_open / wide * squeeze
    for side in (-1.0, 1.0):
        cx = side * who.eye_apart
        at = paint.near(cx, 0.0, 2.0 * wide)
        x, y = paint.hit.x[at], paint.hit.y[at]
        if x.size == 0:
            continue
        u = (x - cx) * (side / wide)
        v = (y - who.eye_tilt * u * wide * 0.6) * (1 / wide)
        uu = np.minimum(u * u, 1.0)
        upper = -high * (1 - uu**1.25) * (1 + 0.12 * u) - 0.05 * np.maximum(u, 0)
        lower = low * (1 - uu)
        edge = np.maximum(upper - v, v - lower) * wide
        edge = np.maximum(edge, (np.abs(u) - 1) * wide)
        crease = np.abs(v - (upper - 0.3 - 0.06 * fem)) * wide
        paint.blend(at, skin * 0.62, 0.55 * paint.cover(crease - 0.007) * ramp(1.1, 0.7, np.abs(u)))
        lid = np.maximum(v - upper, upper - 0.3 - v) * wide
        tint = skin * 0.86 * (1 - fem * 0.25 * _rgb(0.3, 0.6, 0.35))
        paint.blend(at, tint, 0.7 * paint.cover(lid) * ramp(1.15, 0.8, np.abs(u)))
        white = _rgb(0.97, 0.955, 0.94) * (1 - 0.28 * ramp(0.5, 0.0, (v - upper)))[..., None]
        inside = paint.cover(edge)
        paint.blend(at, white, inside)
        ix = x - cx - scene.gaze[0] * wide
        iy = y - (scene.gaze[1] - 0.08) * wide
        distance = np.sqrt(ix * ix + iy * iy)
        big = 0.094
        ring = (
            iris
            * (0.62 + 0.75 * ramp(0.0, big, distance) * ramp(big * 1.05, big * 0.7, distance))[
                ..., None
            ]
        )
        paint.blend(at, ring, inside * paint.cover(distance - big))
        paint.blend(at, iris * 0.25, inside * paint.cover(np.abs(distance - big) - 0.008) * 0.8)
        paint.blend(at, _rgb(0.02, 0.02, 0.025), inside * paint.cover(distance - 0.045))
        glint = np.sqrt((ix + 0.03) ** 2 + (iy + 0.035) ** 2)
        paint.blend(at, _rgb(1, 1, 1), inside * paint.cover(glint - 0.022))
        thick = 0.013 + 0.011 * fem
        wing = 1 + 0.22 * fem
        stroke = np.abs(v - upper) * wide - thick * (0.55 + 0.6 * np.clip(u, 0, 1))
        stroke = np.maximum(stroke, (np.abs(u) - wing) * wide)
        paint.blend(at, lash, paint.cover(stroke))
        under = np.abs(v - lower) * wide - 0.006
        paint.blend(at, skin * 0.5, 0.6 * paint.cover(under) * ramp(1.05, 0.85, np.abs(u)))
        paint.gloss[at] = np.minimum(paint.gloss[at], 1 - 0.9 * inside)


def paint_brows(paint: Paint, who: Identity) -> None:
    """Brows in the hair's colour, or dark where the hair is pale."""
    hair = np.asarray(who.hair, np.float32)
    colour = hair * 0.75 if hair.mean() < 0.45 else hair * 0.62 * _rgb(1, 0.93, 0.85)
    for side in (-1.0, 1.0):
        cx = side * who.eye_apart * 1.03
        at = paint.near(cx, -who.brow_height, 0.33)
        x, y = paint.hit.x[at], paint.hit.y[at]
        if x.size == 0:
            continue
        u = (x - cx) * (side / 0.22)
        line = (
            -who.brow_height
            - who.brow_arch * np.where(u > 0.2, 1 - (u - 0.2) ** 2, 1 - 0.45 * (u - 0.2) ** 2)
            + who.brow_slope * u
        )
        thick = who.brow_thick * (0.95 - 0.55 * ramp(0.1, 1.05, u)) * ramp(-1.1, -0.7, u)
        stroke = np.abs(y - line) - thick
        stroke = np.maximum(stroke, (np.abs(u) - 1.05) * 0.22)
        texture = 0.86 + 0.1 * noise(x * 22, y * 9)
        paint.blend(at, colour, paint.cover(stroke) * np.clip(texture, 0.6, 1))


def paint_mouth(paint: Paint, who: Identity, scene: Scene) -> None:
    """Lips, and teeth where the smile opens."""
    skin = np.asarray(who.skin, np.float32)
    lips = skin * (1 - who.lip_red) + _rgb(0.78, 0.3, 0.32) * who.lip_red * (0.55 + 0.45 * skin[0])
    lips *= _rgb(0.92, 0.78, 0.78)
    smile = scene.smile
    wide = who.mouth_width * (1 + 0.18 * max(0.0, smile))
    at = paint.near(0.0, who.mouth_y, 1.7 * wide)
    x, y = paint.hit.x[at], paint.hit.y[at]
    if x.size == 0:
        return
    u = x * (1 / wide)
    uu = np.minimum(u * u, 1.0)
    middle = who.mouth_y + (0.03 + 0.075 * smile) * (1 - uu) - 0.02 - 0.055 * smile
    gap = 0.078 * scene.open_mouth * (1 - uu) ** 0.8
    cupid = 1 - 0.38 * bump(u, 0, 0.17)
    top = middle - gap * 0.35 - who.lip_upper * (1 - uu) ** 0.75 * cupid * (1 - 0.2 * smile)
    bottom = middle + gap * 0.75 + who.lip_lower * (1 - uu) ** 0.7 * (1 - 0.2 * smile)
    ends = (np.abs(u) - 1) * wide
    lip = np.maximum(np.maximum(top - y, y - bottom), ends)
    upper = ramp(0.0, -0.05, y - middle)
    colour = lips * (1.05 - 0.2 * upper)[..., None]
    paint.blend(at, colour, 0.9 * paint.cover(lip))
    if scene.open_mouth > 0:
        opening = np.maximum(np.maximum(middle - gap * 0.35 - y, y - middle - gap * 0.75), ends)
        inside = paint.cover(opening)
        paint.blend(at, _rgb(0.35, 0.12, 0.12), inside)
        teeth = np.maximum(opening, y - (middle + gap * 0.5))
        teeth = np.maximum(teeth, (np.abs(u) - 0.82) * wide)
        paint.blend(at, _rgb(0.97, 0.96, 0.93), paint.cover(teeth))
    else:
        line = np.maximum(np.abs(y - middle) - 0.011, (np.abs(u) - 1.05) * wide)
        paint.blend(at, lips * 0.36, 0.9 * paint.cover(line))
    corner = np.sqrt((np.abs(x) - wide) ** 2 + (y - middle) ** 2)
    paint.blend(at, skin * 0.55, (0.35 + 0.25 * max(0.0, smile)) * ramp(0.05, 0.0, corner))
    paint.gloss[at] = np.maximum(paint.gloss[at], 0.3 * paint.cover(lip))


def paint_beard(paint: Paint, who: Identity, scene: Scene) -> None:
    """Beard, stubble or moustache, under the mouth so that lips stay free."""
    if who.beard is None:
        return
    x, y = paint.hit.x, paint.hit.y
    ax = np.abs(x)
    hair = np.asarray(who.hair, np.float32) * 0.85
    grain = noise(x * 16, y * 10)
    my = who.mouth_y - 0.05 * max(0.0, scene.smile)
    lip = my - who.lip_upper - 0.012
    moustache = np.maximum(lip - 0.085 + 0.3 * ax * ax - y, y - lip - 0.9 * ax * ax)
    moustache = np.maximum(moustache, ax - who.mouth_width * 1.12)
    cover = ramp(0.015, -0.02, moustache + 0.008 * grain)
    if who.beard != "moustache":
        edge = 0.2 + 0.62 * ramp(0.72, 0.22, ax)
        chin = ramp(-0.03, 0.05, y - edge + 0.015 * grain)
        free = bump(x, 0, 0.8 * who.mouth_width) * bump(y, my + 0.03, 0.075)
        cover = np.maximum(cover, chin * np.clip(1 - 1.5 * free, 0, 1))
        sideburn = ramp(0.58, 0.66, ax * (0.74 / who.width)) * ramp(-0.15, -0.05, y)
        cover = np.maximum(cover, sideburn)
    whole = (slice(None), slice(None))
    if who.beard == "stubble":
        skin = np.asarray(who.skin, np.float32)
        dots = np.clip(0.42 + 0.1 * grain, 0, 1)
        paint.blend(whole, 0.5 * hair + 0.3 * skin * _rgb(0.85, 0.9, 1.0), 0.85 * dots * cover)
    else:
        shade = np.clip(1 + 0.16 * grain, 0.5, 1.5)[..., None]
        paint.blend(whole, hair * shade, np.clip(cover * 1.15, 0, 0.96))

"""The picture in the making: a depth buffer with colour, normals and gloss.

The view is orthographic. X runs right, Y down and Z towards the viewer, in head units; the
head's centre is the origin. Parts are put in any order and the nearer one stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# float32 throughout; NumPy's types promise float64 for much of the arithmetic between.
Array = NDArray[Any]
Window = tuple[slice, slice]
FAR = -9.0

_noise_source = np.random.default_rng(7).standard_normal((256, 256)).astype(np.float32)


def _smooth_noise(radius: int) -> Array:
    spectrum = np.fft.rfft2(_noise_source)
    fy = np.fft.fftfreq(256)[:, None]
    fx = np.fft.rfftfreq(256)[None, :]
    spectrum *= np.exp(-2 * (np.pi * radius) ** 2 * (fx * fx + fy * fy))
    field = np.fft.irfft2(spectrum, s=(256, 256)).astype(np.float32)
    return np.asarray(field / field.std(), np.float32)


_NOISE = _smooth_noise(3)


def noise(u: Array, v: Array) -> Array:
    """Smooth noise of unit variance, lumps about 1 wide, periodic after 28."""
    i = (v * 9.0).astype(np.int32) & 255
    j = (u * 9.0).astype(np.int32) & 255
    return np.asarray(_NOISE[i, j])


def ramp(low: float, high: float, x: Array) -> Array:
    """Smooth step from 0 at `low` to 1 at `high` (either order)."""
    t = np.clip((x - low) * (1.0 / (high - low)), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def bump(x: Array, at: float | Array, width: float) -> Array:
    """Gaussian of height 1 around `at`."""
    t = (x - at) * (1.0 / width)
    return np.asarray(np.exp(-t * t))


def rotation(yaw: float, pitch: float, roll: float) -> Array:
    """3 x 3 matrix from head to view coordinates."""
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    cr, sr = np.cos(roll), np.sin(roll)
    turn = np.array(((cy, 0, sy), (0, 1, 0), (-sy, 0, cy)))
    nod = np.array(((1, 0, 0), (0, cp, sp), (0, -sp, cp)))
    lean = np.array(((cr, -sr, 0), (sr, cr, 0), (0, 0, 1)))
    return np.asarray(lean @ nod @ turn, np.float32)


@dataclass
class Hit:
    """Where rays meet a surface, in a window of the canvas; all arrays have its shape."""

    window: Window
    inside: NDArray[np.bool_]
    depth: Array
    x: Array
    y: Array
    z: Array
    normal: Array


class Canvas:
    """A square canvas of `size` pixels that shows `side` head units.

    `centre` is the view position (X, Y) in the middle of the picture.
    """

    def __init__(self, size: int, side: float, centre: tuple[float, float]) -> None:
        step = side / size
        grid = ((np.arange(size, dtype=np.float32) + 0.5) / size - 0.5) * side
        self.size = size
        self.side = side
        self.pixel = step
        self.xs = (grid + centre[0]).astype(np.float32)
        self.ys = (grid + centre[1]).astype(np.float32)
        self.depth = np.full((size, size), FAR, np.float32)
        self.colour = np.zeros((size, size, 3), np.float32)
        self.normal = np.zeros((size, size, 3), np.float32)
        self.normal[..., 2] = 1
        self.gloss = np.zeros((size, size), np.float32)

    def window(self, x0: float, y0: float, x1: float, y1: float) -> Window:
        """The slices that hold the given rectangle of the view."""
        left, right = np.searchsorted(self.xs, (x0, x1))
        top, bottom = np.searchsorted(self.ys, (y0, y1))
        return slice(int(top), int(bottom)), slice(int(left), int(right))

    def grid(self, window: Window) -> tuple[Array, Array]:
        """View coordinates X (1, w) and Y (h, 1) of a window, ready to broadcast."""
        return self.xs[window[1]][None, :], self.ys[window[0]][:, None]

    def put(
        self, hit: Hit, colour: Array, gloss: float | Array, where: Array | None = None
    ) -> None:
        """Draw a surface where it is nearest; `colour` is (3,) or (h, w, 3)."""
        if hit.depth.size == 0:
            return
        seen = hit.inside & (hit.depth > self.depth[hit.window])
        if where is not None:
            seen &= where > 0
        self.depth[hit.window][seen] = hit.depth[seen]
        self.normal[hit.window][seen] = hit.normal[seen]
        self.colour[hit.window][seen] = colour[seen] if colour.ndim == 3 else colour
        self.gloss[hit.window][seen] = gloss[seen] if isinstance(gloss, np.ndarray) else gloss


def ellipsoid(
    canvas: Canvas,
    turn: Array,
    centre: tuple[float, float, float],
    radii: tuple[float, float, float],
    lump: float = 0.0,
    lump_size: float = 0.2,
) -> Hit:
    """An ellipsoid given in head coordinates; x, y, z of the hit are head coordinates.

    `lump` swells its surface by noise (a share of the radius) with lumps of `lump_size`.
    """
    c = np.asarray(centre, np.float32)
    r = np.asarray(radii, np.float32)
    mid = turn @ c
    reach = np.sqrt(((turn * r) ** 2).sum(1)) * (1 + 2.5 * lump)
    window = canvas.window(
        mid[0] - reach[0], mid[1] - reach[1], mid[0] + reach[0], mid[1] + reach[1]
    )
    vx, vy = canvas.grid(window)
    qx, qy, qz = (
        ((vx - mid[0]) * turn[0, k] + (vy - mid[1]) * turn[1, k]) * (1 / r[k]) for k in range(3)
    )
    dx, dy, dz = turn[2] / r
    a = dx * dx + dy * dy + dz * dz
    b = qx * dx + qy * dy + qz * dz
    rest = qx * qx + qy * qy + qz * qz
    scale: float | Array = 1.0
    base = b * b - a * rest
    if lump:
        disc = np.maximum(base + a, 0)
        depth = (-b + np.sqrt(disc)) * (1 / a)
        fx, fy = (qx + depth * dx) * r[0] / lump_size, (qy + depth * dy) * r[1] / lump_size
        scale = (1 + lump * noise(fx + c[0] * 9, fy + c[1] * 5 + depth / lump_size)) ** 2
    disc = base + a * scale
    inside = disc > 0
    depth = (-b + np.sqrt(np.maximum(disc, 0))) * (1 / a)
    qx, qy, qz = qx + depth * dx, qy + depth * dy, qz + depth * dz
    n = np.stack((qx / r[0], qy / r[1], qz / r[2]), -1) @ turn.T
    n /= np.linalg.norm(n, axis=-1, keepdims=True) + 1e-6
    return Hit(
        window,
        inside,
        depth + mid[2],
        qx * r[0] + c[0],
        qy * r[1] + c[1],
        qz * r[2] + c[2],
        n,
    )

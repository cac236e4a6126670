"""What is behind the person: studio paper, places out of focus, clutter."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from generation.embedded_model.renderer.canvas import Array

_STUDIO = {
    "studio grey": (150, 152, 156),
    "studio white": (240, 241, 243),
    "studio blue": (96, 138, 190),
    "warm beige": (214, 190, 162),
}


def draw_backdrop(name: str, seed: int, size: int) -> Array:
    """The backdrop `name` as (size, size, 3) sRGB in 0..1."""
    g = np.random.default_rng((0xBAC, seed))
    if name in _STUDIO:
        return _studio(np.asarray(_STUDIO[name], np.float32) / 255, g, size)
    paint, blur = _PLACES[name]
    small: Array = np.zeros((96, 96, 3), np.float32)
    paint(small, g)
    small += g.normal(0, 0.02, 3).astype(np.float32)
    sharp = blur * float(g.uniform(0.7, 1.3))
    small = cv2.GaussianBlur(small, (0, 0), sharp)
    if g.uniform() < 0.5:
        small = np.ascontiguousarray(small[:, ::-1])
    large = cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(large, 0, 1), np.float32)


def _studio(colour: Array, g: np.random.Generator, size: int) -> Array:
    axis = np.linspace(-1, 1, 48, dtype=np.float32)
    cx, cy = g.uniform(-0.25, 0.25), g.uniform(-0.2, 0.5)
    far = (axis[None, :] - cx) ** 2 + 0.8 * (axis[:, None] - cy) ** 2
    light = 1.03 - g.uniform(0.05, 0.13) * far
    small = colour * light[..., None].astype(np.float32)
    large = cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(large, 0, 1), np.float32)


def _box(im: Array, x0: float, y0: float, x1: float, y1: float, c: tuple[float, ...]) -> None:
    points = (int(x0), int(y0)), (int(x1), int(y1))
    cv2.rectangle(im, *points, tuple(float(v) / 255 for v in c), -1)


def _disc(im: Array, x: float, y: float, r: float, c: tuple[float, ...]) -> None:
    colour = tuple(float(v) / 255 for v in c)
    cv2.circle(im, (int(x), int(y)), int(max(r, 1)), colour, -1, cv2.LINE_AA)


def _vary(g: np.random.Generator, c: tuple[int, int, int], by: float = 14) -> tuple[float, ...]:
    return tuple(float(v) for v in np.clip(np.asarray(c) + g.normal(0, by, 3), 0, 255))


def _fade(im: Array, top: tuple[int, int, int], bottom: tuple[int, int, int]) -> None:
    t = np.linspace(0, 1, im.shape[0], dtype=np.float32)[:, None, None]
    a, b = (np.asarray(c, np.float32) / 255 for c in (top, bottom))
    im[:] = a * (1 - t) + b * t


def _office(im: Array, g: np.random.Generator) -> None:
    _fade(im, (206, 208, 208), (170, 166, 160))
    x = g.uniform(-20, 6)
    while x < 96:
        wide = g.uniform(16, 26)
        _box(im, x, 2, x + wide, 58, _vary(g, (226, 236, 246), 6))
        _box(im, x, 28, x + wide, 30, (150, 152, 156))
        x += wide + g.uniform(3, 7)
    _box(im, 0, 60, 96, 66, _vary(g, (130, 106, 84)))
    for _ in range(3):
        at = g.uniform(0, 96)
        _box(im, at, 50, at + g.uniform(6, 14), 70, _vary(g, (70, 78, 92)))


def _outdoors(im: Array, g: np.random.Generator) -> None:
    _fade(im, (190, 216, 240), (128, 158, 96))
    for _ in range(26):
        shade = ((92, 142, 72), (136, 176, 92), (70, 116, 66), (206, 214, 150))[g.integers(4)]
        _disc(im, g.uniform(0, 96), g.normal(52, 22), g.uniform(5, 13), _vary(g, shade))


def _garden(im: Array, g: np.random.Generator) -> None:
    _fade(im, (84, 128, 70), (50, 96, 48))
    for _ in range(34):
        shade = ((40, 92, 42), (96, 158, 70), (28, 70, 36))[g.integers(3)]
        _disc(im, g.uniform(0, 96), g.uniform(0, 96), g.uniform(3, 8), _vary(g, shade))
    for _ in range(12):
        shade = ((232, 90, 120), (250, 214, 90), (240, 240, 250))[g.integers(3)]
        _disc(im, g.uniform(0, 96), g.uniform(0, 96), g.uniform(1.5, 3.5), shade)


def _kitchen(im: Array, g: np.random.Generator) -> None:
    _fade(im, (228, 222, 208), (210, 204, 194))
    cupboard = _vary(g, ((196, 150, 104), (120, 150, 150), (236, 232, 226))[g.integers(3)])
    for x in np.arange(-8 + g.uniform(0, 8), 96, 24):
        _box(im, x, -2, x + 22, 30, cupboard)
        _box(im, x + 18, 14, x + 19, 22, (70, 70, 72))
    for y in range(34, 62, 7):
        for x in range((y // 7 % 2) * 5 - 5, 96, 10):
            _box(im, x, y, x + 8, y + 5, _vary(g, (222, 232, 232), 6))
    _box(im, 0, 64, 96, 70, (92, 84, 80))


def _bookshelf(im: Array, g: np.random.Generator) -> None:
    im[:] = np.asarray(_vary(g, (98, 66, 42), 8), np.float32) / 255
    for y in (0, 25, 50, 75):
        x = 1.0
        while x < 95:
            wide = g.uniform(2.5, 6)
            tall = g.uniform(15, 21)
            spine = tuple(float(v) for v in g.uniform(30, 225, 3))
            _box(im, x, y + 22 - tall, x + wide - 1, y + 22, spine)
            x += wide


def _street(im: Array, g: np.random.Generator) -> None:
    _fade(im, (198, 214, 230), (140, 140, 144))
    x = -4.0
    while x < 96:
        wide = g.uniform(16, 30)
        top = g.uniform(0, 30)
        wall = _vary(g, ((178, 120, 96), (150, 152, 160), (204, 188, 158))[g.integers(3)])
        _box(im, x, top, x + wide, 80, wall)
        for wy in np.arange(top + 4, 66, 10):
            for wx in np.arange(x + 3, x + wide - 5, 8):
                _box(im, wx, wy, wx + 4, wy + 5, _vary(g, (72, 86, 108), 16))
        x += wide
    _box(im, 0, 80, 96, 96, (96, 96, 100))


def _bedroom(im: Array, g: np.random.Generator) -> None:
    wall = ((196, 206, 222), (226, 206, 196), (206, 216, 196))[g.integers(3)]
    _fade(im, wall, wall)
    at = g.uniform(6, 20)
    _box(im, at, 8, at + 26, 34, (92, 74, 60))
    _box(im, at + 2, 10, at + 24, 32, _vary(g, (170, 190, 180), 40))
    at = g.uniform(60, 80)
    _disc(im, at, 34, 9, (254, 232, 170))
    _box(im, at - 1, 42, at + 1, 66, (80, 70, 60))
    _box(im, 0, 60, 96, 96, _vary(g, (176, 140, 160), 24))


def _cafe(im: Array, g: np.random.Generator) -> None:
    _fade(im, (72, 50, 40), (112, 78, 54))
    for _ in range(9):
        _disc(im, g.uniform(0, 96), g.uniform(4, 46), g.uniform(3, 7), _vary(g, (255, 206, 120)))
    for _ in range(6):
        at = g.uniform(0, 96)
        _box(im, at, 52, at + g.uniform(5, 12), 90, _vary(g, (150, 98, 66), 24))


def _brick(im: Array, g: np.random.Generator) -> None:
    im[:] = np.asarray((204, 192, 182), np.float32) / 255
    clay = _vary(g, (166, 82, 62), 12)
    for row, y in enumerate(range(0, 96, 8)):
        for x in range(-(row % 2) * 8, 96, 16):
            _box(im, x, y, x + 14, y + 6, _vary(g, (int(clay[0]), int(clay[1]), int(clay[2])), 9))


def _sunset(im: Array, g: np.random.Generator) -> None:
    _fade(im, (92, 84, 150), (252, 152, 84))
    _disc(im, g.uniform(10, 86), g.uniform(44, 66), 8, (255, 236, 170))
    _box(im, 0, 74, 96, 96, (60, 50, 84))


_Painter = Callable[[Array, np.random.Generator], None]
_PLACES: dict[str, tuple[_Painter, float]] = {
    "office": (_office, 3.2),
    "outdoors": (_outdoors, 4.2),
    "kitchen": (_kitchen, 0.8),
    "bookshelf": (_bookshelf, 0.8),
    "street": (_street, 0.8),
    "garden": (_garden, 1.0),
    "bedroom": (_bedroom, 0.8),
    "cafe": (_cafe, 1.2),
    "brick wall": (_brick, 0.6),
    "sunset": (_sunset, 1.5),
}

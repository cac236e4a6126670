"""From a person and a scene to a picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.embedded_model.renderer.backdrop import draw_backdrop
from generation.embedded_model.renderer.canvas import FAR, Array, Canvas, rotation
from generation.embedded_model.renderer.clothes import draw_clothes, draw_neck
from generation.embedded_model.renderer.face import (
    Paint,
    paint_beard,
    paint_brows,
    paint_eyes,
    paint_mouth,
)
from generation.embedded_model.renderer.glasses import draw_glasses
from generation.embedded_model.renderer.hair import draw_ears, draw_hair
from generation.embedded_model.renderer.head import DEPTH, skin, surface
from generation.embedded_model.renderer.identity import Identity
from generation.embedded_model.renderer.scene import EYE_X, EYE_Y, Scene


def draw(who: Identity, scene: Scene, size: int, oversample: float = 2.0) -> NDArray[np.uint8]:
    """The photo as (size, size, 3) uint8 sRGB, drawn larger by `oversample` and reduced."""
    large = round(size * oversample)
    turn = rotation(scene.yaw, scene.pitch, scene.roll)
    eyes = turn @ np.array((0, 0, 0.92 * DEPTH), np.float32)
    centre = (
        float(eyes[0]) + (0.5 - EYE_X - scene.shift[0]) * scene.side,
        float(eyes[1]) + (0.5 - EYE_Y - scene.shift[1]) * scene.side,
    )
    canvas = Canvas(large, scene.side, centre)
    # Head and body turn about the neck, so the body moves a little against the head.
    lean = (-0.55 * float(np.sin(scene.roll)), 0.12 * abs(scene.pitch))
    draw_neck(canvas, who, lean)
    draw_clothes(canvas, who, scene, lean)
    draw_ears(canvas, turn, who)
    head = surface(canvas, turn, who, scene)
    paint = Paint(canvas, head, skin(who, head), turn, who)
    paint_beard(paint, who, scene)
    paint_mouth(paint, who, scene)
    paint_eyes(paint, who, scene)
    paint_brows(paint, who)
    canvas.put(head, paint.colour, paint.gloss)
    draw_hair(canvas, turn, who)
    draw_glasses(canvas, turn, who)
    behind = draw_backdrop(scene.backdrop, scene.seed, large)
    picture = _light(canvas, scene, behind)
    small: Array = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    if scene.grain:
        g = np.random.default_rng((0x6AA, scene.seed))
        small = small + g.normal(0, scene.grain, small.shape).astype(np.float32)
    return np.asarray(np.clip(small * 255 + 0.5, 0, 255), np.uint8)


def _light(canvas: Canvas, scene: Scene, behind: Array) -> Array:
    """Shade the canvas: wrapped key, sky and bounce, rim, highlights, contact shadows."""
    n = canvas.normal
    key = np.asarray(scene.key, np.float32)
    facing = n @ key
    wrap = np.array((0.42, 0.32, 0.28), np.float32)
    diffuse = np.clip((facing[..., None] + wrap) / (1 + wrap), 0, None)
    sky = 0.86 - 0.2 * n[..., 1]
    solid = canvas.depth > FAR / 2
    depth = np.where(solid, canvas.depth, -1.2)
    near = cv2.GaussianBlur(depth, (0, 0), max(0.6, 0.075 / canvas.pixel))
    wide = cv2.GaussianBlur(depth, (0, 0), max(0.6, 0.2 / canvas.pixel))
    hidden = 1.1 * np.clip(near - depth, 0, 0.3) + 0.6 * np.clip(wide - depth, 0, 0.5)
    open_sky = 1 - np.clip(hidden, 0, 0.55)
    half = key + np.array((0, 0, 1), np.float32)
    half /= np.linalg.norm(half)
    shine = np.clip(n @ half, 0, 1) ** 24 * canvas.gloss
    rim = np.clip(1 - n[..., 2], 0, 1) ** 3 * 0.22 * np.clip(0.3 - n[..., 1], 0, 1)
    light = scene.ambient * sky[..., None] + scene.key_strength * diffuse
    light *= open_sky[..., None]
    light += rim[..., None]
    warm = np.array((1 + scene.warmth, 1, 1 - scene.warmth), np.float32)
    colour = canvas.colour * canvas.colour * light * warm * 1.08
    colour += (0.5 * shine * scene.key_strength)[..., None]
    # A soft shoulder keeps fair skin and white shirts from clipping under bright light.
    colour = np.sqrt(np.maximum(colour, 0))
    colour = np.where(colour > 0.82, 0.82 + 0.18 * np.tanh((colour - 0.82) / 0.18), colour)
    backdrop = behind * (0.93 if scene.light == "side light" else 1.0)
    if scene.light == "bright light":
        backdrop = np.minimum(backdrop * 1.05, 1)
    return np.asarray(np.where(solid[..., None], colour, backdrop), np.float32)

"""Rendered people: who they are, how they are photographed, and the picture of it.

`Identity.sample(seed)` is a person, `Scene.sample(seed, context)` a photograph of one,
`draw(identity, scene, size)` the picture and `caption` its words. Everything is a function
of its seeds alone. NumPy and OpenCV only; torch is never needed here.
"""

from generation.embedded_model.renderer.captions import caption
from generation.embedded_model.renderer.draw import draw
from generation.embedded_model.renderer.identity import Identity
from generation.embedded_model.renderer.scene import Scene

__all__ = ["Identity", "Scene", "caption", "draw"]

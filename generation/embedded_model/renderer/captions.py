"""Captions of rendered photos, in the words of the vocabulary and no others."""

from __future__ import annotations

import numpy as np

from generation.embedded_model import vocabulary
from generation.embedded_model.renderer.identity import Identity
from generation.embedded_model.renderer.scene import Scene


def person_words(identity: Identity) -> list[str]:
    """Everything a caption can say about who is in the picture, the noun first."""
    parts = [identity.noun, identity.age_word, identity.skin_word]
    if identity.covering:
        parts.append(identity.covering)
    elif identity.style == "bald":
        parts.append("bald")
    else:
        parts.append(f"{identity.style} {identity.hair_colour} hair")
    if identity.glasses:
        parts.append("glasses")
    if identity.beard:
        parts.append(identity.beard)
    if identity.freckles:
        parts.append("freckles")
    if identity.mole:
        parts.append("mole")
    return parts


def caption(identity: Identity, scene: Scene, seed: int) -> str:
    """A caption that leaves out what `seed` decides.

    Two in five say nothing about the person ("sks person"): that is what an adapter is
    trained on and prompted with. The look's words are dropped one by one.
    """
    g = np.random.default_rng((0xCA9, seed))
    look = [scene.expression, scene.attire, scene.backdrop, scene.light]
    keep_all = scene.context == "headshot" and g.uniform() < 0.6
    look = [words for words in look if keep_all or g.uniform() < 0.65]
    if scene.context == "selfie" and g.uniform() < 0.2:
        look = []
    if g.uniform() < 0.4:
        who = [f"{vocabulary.TOKEN} {vocabulary.NOUN}"]
    else:
        noun, *marks = person_words(identity)
        noun = noun if g.uniform() < 0.85 else vocabulary.NOUN
        noun = f"{vocabulary.TOKEN} {noun}" if g.uniform() < 0.2 else noun
        who = [noun, *(mark for mark in marks if g.uniform() < 0.8)]
    return ", ".join([f"{scene.context} of {who[0]}", *who[1:], *look])

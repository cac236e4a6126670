"""Saying in a picture's file where it comes from, so that anybody can check it."""

from generation.engine.provenance.reading import Credentials, read
from generation.engine.provenance.signing import CannotSign, Credential, sign
from generation.engine.provenance.xmp import (
    MADE_BY_A_MODEL,
    MADE_BY_A_PERSON,
    made_by_a_model,
    photographed,
)

__all__ = [
    "MADE_BY_A_MODEL",
    "MADE_BY_A_PERSON",
    "CannotSign",
    "Credential",
    "Credentials",
    "made_by_a_model",
    "photographed",
    "read",
    "sign",
]

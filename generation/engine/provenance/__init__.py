"""Saying in a picture's file where it comes from, so that anybody can check it."""

from generation.engine.provenance.reading import Credentials, Unreadable, read
from generation.engine.provenance.signing import CannotSign, Credential, sign
from generation.engine.provenance.xmp import (
    COMPOSED,
    DRAWN,
    MADE_BY_A_MODEL,
    MADE_BY_A_PERSON,
    packet,
)

__all__ = [
    "COMPOSED",
    "DRAWN",
    "MADE_BY_A_MODEL",
    "MADE_BY_A_PERSON",
    "CannotSign",
    "Credential",
    "Credentials",
    "Unreadable",
    "packet",
    "read",
    "sign",
]

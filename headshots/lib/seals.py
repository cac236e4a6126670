"""Signatures that anybody can check: Ed25519, with a key of this installation."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Seal:
    """Signs and checks with a key derived from a secret; another secret is another key."""

    def __init__(self, secret: str) -> None:
        seed = hashlib.sha256(b"headshots seal\0" + secret.encode()).digest()
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public_key(self) -> str:
        """The key to check with, 64 hexadecimal digits."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def sign(self, text: str) -> str:
        """The signature over a text in UTF-8, 128 hexadecimal digits."""
        return self._key.sign(text.encode()).hex()


def holds(*, text: str, signature: str, public_key: str) -> bool:
    """Whether the signature over the text is by that key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True

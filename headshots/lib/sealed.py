"""Short secrets that must be read again, such as signing keys, encrypted at rest."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class SealBroken(Exception):
    """What was sealed was made under another SECRET_KEY, for another purpose, or was altered."""


def seal(text: str, *, purpose: str) -> str:
    """The text encrypted and authenticated; opened only with the same purpose."""
    return _box(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """The text again. Raises SealBroken."""
    try:
        return _box(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken as problem:
        raise SealBroken from problem


def _box(purpose: str) -> MultiFernet:
    # Django's own list of keys that were: after a change of SECRET_KEY the old one still opens.
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key, purpose)) for key in keys])


def _derived(key: str, purpose: str) -> bytes:
    derive = HKDF(
        algorithm=SHA256(),
        length=32,
        salt=hashlib.sha256(b"headshots.lib.sealed").digest(),
        info=purpose.encode(),
    )
    return base64.urlsafe_b64encode(derive.derive(key.encode()))

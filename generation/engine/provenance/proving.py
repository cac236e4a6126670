"""Whether a claim was signed with the key of a certificate that we know, whatever its end date.

c2pa trusts no certificate that has ended, and what it says of one, even its serial number, a
stranger can write into a certificate of their own. So here nothing in the file is believed: the
signature over the claim is verified with the key that we know.
"""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

_CLAIMS = (b"c2pa.claim.v2", b"c2pa.claim")
_SIGNATURE = b"c2pa.signature"
# COSE_Sign1: the tag and an array of four; at its end no payload and the 64 bytes of ES256.
_BEGINNING, _END = b"\xd2\x84", b"\xf6\x58\x40"
_LENGTH = 64


class _Odd(Exception):
    """Not built as what we sign."""


def proves(store: bytes, *, manifest: str, signer: x509.Certificate) -> bool:
    """Whether `store`, a JUMBF box of content credentials, holds one manifest, the one called
    `manifest`, whose claim was signed with `signer`'s key. The hashes that the claim names, and
    the picture, are for the caller to have checked."""
    key = signer.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        claim, protected, signature = _parts(store, manifest.encode())
    except (_Odd, IndexError):
        return False
    said = b"\x84\x6aSignature1" + _byte_string(protected) + b"\x40" + _byte_string(claim)
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    try:
        key.verify(utils.encode_dss_signature(r, s), said, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _parts(store: bytes, manifest: bytes) -> tuple[bytes, bytes, bytes]:
    """The claim, and of its signature what is signed along and the signature itself."""
    (whole,) = _all(store, 1)
    if whole[0] != b"jumb":
        raise _Odd
    _label, inside = _labelled(whole[1])
    (only,) = _all(inside, 1)
    label, inside = _labelled(only[1])
    if only[0] != b"jumb" or label != manifest:
        raise _Odd
    named = [_labelled(body) for kind, body in _boxes(inside) if kind == b"jumb"]
    claims = [body for label, body in named if label in _CLAIMS]
    signatures = [body for label, body in named if label == _SIGNATURE]
    if len(claims) != 1 or len(signatures) != 1:
        raise _Odd
    ((kind, claim),) = _all(claims[0], 1)
    ((other, cose),) = _all(signatures[0], 1)
    if (kind, other) != (b"cbor", b"cbor"):
        raise _Odd
    if not cose.startswith(_BEGINNING) or cose[-_LENGTH - 3 : -_LENGTH] != _END:
        raise _Odd
    return claim, _first_byte_string(cose[2:]), cose[-_LENGTH:]


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size < 8 or at + size > len(data):
            raise _Odd
        yield data[at + 4 : at + 8], data[at + 8 : at + size]
        at += size


def _all(data: bytes, number: int) -> list[tuple[bytes, bytes]]:
    found = list(_boxes(data))
    if len(found) != number:
        raise _Odd
    return found


def _labelled(superbox: bytes) -> tuple[bytes, bytes]:
    """Its label, from the description box that comes first, and the boxes after that."""
    kind, description = next(_boxes(superbox), (b"", b""))
    if kind != b"jumd" or len(description) < 18 or b"\0" not in description[17:]:
        raise _Odd
    label = description[17 : description.index(b"\0", 17)]
    return label, superbox[8 + len(description) :]


def _first_byte_string(cbor: bytes) -> bytes:
    head, more = cbor[0], {0x58: 1, 0x59: 2, 0x5A: 4}
    if head not in more:
        raise _Odd
    ahead = 1 + more[head]
    size = int.from_bytes(cbor[1:ahead], "big")
    if ahead + size > len(cbor):
        raise _Odd
    return cbor[ahead : ahead + size]


def _byte_string(data: bytes) -> bytes:
    for head, width in ((0x58, 1), (0x59, 2), (0x5A, 4)):
        if len(data) < 256**width:
            # Shorter than 24 bytes is written otherwise, and nothing that is signed here is.
            return bytes([head]) + len(data).to_bytes(width, "big") + data
    raise _Odd

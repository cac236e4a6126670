"""Content credentials (C2PA) in a finished file. Sign last: any byte changed later breaks them."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from generation.engine.provenance.xmp import MADE_BY_A_MODEL

PRODUCT = "Headshots"
# An assertion of our own: which look, and what was done. Nothing about the person.
LOOK = "com.headshots.look"
FORMATS = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "pdf": "application/pdf",
}
_SETTINGS = {"builder": {"thumbnail": {"enabled": False}}, "verify": {"verify_after_sign": False}}


class CannotSign(Exception):
    """The key, the chain or the file is no use; the message says which, in a sentence."""


@dataclass(frozen=True)
class Credential:
    """What we sign with. `chain` is PEM, the signing certificate first; `key` PKCS#8 PEM of a
    P-256 key. `time_authority` is an RFC 3161 address, asked once a file, or None."""

    chain: bytes
    key: bytes
    time_authority: str | None = None


def sign(
    data: bytes, format: str, credential: Credential, *, look: str, source: str = MADE_BY_A_MODEL
) -> bytes:
    """The same picture with content credentials: made as `source` says (IPTC's source type), by
    this product, in this look, now. No thumbnail, no ingredient, nobody's name.

    `format` is jpeg, png, webp or pdf. About 60 ms for a megapixel. Raises CannotSign.
    """
    import c2pa

    manifest = json.dumps(_manifest(format, look, source))
    out = io.BytesIO()
    try:
        signer = c2pa.Signer.from_info(
            c2pa.C2paSignerInfo(
                c2pa.C2paSigningAlg.ES256,
                credential.chain,
                credential.key,
                credential.time_authority.encode() if credential.time_authority else None,
            )
        )
        with signer, c2pa.Builder(manifest, _context()) as builder:
            builder.sign(signer, FORMATS[format], io.BytesIO(data), out)
    except c2pa.C2paError as error:
        raise CannotSign(f"The file could not be signed: {error}") from error
    return out.getvalue()


@lru_cache(maxsize=1)
def _context() -> Any:
    import c2pa

    return c2pa.Context(c2pa.Settings.from_dict(_SETTINGS))


def _manifest(format: str, look: str, source: str) -> dict[str, Any]:
    when = datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    made: dict[str, Any] = {
        "action": "c2pa.created",
        "when": when,
        "softwareAgent": {"name": PRODUCT},
        "digitalSourceType": source,
    }
    return {
        "claim_generator_info": [{"name": PRODUCT}],
        "title": "Headshot",
        "format": FORMATS[format],
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": [made]}},
            {"label": LOOK, "data": {"look": look}},
        ],
    }

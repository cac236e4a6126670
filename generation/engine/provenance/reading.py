"""What a file says about where it comes from, and whether that is to be believed."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from generation.engine.provenance.signing import FORMATS, LOOK, PRODUCT
from generation.engine.provenance.xmp import COMPOSED, MADE_BY_A_MODEL, MADE_BY_A_PERSON

# A changed picture, or a changed statement about it.
_TAMPERED = (
    "assertion.dataHash.mismatch",
    "assertion.hashedURI.mismatch",
    "claimSignature.mismatch",
)
_UNTRUSTED = ("signingCredential.untrusted", "signingCredential.invalid")


@dataclass(frozen=True)
class Credentials:
    """A file's content credentials.

    `ours`: a certificate of this product's signed them. `changed`: the file is not what was
    signed. `made_at` and the rest are what the credentials say and mean nothing where `ours` is
    false or they were changed themselves.
    """

    ours: bool
    changed: bool
    signer: str
    made_at: datetime | None
    source_type: str
    look: str

    @property
    def generated(self) -> bool:
        """Whether a model made the picture."""
        return self.source_type == MADE_BY_A_MODEL

    @property
    def photographed(self) -> bool:
        """Whether it is a real photo that was cropped and put on a plate."""
        return self.source_type == MADE_BY_A_PERSON

    @property
    def composed(self) -> bool:
        """Whether it shows several pictures, some of them a model's."""
        return self.source_type == COMPOSED


def read(
    data: bytes, format: str, *, anchors: bytes, signers: frozenset[str]
) -> Credentials | None:
    """Read a file's newest credentials; None where it has none.

    `anchors` is PEM of the roots that our certificates hang on, `signers` the serial numbers of
    those we sign or have signed with: others may hang on the same root. The picture is not
    decoded and nothing is fetched.
    """
    import c2pa

    context = _context(anchors)
    try:
        with c2pa.Reader(FORMATS[format], io.BytesIO(data), context=context) as reader:
            found: dict[str, Any] = json.loads(reader.json())
    except c2pa.C2paError as error:
        if "ManifestNotFound" in f"{type(error).__name__} {error}":
            return None
        # Credentials that cannot even be parsed were there and are no longer whole.
        return Credentials(False, True, "", None, "", "")
    manifest = found.get("manifests", {}).get(found.get("active_manifest"), {})
    return _judged(found, manifest, signers)


def _judged(
    found: Mapping[str, Any], manifest: Mapping[str, Any], signers: frozenset[str]
) -> Credentials:
    codes = {str(row.get("code")) for row in found.get("validation_status") or []}
    signature = manifest.get("signature_info") or {}
    who = signer_name(signature)
    products = [info.get("name") for info in manifest.get("claim_generator_info") or []]
    ours = who in signers and PRODUCT in products and not codes.intersection(_UNTRUSTED)
    action = _assertion(manifest, "c2pa.actions").get("actions") or [{}]
    return Credentials(
        ours=ours,
        changed=bool(codes.intersection(_TAMPERED)) or found.get("validation_state") == "Invalid",
        signer=str(signature.get("common_name") or signature.get("issuer") or ""),
        made_at=_when(action[0].get("when")),
        source_type=str(action[0].get("digitalSourceType") or ""),
        look=str(_assertion(manifest, LOOK).get("look") or "")[:200],
    )


def signer_name(signature: Mapping[str, Any]) -> str:
    """How a signing certificate is told apart: its serial number, in decimals."""
    return str(signature.get("cert_serial_number") or "")


def _assertion(manifest: Mapping[str, Any], label: str) -> Mapping[str, Any]:
    for assertion in manifest.get("assertions") or []:
        if str(assertion.get("label", "")).split("__")[0].startswith(label):
            data = assertion.get("data")
            return data if isinstance(data, dict) else {}
    return {}


def _when(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


@lru_cache(maxsize=4)
def _context(anchors: bytes) -> Any:
    import c2pa

    settings: dict[str, Any] = {
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True}
    }
    if anchors:
        settings["trust"] = {"user_anchors": anchors.decode()}
    return c2pa.Context(c2pa.Settings.from_dict(settings))

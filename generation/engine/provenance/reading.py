"""What a file says about where it comes from, and whether that is to be believed."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography import x509

from generation.engine.provenance.proving import proves
from generation.engine.provenance.signing import FORMATS, LOOK, PRODUCT
from generation.engine.provenance.xmp import COMPOSED, MADE_BY_A_MODEL, MADE_BY_A_PERSON

# What the C2PA specification's failures say of who signed and who witnessed it. Any other is about
# the picture, or what is said about it, not being what was signed.
_UNKNOWN, _ENDED = "signingCredential.untrusted", "signingCredential.expired"
_REFUSED = frozenset(
    {
        "claimSignature.outsideValidity",
        "signingCredential.invalid",
        "signingCredential.ocsp.revoked",
        "signingCredential.ocsp.unknown",
        "signingCredential.revoked",
    }
)
_ABOUT_THE_SIGNER = _REFUSED | {
    _UNKNOWN,
    _ENDED,
    "timeStamp.outsideValidity",
    "timeStamp.revoked",
    "timeStamp.untrusted",
}

# What stands in any file that has, or points at, content credentials, be they damaged ones: the
# beginning of their box, the labels of what they state, and what leads to them.
_TRACES = (b"jumdc2pa", b"c2pa.", b"C2PA_Manifest", b"dcterms:provenance")


class Unreadable(Exception):
    """The file cannot be read, and nothing shows that it ever had credentials."""


@dataclass(frozen=True)
class Credentials:
    """A file's content credentials.

    `ours`: a certificate of this product's signed them. `changed`: the file is not what was
    signed. `made_at` and the rest are what the credentials say and mean nothing where `ours` is
    false or they were changed themselves. `ended_at`: of ours, when the certificate ended, where
    no trusted time authority says that they were signed before; then `made_at` is their own claim.
    """

    ours: bool
    changed: bool
    signer: str
    made_at: datetime | None
    source_type: str
    look: str
    ended_at: datetime | None = None

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
    data: bytes, format: str, *, anchors: bytes, signers: Mapping[str, str]
) -> Credentials | None:
    """Read a file's newest credentials; None where it has none. Raises Unreadable.

    `signers` is PEM of the certificates that we sign or have signed with, by serial number,
    `anchors` PEM of the roots that they and our time authorities hang on. The picture is not
    decoded and nothing is fetched.
    """
    import c2pa

    context = _context(anchors)
    try:
        with c2pa.Reader(FORMATS[format], io.BytesIO(data), context=context) as reader:
            found: dict[str, Any] = json.loads(reader.json())
            label = str(found.get("active_manifest"))
            manifest = found.get("manifests", {}).get(label, {})
            pem = signers.get(signer_name(manifest.get("signature_info") or {}))
            signer = x509.load_pem_x509_certificate(pem.encode()) if pem else None
            # SECURITY: a name, a serial number and even a root are not enough; the key is. And a
            # certificate that has ended does not lose its key.
            if signer and not proves(_store(reader, label), manifest=label, signer=signer):
                signer = None
    except c2pa.C2paError as error:
        if "ManifestNotFound" in f"{type(error).__name__} {error}":
            return None
        # A damaged picture need not have had any.
        if not any(trace in data for trace in _TRACES):
            raise Unreadable from error
        # Credentials that cannot even be parsed were there and are no longer whole.
        return Credentials(False, True, "", None, "", "")
    return _judged(found, manifest, signer)


def _store(reader: Any, manifest: str) -> bytes:
    """The JUMBF box of the credentials as c2pa has understood it; nothing where it gives none."""
    import c2pa

    out = io.BytesIO()
    try:
        reader.resource_to_stream(f"self#jumbf=/c2pa/{manifest}", out)
    except c2pa.C2paError:
        return b""
    return out.getvalue()


def _failures(found: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(str(row.get("code")) for row in found.get("validation_status") or [])


def _judged(
    found: Mapping[str, Any], manifest: Mapping[str, Any], signer: x509.Certificate | None
) -> Credentials:
    """`signer`: the certificate of ours that signed."""
    failures = _failures(found)
    signature = manifest.get("signature_info") or {}
    products = [info.get("name") for info in manifest.get("claim_generator_info") or []]
    ours = signer is not None and PRODUCT in products and not failures & _REFUSED
    action = _assertion(manifest, "c2pa.actions").get("actions") or [{}]
    # Of a file that is as it was signed, c2pa says why it is invalid all the same.
    unexplained = found.get("validation_state") == "Invalid" and not failures
    return Credentials(
        ours=ours,
        changed=unexplained or bool(failures - _ABOUT_THE_SIGNER),
        signer=str(signature.get("common_name") or signature.get("issuer") or ""),
        made_at=_when(action[0].get("when")),
        source_type=str(action[0].get("digitalSourceType") or ""),
        look=str(_assertion(manifest, LOOK).get("look") or "")[:200],
        ended_at=signer.not_valid_after_utc if signer and ours and _ENDED in failures else None,
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

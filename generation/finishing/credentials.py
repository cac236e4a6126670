"""This installation's content credentials: what it signs files with, and whether one is its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generation.engine import provenance
from generation.engine.provenance import Credential, Credentials, authority, checking
from headshots.lib.problems import Problem

# The first bytes of what we make.
_BEGINNINGS = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"%PDF-", "pdf"),
)
_NO_PEM = "The certificates of the content credentials are no PEM."
DEMO_NAME = "Headshots demo, not for publication"


class Unusable(Exception):
    """The keys that the settings name cannot be signed with; the message is a sentence."""


@dataclass(frozen=True)
class Signing:
    """What is signed with. `signers` are our certificates in PEM, of today and of before, by serial
    number; `anchors` what they and the time authorities hang on. `own_chain`: made here, for a
    demo, trusted by nobody."""

    credential: Credential
    anchors: bytes
    signers: Mapping[str, str]
    name: str
    ends_at: datetime
    own_chain: bool


def signing() -> Signing | None:
    """What this installation signs with; None where no keys are set and it is no demo.

    Raises Unusable where the keys that are set do not fit.
    """
    return _signing(
        settings.C2PA_CHAIN or "",
        settings.C2PA_KEY or "",
        settings.C2PA_FORMER or "",
        settings.C2PA_TIME_AUTHORITY,
        settings.C2PA_TIME_ROOTS or "",
        settings.VAR_DIR / "credentials" if settings.DEMO else None,
    )


def known() -> Signing | None:
    """The same for whoever only reads: keys that do not fit are none."""
    try:
        return signing()
    except Unusable:
        return None


@lru_cache(maxsize=8)
def _signing(
    chain: str,
    key: str,
    former: str,
    time_authority: str | None,
    time_roots: str,
    demo: Path | None,
) -> Signing | None:
    if chain and key:
        made = _made(chain.encode(), key.encode(), former.encode(), time_authority, own=False)
        return replace(made, anchors=made.anchors + _pem(_certificates(time_roots.encode())))
    if chain or key:
        raise Unusable("Of HEADSHOTS_C2PA_CHAIN and HEADSHOTS_C2PA_KEY only one is set.")
    if demo is None:
        return None
    own_chain, own_key = authority.ensure(demo, organisation=DEMO_NAME)
    return _made(own_chain, own_key, former.encode(), None, own=True)


def _made(
    chain: bytes, key: bytes, former: bytes, time_authority: str | None, *, own: bool
) -> Signing:
    certificates, before = _certificates(chain), _certificates(former)
    if not certificates:
        raise Unusable(_NO_PEM)
    try:
        private = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError) as error:
        raise Unusable("HEADSHOTS_C2PA_KEY is no private key in PEM without a password.") from error
    spki = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    leaf = certificates[0]
    if private.public_key().public_bytes(*spki) != leaf.public_key().public_bytes(*spki):
        raise Unusable("HEADSHOTS_C2PA_KEY is not the key of the chain’s first certificate.")
    names = leaf.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    roots = [*certificates[1:], *before] or [leaf]
    return Signing(
        credential=Credential(chain, key, time_authority),
        anchors=_pem(roots),
        signers={str(c.serial_number): _pem([c]).decode() for c in [*before, leaf]},
        name=str(names[0].value) if names else leaf.subject.rfc4514_string(),
        ends_at=leaf.not_valid_after_utc,
        own_chain=own,
    )


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem) if pem.strip() else []
    except ValueError as error:
        raise Unusable(_NO_PEM) from error


def _pem(certificates: Iterable[x509.Certificate]) -> bytes:
    return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in certificates)


def sign(
    data: bytes, format: str, *, look: str, source: str = provenance.MADE_BY_A_MODEL
) -> tuple[bytes, bool]:
    """A finished file with its content credentials, and whether it has any: without keys it leaves
    as it is, with the label in its XMP alone. Call it last: any later change breaks them.

    Raises Unusable and provenance.CannotSign: where there are keys, nothing leaves unsigned.
    """
    ours = signing()
    if ours is None:
        return data, False
    if ours.ends_at < datetime.now(UTC):
        raise Unusable(gettext_noop("The certificate of the content credentials has run out."))
    signed = provenance.sign(data, format, ours.credential, look=look, source=source)
    return signed, True


def label(source: str = provenance.MADE_BY_A_MODEL) -> bytes:
    """The XMP that a file carries: IPTC's digital source type."""
    return provenance.packet(source)


def check(data: bytes) -> Credentials | None:
    """What a stranger's file says of itself; None without credentials. Nothing is kept.

    Raises Problem for what is no JPEG, PNG, WebP or PDF, or cannot be read.
    """
    format = _format(data)
    ours = known()
    try:
        return checking.read(
            data,
            format,
            anchors=ours.anchors if ours else b"",
            signers=ours.signers if ours else {},
        )
    except provenance.Unreadable:
        raise Problem(
            _("This file cannot be read. It may be damaged."), code="unreadable", field="file"
        ) from None


def _format(data: bytes) -> str:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    for beginning, format in _BEGINNINGS:
        if data.startswith(beginning):
            return format
    raise Problem(
        _("Choose a picture as it was downloaded: a JPEG, PNG, WebP or PDF file."),
        code="format",
        field="file",
    )

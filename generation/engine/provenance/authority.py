"""A small certificate authority of an installation's own, for trying out: nobody else trusts it."""

from __future__ import annotations

import fcntl
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CHAIN, KEY = "chain.pem", "key.pem"
_YEARS = timedelta(days=3650)
_RENEW_BEFORE = timedelta(days=30)


def ensure(folder: Path, *, organisation: str) -> tuple[bytes, bytes]:
    """Chain and key in `folder`, made where they are missing or run out. Safe to call at once
    from many processes."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        chain, key = folder / CHAIN, folder / KEY
        if not chain.exists() or not key.exists() or _ends_soon(chain.read_bytes()):
            made_chain, made_key = make(organisation=organisation)
            _write(key, made_key)
            _write(chain, made_chain)
        return chain.read_bytes(), key.read_bytes()


def make(*, organisation: str, life: timedelta = _YEARS) -> tuple[bytes, bytes]:
    """A signing certificate under a root made for it: the chain and its key, in PEM. The
    certificate ends after `life`, the root after ten years.

    The root's key is thrown away, so that nothing else can ever be signed under it.
    """
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name = _name(f"{organisation} root", organisation)
    root = (
        _certificate(root_name, root_name, root_key.public_key(), root_key, _YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _certificate(
            _name(f"{organisation} signer", organisation),
            root_name,
            key.public_key(),
            root_key,
            life,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
        .sign(root_key, hashes.SHA256())
    )
    chain = b"".join(c.public_bytes(serialization.Encoding.PEM) for c in (leaf, root))
    return chain, key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    signed_by: ec.EllipticCurvePrivateKey,
    life: timedelta,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signed_by.public_key()),
            critical=False,
        )
    )


def _name(common: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _ends_soon(chain: bytes) -> bool:
    certificates = x509.load_pem_x509_certificates(chain)
    return certificates[0].not_valid_after_utc < datetime.now(UTC) + _RENEW_BEFORE


def _write(path: Path, data: bytes) -> None:
    unfinished = path.with_suffix(".new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(path)

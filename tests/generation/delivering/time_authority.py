"""A time authority on loopback that answers as RFC 3161 has it; openssl does the answering."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_UNUSED = (
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "encipher_only",
    "decipher_only",
)


class TimeAuthority:
    """A time authority on loopback, as RFC 3161 has it."""

    def __init__(self, folder: Path) -> None:
        self.root, leaf, key = _time_certificates()
        (folder / "leaf.pem").write_bytes(leaf)
        (folder / "key.pem").write_bytes(key)
        (folder / "root.pem").write_bytes(self.root)
        (folder / "serial").write_text("01\n")
        (folder / "conf").write_text(
            f"[tsa]\ndefault_tsa = it\n[it]\nserial = {folder}/serial\n"
            f"signer_cert = {folder}/leaf.pem\ncerts = {folder}/root.pem\n"
            f"signer_key = {folder}/key.pem\nsigner_digest = sha256\n"
            "default_policy = 1.2.3.4\ndigests = sha256, sha384, sha512\n"
            "ess_cert_id_alg = sha256\n"
        )

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                (folder / "asked").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
                files = {"config": "conf", "queryfile": "asked", "out": "said"}
                named = [
                    part for name, file in files.items() for part in (f"-{name}", folder / file)
                ]
                subprocess.run(["openssl", "ts", "-reply", *named], check=True, capture_output=True)
                data = (folder / "said").read_bytes()
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Answers)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"


def _time_certificates() -> tuple[bytes, bytes, bytes]:
    now = datetime.now(UTC)
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    names = [
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in ("root", "time")
    ]

    def certificate(name: x509.Name, of: Any, authority: bool) -> x509.CertificateBuilder:
        usage = dict.fromkeys(_UNUSED, False)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(names[0])
            .public_key(of.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=9))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=not authority,
                    key_cert_sign=authority,
                    crl_sign=authority,
                    **usage,
                ),
                critical=True,
            )
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(of.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
                critical=False,
            )
        )

    stamping = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING])
    root = certificate(names[0], root_key, True).sign(root_key, hashes.SHA256())
    leaf = (
        certificate(names[1], key, False)
        .add_extension(stamping, critical=True)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return (
        root.public_bytes(pem),
        leaf.public_bytes(pem),
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )

"""What an ended certificate signed is told for what it is, and nobody can pass for us by one."""

from __future__ import annotations

import io
import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from generation.engine.provenance import Credential, Credentials, authority, proving, sign
from generation.finishing import credentials
from headshots import checks
from tests import tools
from tests.generation.delivering.test_provenance import FORMATS, picture
from tests.generation.delivering.time_authority import TimeAuthority

LIFE = timedelta(seconds=3)


class Ended:
    """A certificate that has ended, and what it signed before and strangers did since."""

    def __init__(self) -> None:
        life = LIFE
        while not self._signed_within(life):
            life *= 2
        while datetime.now(UTC) <= self.leaf.not_valid_after_utc + timedelta(seconds=1):
            time.sleep(0.1)

    def _signed_within(self, life: timedelta) -> bool:
        """Whether everything was signed before the certificate ended."""
        self.chain, key = authority.make(organisation="Acme Pictures", life=life)
        self.leaf = x509.load_pem_x509_certificate(self.chain)
        signer = Credential(self.chain, key)
        self.files = {each: sign(picture(each), each, signer, look="navy") for each in FORMATS}
        page = io.BytesIO()
        Image.new("RGB", (80, 100), "navy").save(page, "PDF")
        self.files["pdf"] = sign(page.getvalue(), "pdf", signer, look="navy")
        stranger = self.imitated(life)
        self.imitations = {
            each: sign(picture(each), each, stranger, look="navy") for each in FORMATS
        }
        return datetime.now(UTC) < self.leaf.not_valid_after_utc

    def imitated(self, life: timedelta, *, rooted: bool = False) -> Credential:
        """A certificate of a stranger's with every word of ours, its serial number and our whole
        chain behind it; all but the key. `rooted`: behind it stands the `other_root` that it does
        hang on."""
        own, issuer = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self.other_root = self._root_of(issuer)
        made = (
            x509.CertificateBuilder()
            .subject_name(self.leaf.subject)
            .issuer_name(self.leaf.issuer)
            .public_key(own.public_key())
            .serial_number(self.leaf.serial_number)
            .not_valid_before(self.leaf.not_valid_before_utc)
            .not_valid_after(datetime.now(UTC) + life)
        )
        for extension in self.leaf.extensions:
            value = extension.value
            if isinstance(value, x509.AuthorityKeyIdentifier):
                value = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())
            made = made.add_extension(value, extension.critical)
        pem = made.sign(issuer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        key = own.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return Credential(pem + (self.other_root if rooted else self.chain), key)

    def _root_of(self, issuer: ec.EllipticCurvePrivateKey) -> bytes:
        root = x509.load_pem_x509_certificates(self.chain)[1]
        made = (
            x509.CertificateBuilder()
            .subject_name(root.subject)
            .issuer_name(root.subject)
            .public_key(issuer.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(root.not_valid_before_utc)
            .not_valid_after(root.not_valid_after_utc)
        )
        for kind in (x509.BasicConstraints, x509.KeyUsage):
            made = made.add_extension(root.extensions.get_extension_for_class(kind).value, True)
        return made.sign(issuer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def ended() -> Ended:
    return Ended()


@pytest.fixture
def renewed(settings: Any, ended: Ended) -> Ended:
    """We sign with another by now, and have the ended one among those of before."""
    chain, key = authority.make(organisation="Acme Pictures")
    settings.C2PA_CHAIN, settings.C2PA_KEY = chain.decode(), key.decode()
    settings.C2PA_FORMER = ended.chain.decode()
    return ended


def told(data: bytes) -> Credentials:
    found = credentials.check(data)
    assert found is not None
    return found


def said(data: bytes) -> str:
    file = SimpleUploadedFile("any.jpg", data, "image/jpeg")
    return Client().post(reverse("verify"), {"file": file}).content.decode()


@pytest.mark.parametrize("format", [*FORMATS, "pdf"])
def test_an_untouched_file_of_ours_stays_ours(renewed: Ended, format: str) -> None:
    found = told(renewed.files[format])
    assert (found.ours, found.changed) == (True, False)
    assert found.ended_at == renewed.leaf.not_valid_after_utc
    assert found.look == "navy"


def test_one_that_was_changed_is_told_so(renewed: Ended) -> None:
    changed = bytearray(renewed.files["jpeg"])
    changed[-50] ^= 1
    found = told(bytes(changed))
    assert (found.ours, found.changed) == (True, True)
    # What is said of it was changed instead of the picture.
    other = renewed.files["png"].replace(b"dlookdnavy", b"dlookdgrey")
    assert other != renewed.files["png"]
    assert told(other).changed


def test_what_was_signed_of_another_picture_is_changed(renewed: Ended) -> None:
    """Our credentials, cut out of one file and put into another of the same length."""
    data = renewed.files["jpeg"]
    swapped = data[:-40] + bytes(reversed(data[-40:-2])) + data[-2:]
    assert told(swapped).changed


@pytest.mark.parametrize("format", FORMATS)
def test_a_stranger_is_never_us(renewed: Ended, format: str) -> None:
    for imitation in (
        renewed.imitations[format],
        sign(picture(format), format, renewed.imitated(timedelta(days=9)), look="navy"),
    ):
        found = told(imitation)
        assert not found.ours
        assert found.ended_at is None
        # It is as they signed it, which is for them to say and no fault of the file's.
        assert not found.changed


def test_a_stranger_under_a_root_of_ours_is_not_us(renewed: Ended, settings: Any) -> None:
    """Another customer of the authority, to whom it gave our serial number."""
    stranger = renewed.imitated(timedelta(days=9), rooted=True)
    settings.C2PA_FORMER += renewed.other_root.decode()
    data = sign(picture("jpeg"), "jpeg", stranger, look="navy")
    known = credentials.signing()
    assert known is not None
    trusted = c2pa.Context(
        c2pa.Settings.from_dict({"trust": {"user_anchors": known.anchors.decode()}})
    )
    with c2pa.Reader("image/jpeg", io.BytesIO(data), context=trusted) as reader:
        assert json.loads(reader.json())["validation_state"] == "Trusted"
    assert not told(data).ours


def test_an_ended_one_that_was_never_ours_says_nothing_of_change(
    settings: Any, ended: Ended, db: None
) -> None:
    chain, key = authority.make(organisation="Else")
    settings.C2PA_CHAIN, settings.C2PA_KEY = chain.decode(), key.decode()
    found = told(ended.files["jpeg"])
    assert (found.ours, found.changed, found.ended_at) == (False, False, None)
    assert "Somebody else signed this" in said(ended.files["jpeg"])


def test_the_page_says_what_is_left_to_believe(renewed: Ended, db: None) -> None:
    page = said(renewed.files["jpeg"])
    assert "Yes, and it is unchanged; its certificate has ended" in page
    assert "An AI model made this picture" in page
    assert "the file’s own claim" in page
    assert re.search(r"<dt>Says it was made</dt>", page)
    assert "verdict good" not in page
    changed = bytearray(renewed.files["jpeg"])
    changed[-50] ^= 1
    assert "It was from here, and has been changed" in said(bytes(changed))
    assert "Somebody else signed this" in said(renewed.imitations["jpeg"])


def test_only_what_our_key_signed_is_proven(ended: Ended) -> None:
    """The proof takes no store but one whose single manifest was signed by this key."""
    data = ended.files["jpeg"]
    with c2pa.Reader("image/jpeg", io.BytesIO(data)) as reader:
        label = json.loads(reader.json())["active_manifest"]
        out = io.BytesIO()
        reader.resource_to_stream(f"self#jumbf=/c2pa/{label}", out)
    store = out.getvalue()
    assert proving.proves(store, manifest=label, signer=ended.leaf)
    other = x509.load_pem_x509_certificate(authority.make(organisation="Else")[0])
    assert not proving.proves(store, manifest=label, signer=other)
    assert not proving.proves(store, manifest="urn:c2pa:other", signer=ended.leaf)
    assert not proving.proves(store + store, manifest=label, signer=ended.leaf)
    renamed = store.replace(b"dnameiHeadshots", b"dnameiHandshots")
    assert renamed != store
    assert not proving.proves(renamed, manifest=label, signer=ended.leaf)
    for size in range(0, len(store), 7):
        assert not proving.proves(store[:size], manifest=label, signer=ended.leaf)
    for at in range(200):
        broken = bytearray(store)
        broken[at] ^= 0xFF
        proving.proves(bytes(broken), manifest=label, signer=ended.leaf)


@pytest.fixture
def time_authority(tmp_path: Path) -> Iterator[TimeAuthority]:
    found = TimeAuthority(tmp_path)
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.mark.skipif(tools.OPENSSL is None, reason="openssl answers for the authority")
def test_what_a_known_time_authority_witnessed_outlives_the_certificate(
    settings: Any, time_authority: TimeAuthority
) -> None:
    chain, key = authority.make(organisation="Acme Pictures", life=LIFE)
    settings.C2PA_CHAIN, settings.C2PA_KEY = chain.decode(), key.decode()
    settings.C2PA_TIME_AUTHORITY = time_authority.address
    data, done = credentials.sign(picture("jpeg"), "jpeg", look="navy")
    assert done
    time.sleep(LIFE.total_seconds() + 1)
    # Nobody knows this authority yet.
    assert told(data).ended_at is not None
    settings.C2PA_TIME_ROOTS = time_authority.root.decode()
    found = told(data)
    assert (found.ours, found.changed, found.ended_at) == (True, False, None)


def test_operators_are_told_what_the_end_of_a_certificate_costs(settings: Any) -> None:
    def warned() -> list[str]:
        return [str(found.id) for found in checks.files_are_signed()]

    chain, key = authority.make(organisation="Acme Pictures")
    settings.C2PA_CHAIN, settings.C2PA_KEY = chain.decode(), key.decode()
    assert warned() == ["headshots.W032"]
    settings.C2PA_TIME_AUTHORITY = "https://time.example.com/"
    assert warned() == ["headshots.W033"]
    settings.C2PA_TIME_ROOTS = chain.decode()
    assert warned() == []
    settings.C2PA_TIME_ROOTS = "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n"
    assert warned() == ["headshots.E030"]

"""Every file that leaves says where it comes from, and a changed one is told from a true one."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from generation.engine import provenance
from generation.engine.finishing import RenditionSpec, rendering
from generation.engine.provenance import authority
from generation.finishing import credentials
from headshots import checks
from headshots.lib.images import to_jpeg
from headshots.lib.problems import Problem

FORMATS = ("jpeg", "png", "webp")
URL = "/verify"


def picture(format: str, *, source: str = provenance.MADE_BY_A_MODEL) -> bytes:
    """A picture with its label, not signed yet."""
    noise = np.random.default_rng(1).integers(0, 255, (12, 10, 3), dtype=np.uint8)
    spec = RenditionSpec("portrait", 240, 300, format, 90, eye_line=0.42, face_height=0.4)
    label = credentials.label(source)
    return rendering.encode(Image.fromarray(noise).resize((240, 300)), spec, label)


@pytest.fixture(scope="module")
def chain() -> tuple[bytes, bytes]:
    return authority.make(organisation="Acme Pictures")


@pytest.fixture
def keys(settings: Any, chain: tuple[bytes, bytes]) -> None:
    settings.C2PA_CHAIN, settings.C2PA_KEY = (part.decode() for part in chain)


def signed(format: str = "jpeg", **more: Any) -> bytes:
    data, done = credentials.sign(
        picture(format, **more), format, look="navy suit, studio grey", **more
    )
    assert done
    return data


@pytest.mark.parametrize("format", FORMATS)
def test_a_signed_file_is_ours_and_a_changed_one_is_told(keys: None, format: str) -> None:
    data = signed(format)
    found = credentials.check(data)
    assert found is not None
    assert found.ours
    assert not found.changed
    assert found.generated
    assert found.look == "navy suit, studio grey"
    assert found.made_at is not None
    # It still opens, and its label stands beside the credentials.
    with Image.open(io.BytesIO(data)) as opened:
        opened.load()
        label = opened.info.get("xmp") or opened.info["XML:com.adobe.xmp"].encode()
        assert provenance.MADE_BY_A_MODEL.encode() in label
    changed = bytearray(data)
    changed[len(changed) // 2] ^= 1
    told = credentials.check(bytes(changed))
    assert told is not None
    assert told.changed


def test_credentials_name_nobody_and_carry_no_other_picture(keys: None) -> None:
    data = signed()
    import json

    import c2pa

    with c2pa.Reader("image/jpeg", io.BytesIO(data)) as reader:
        text = reader.json()
    manifest = json.loads(text)["manifests"][json.loads(text)["active_manifest"]]
    assert not manifest.get("ingredients")
    assert not manifest.get("thumbnail")
    labels = {re.sub(r"\.v\d$", "", row["label"]) for row in manifest["assertions"]}
    assert labels == {"c2pa.actions", "com.headshots.look"}
    assert len(data) - len(picture("jpeg")) < 20_000


def test_a_real_photo_is_labelled_as_one(keys: None) -> None:
    data = signed(source=provenance.MADE_BY_A_PERSON)
    found = credentials.check(data)
    assert found is not None
    assert found.ours
    assert found.photographed
    assert not found.generated
    assert b"trainedAlgorithmicMedia" not in data
    assert provenance.MADE_BY_A_PERSON.encode() in data


def test_others_signatures_are_not_ours(keys: None, settings: Any) -> None:
    ours = signed()
    other_chain, other_key = authority.make(organisation="Acme Pictures")
    settings.C2PA_CHAIN, settings.C2PA_KEY = other_chain.decode(), other_key.decode()
    found = credentials.check(ours)
    assert found is not None
    assert not found.ours


def test_what_a_former_certificate_signed_is_still_known(
    keys: None, settings: Any, chain: tuple[bytes, bytes]
) -> None:
    before = signed()
    new_chain, new_key = authority.make(organisation="Acme Pictures")
    settings.C2PA_CHAIN, settings.C2PA_KEY = new_chain.decode(), new_key.decode()
    settings.C2PA_FORMER = chain[0].decode()
    for data in (before, signed()):
        found = credentials.check(data)
        assert found is not None
        assert found.ours
        assert not found.changed


def test_without_keys_files_are_labelled_and_operators_are_warned(settings: Any) -> None:
    data = picture("png")
    assert credentials.sign(data, "png", look="any") == (data, False)
    assert credentials.check(data) is None
    assert [found.id for found in checks.files_are_signed()] == ["headshots.W030"]


def test_a_key_of_another_certificate_signs_nothing(
    keys: None, settings: Any, chain: tuple[bytes, bytes]
) -> None:
    settings.C2PA_KEY = authority.make(organisation="Else")[1].decode()
    with pytest.raises(credentials.Unusable, match="not the key"):
        credentials.sign(picture("jpeg"), "jpeg", look="any")
    assert [found.id for found in checks.files_are_signed()] == ["headshots.E030"]
    assert Client().get(reverse("verify")).status_code == 200


def test_the_demo_signs_with_a_chain_of_its_own(settings: Any, tmp_path: Path) -> None:
    settings.DEMO = True
    settings.VAR_DIR = tmp_path
    first, again = signed(), signed()
    for data in (first, again):
        found = credentials.check(data)
        assert found is not None
        assert found.ours
        assert "demo" in found.signer
    key = tmp_path / "credentials" / "key.pem"
    assert key.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a....", b"\xff\xd8\xff" + b"x" * 50, b"RIFF\xff\xff\xff\xffWEBPVP8 junk"]
)
def test_what_is_no_picture_is_refused_or_says_nothing(keys: None, data: bytes) -> None:
    found = None
    with suppress(Problem):
        found = credentials.check(data)
    assert found is None or not found.ours


@pytest.mark.parametrize(
    "data",
    [picture("png")[:-1000], picture("jpeg")[:100], b"%PDF-1.4\nhello"],
    ids=["png", "jpeg", "pdf"],
)
def test_of_a_damaged_file_without_credentials_none_are_claimed(keys: None, data: bytes) -> None:
    with pytest.raises(Problem, match="It may be damaged"):
        credentials.check(data)


@pytest.mark.parametrize("format", FORMATS)
def test_of_a_file_that_ends_amid_its_credentials_it_is_said_that_they_are_broken(
    keys: None, format: str
) -> None:
    data = signed(format)
    told = credentials.check(data[: data.index(b"jumdc2pa") + 2000])
    assert told is not None
    assert told.changed


def test_the_public_page_says_what_it_found(keys: None, db: None) -> None:
    client = Client()

    def ask(data: bytes) -> str:
        file = SimpleUploadedFile("anything.jpg", data, "image/jpeg")
        response = client.post(reverse("verify"), {"file": file})
        assert response.status_code == 200
        return response.content.decode()

    data = signed()
    assert "Yes, and it is unchanged" in ask(data)
    broken = bytearray(data)
    broken[-50] ^= 1
    assert "has been changed" in ask(bytes(broken))
    with Image.open(io.BytesIO(data)) as opened:
        again = to_jpeg(opened)
    assert "says nothing of itself" in ask(again)


def test_the_public_page_is_not_asked_without_end(db: None, settings: Any) -> None:
    from django.core.cache import cache

    cache.clear()
    client = Client()
    answers = [client.post(URL).status_code for _ in range(22)]
    assert answers.count(422) >= 18
    assert answers[-1] == 429
    cache.clear()

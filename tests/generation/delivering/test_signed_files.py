"""Every file that leaves is found whole by c2pa's own reader, and a changed one is told."""

from __future__ import annotations

import io
import json
import re
import zipfile
from contextlib import suppress
from typing import Any

import c2pa
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation
from PIL import Image
from PIL.PdfParser import PdfParser

from accounts.actors import SYSTEM
from generation.delivering import delivery
from generation.engine import provenance
from generation.engine.provenance import authority
from generation.finishing import (
    credentials,
    refinishing,
    renditions,
    signed_words,
    wall_pictures,
    walls,
)
from generation.models import Alternative, Order
from generation.publishing import pictures
from generation.publishing.interface import Photo
from generation.storage import vault
from tests.browser.queue import drain
from tests.generation.approving.test_given_instead import give_photo
from tests.generation.finishing.test_refinishing import finish_in
from tests.generation.sitters import headshot_of, sit_roster
from tests.world import World, give_initials, token

TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


@pytest.fixture
def keys(settings: Any) -> None:
    chain, key = authority.make(organisation="Acme Pictures")
    settings.C2PA_CHAIN, settings.C2PA_KEY = chain.decode(), key.decode()


@pytest.fixture
def order(world: World, keys: None) -> Order:
    """A headshot with every rendition, a real photo and somebody's initials."""
    (one,) = sit_roster(world, 1)
    two, three = world.order(2).shoots.order_by("employee__employee_number")
    for shoot in (two, three):
        type(shoot).objects.filter(pk=shoot.pk).update(order=one.order)
        shoot.refresh_from_db()
    give_photo(two)
    give_initials(three)
    drain()
    return one.order


def read(data: bytes, kind: str) -> tuple[str, str]:
    """The state of a file's credentials and its source type, as c2pa-python has them. Who signed
    is nobody that the reader knows, which it says apart."""
    settings = c2pa.Settings.from_dict({"verify": {"verify_trust": False}})
    with c2pa.Reader(kind, io.BytesIO(data), context=c2pa.Context(settings)) as reader:
        found = json.loads(reader.json())
    manifest = found["manifests"][found["active_manifest"]]
    actions = next(a for a in manifest["assertions"] if a["label"].startswith("c2pa.actions"))
    return found["validation_state"], actions["data"]["actions"][0]["digitalSourceType"]


def whole(data: bytes, kind: str, source: str) -> None:
    """The file is whole, says what made it in both places, and a changed byte breaks it."""
    assert read(data, kind) == ("Valid", source)
    assert source.encode() in data
    assert data.count(b"DigitalSourceType=") == 1
    broken = bytearray(data)
    broken[len(broken) // 2] ^= 1
    with suppress(c2pa.C2paError):  # where the statement itself is broken
        assert read(bytes(broken), kind)[0] == "Invalid"


def test_every_file_of_the_zip_and_the_wall(world: World, order: Order, client) -> None:
    pieces = delivery.zip_order(actor=world.actor, order=order)
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if "/" in name}
    assert len(files) == 8 + 8 + 1
    sources = {
        "1001": provenance.MADE_BY_A_PERSON,
        "1002": provenance.DRAWN,
    }
    for name, data in files.items():
        number, kind = name.rsplit("_", 1)[1].split(".")
        whole(data, TYPES[kind], sources.get(number, provenance.MADE_BY_A_MODEL))
        found = credentials.check(data)
        assert found is not None
        assert found.ours
        assert not found.changed
    key, _ready = wall_pictures.asked_for(actor=world.actor, wall=walls.of_order(order), kind="png")
    drain()
    whole(vault().read(key), "image/png", provenance.COMPOSED)
    key, _ready = wall_pictures.asked_for(actor=world.actor, wall=walls.of_order(order), kind="pdf")
    drain()
    document = vault().read(key)
    whole(document, "application/pdf", provenance.COMPOSED)
    pages_and_label(document)
    file = SimpleUploadedFile("wall.pdf", document, "application/pdf")
    page = client.post(reverse("verify"), {"file": file}).content.decode()
    assert "Yes, and it is unchanged" in page
    assert "shows several others, some of them made by an AI model" in page
    # What a directory gets is made for it, and signed once more.
    headshot = headshot_of(order.shoots.get(state="delivered"))
    sent = pictures.prepare(headshot, Photo(side=240, most_bytes=4_000_000))
    whole(sent, "image/jpeg", provenance.MADE_BY_A_MODEL)
    own = client.get(reverse("employee:files_zip", args=[token(headshot.shoot)]))
    with zipfile.ZipFile(io.BytesIO(b"".join(own.streaming_content))) as archive:
        assert sorted(archive.read(name) for name in archive.namelist()) == sorted(
            data for name, data in files.items() if "_1000." in name
        )


def pages_and_label(document: bytes) -> None:
    """The signed PDF still opens, and its XMP stands for the document and each of its pictures."""
    read = PdfParser(buf=document)
    assert len(read.pages) == 1
    assert bytes(read.info.Title).decode("utf-16") == "Acme"
    (label,) = re.findall(rb"(\d+) 0 obj\s*<<[^>]*/Type ?/Metadata[^>]*>>", document)
    named = re.findall(rb"/Metadata (\d+) 0 R", document)
    # The catalogue and the one picture.
    assert named == [label, label]
    start = document.index(b"\xff\xd8\xff")
    with Image.open(io.BytesIO(document[start:])) as picture:
        picture.load()
        assert picture.width > 1000


def test_the_page_tells_a_photo_and_initials_from_what_a_model_made(order: Order, client) -> None:
    for kind, says in (("photo", "This is a real photo"), ("initials", "shows nobody’s face")):
        data = vault().read(Alternative.objects.get(kind=kind).finished)
        file = SimpleUploadedFile("a.jpg", data, "image/jpeg")
        page = client.post(reverse("verify"), {"file": file}).content.decode()
        assert "Yes, and it is unchanged" in page
        assert says in page
        # Nobody was told what to wear in their own photo, and initials wear nothing.
        assert "Studio grey" in page
        assert "navy suit" not in page.lower()


def test_a_new_plate_comes_behind_them_too(
    world: World, order: Order, django_capture_on_commit_callbacks
) -> None:
    before = {a.kind: a.finished for a in Alternative.objects.all()}
    made = refinishing.start(actor=SYSTEM, order=order, finish=finish_in(world, "#f0e0d0"))
    drain()
    assert {a.kind: a.finished for a in Alternative.objects.all()} == before
    with django_capture_on_commit_callbacks(execute=True):
        refinishing.approve(actor=SYSTEM, refinish=made)
    drain()
    for found in Alternative.objects.all():
        assert not vault().exists(before[found.kind])
        with Image.open(vault().path(found.finished)) as picture:
            red, green, blue = picture.convert("RGB").getpixel((3, 3))
        assert max(abs(red - 0xF0), abs(green - 0xE0), abs(blue - 0xD0)) <= 4
        assert look_of(found.finished) == "own backdrop"
    headshot = headshot_of(order.shoots.get(state="delivered"))
    file = renditions.main(headshot)
    assert file is not None
    assert look_of(file.file) == "navy suit, own backdrop, slight smile, soft light"


def look_of(key: str) -> str:
    found = credentials.check(vault().read(key))
    assert found is not None
    return found.look


def test_the_look_names_the_clothes_that_were_wished(world: World) -> None:
    shoot = world.order(1).shoots.get()
    with translation.override("de"):
        ordered = signed_words.of_generated(shoot)
        shoot.attire = "black turtleneck"
        wished = signed_words.of_generated(shoot)
    assert ordered == "navy suit, studio grey, slight smile, soft light"
    assert wished == "black turtleneck, studio grey, slight smile, soft light"

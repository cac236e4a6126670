"""A single bit of a picture that is no longer what was signed is seen, wherever it lies."""

from __future__ import annotations

import io
import json
import random
import struct
from collections.abc import Iterator

import c2pa
import pytest

from generation.engine.provenance import Credential, authority, sign
from generation.engine.provenance.reading import read
from generation.engine.provenance.signing import FORMATS
from tests.generation.delivering.test_provenance import FORMATS as PICTURES
from tests.generation.delivering.test_provenance import picture

FLIPS = 150


def credentials_of(data: bytes, format: str) -> list[range]:
    """Where a file's credentials lie, which cannot sign themselves."""
    with c2pa.Reader(FORMATS[format], io.BytesIO(data)) as reader:
        (manifest,) = json.loads(reader.detailed_json())["manifests"].values()
    left_out = manifest["assertion_store"]["c2pa.hash.data"]["exclusions"]
    return [range(each["start"], each["start"] + each["length"]) for each in left_out]


def picture_data(data: bytes, format: str) -> Iterator[int]:
    """The offsets of the compressed picture in a file, without its container's own bytes."""
    if format == "jpeg":
        at = 2
        while data[at + 1] != 0xDA:
            at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
        yield from range(at, len(data) - 2)
        return
    kinds, at = (
        {"png": (b"IDAT",), "webp": (b"VP8 ", b"VP8L")}[format],
        8 if format == "png" else 12,
    )
    while at < len(data):
        if format == "png":
            size, kind = struct.unpack(">I4s", data[at : at + 8])
            if kind in kinds:
                yield from range(at + 8, at + 8 + size)
            at += 12 + size
        else:
            kind, size = struct.unpack("<4sI", data[at : at + 8])
            if kind in kinds:
                yield from range(at + 8, at + 8 + size)
            at += 8 + size + size % 2


@pytest.mark.parametrize("format", PICTURES)
def test_every_changed_bit_of_the_picture_is_seen(format: str) -> None:
    chain, key = authority.make(organisation="Acme Pictures")
    data = sign(picture(format), format, Credential(chain, key), look="navy")
    inside = credentials_of(data, format)
    offsets = list(picture_data(data, format))
    assert len(offsets) > 1000
    assert not any(offset in part for part in inside for offset in (offsets[0], offsets[-1]))
    chance = random.Random(7)
    unseen = []
    for at in [offsets[0], offsets[-1], *chance.sample(offsets, FLIPS)]:
        changed = bytearray(data)
        changed[at] ^= 1 << chance.randrange(8)
        found = read(bytes(changed), format, anchors=chain, signers={})
        if found is None or not found.changed:
            unseen.append(at)
    assert not unseen
    whole = read(data, format, anchors=chain, signers={})
    assert whole is not None
    assert not whole.changed


@pytest.mark.parametrize("format", PICTURES)
def test_no_changed_bit_of_the_credentials_makes_a_file_look_as_if_it_never_had_any(
    format: str,
) -> None:
    chain, key = authority.make(organisation="Acme Pictures")
    data = sign(picture(format), format, Credential(chain, key), look="navy")
    start = data.index(b"jumdc2pa")
    offsets = [at for part in credentials_of(data, format) for at in part if at >= start]
    assert len(offsets) > 1000
    chance = random.Random(7)
    told = []
    for at in chance.sample(offsets, FLIPS):
        changed = bytearray(data)
        changed[at] ^= 1 << chance.randrange(8)
        # Padding inside the credentials proves nothing; that they are there shows all the same.
        told.append(read(bytes(changed), format, anchors=chain, signers={}))
    assert None not in told
    assert any(found is not None and found.changed for found in told)

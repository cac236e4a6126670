"""What is read back is what was sent, not the same picture on the plate of before."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from generation.models import Rendition
from generation.publishing import doing, runs
from generation.storage import vault
from tests.generation.publishing.steps import connect, go_on, publish, ready, said
from tests.generation.publishing.vendors import Vendors
from tests.world import World

NOT_THERE = ("failed", "What stands there is not what was sent.")


def on_another_plate(file: Rendition) -> None:
    """Other colours of the same lightness."""
    with Image.open(io.BytesIO(vault().read(file.file))) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int) * 2 // 3 + 40
    out = io.BytesIO()
    Image.fromarray((pixels + np.array((30, -15, 0))).astype(np.uint8)).save(
        out, "JPEG", quality=95
    )
    vault().put(file.file, out.getvalue())


def test_a_new_plate_that_did_not_take_is_noticed(
    world: World, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doing, "MOST_ATTEMPTS", 1)
    monkeypatch.setattr(doing, "SHORT_S", 60.0)
    monkeypatch.setattr("generation.publishing.pictures.time.sleep", lambda _seconds: None)
    order = ready(world, 1)
    (person,) = world.people
    vendors.know(person)
    directory = connect(world, "google")
    assert said(publish(world, order, directory))[person.email][0] == "done"
    # The same once more is what stands there.
    vendors.ignore_writes = True
    assert said(publish(world, order, directory))[person.email][0] == "done"

    file = Rendition.objects.get()
    on_another_plate(file)
    run = publish(world, order, directory)
    assert said(run)[person.email] == NOT_THERE
    # Tried again, too, and taken as soon as it is there.
    runs.resume(actor=world.actor, run=run)
    go_on(run)
    assert said(run)[person.email] == NOT_THERE
    vendors.ignore_writes = False
    runs.resume(actor=world.actor, run=run)
    go_on(run)
    assert said(run)[person.email][0] == "done"

    vendors.ignore_writes = True
    undoing = runs.undo(actor=world.actor, run=run)
    go_on(undoing)
    assert said(undoing)[person.email] == NOT_THERE
    vendors.ignore_writes = False
    runs.resume(actor=world.actor, run=undoing)
    go_on(undoing)
    assert said(undoing)[person.email] == ("done", "The photo of before stands there.")

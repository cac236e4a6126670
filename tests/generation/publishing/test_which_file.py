"""Which of a headshot's files a directory gets, however its look's table was edited."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from accounts.actors import SYSTEM
from generation.finishing import finishes, renditions
from generation.finishing.rendition_table import Row
from generation.models import Finishing, Headshot, Plate, Rendition, State
from generation.publishing import pictures
from generation.publishing.interface import Photo
from generation.storage import vault
from headshots.lib.problems import Problem
from tests.generation.sitters import headshot_of, seat
from tests.world import World, bring

TO = Photo(side=320, most_bytes=4_000_000)
GREEN, RED = (20, 160, 40), (200, 20, 20)


def save(world: World, *table: Row, plate: Plate | None = None) -> None:
    logo = io.BytesIO()
    Image.new("RGBA", (200, 100), (200, 30, 30, 255)).save(logo, "PNG")
    finishes.save_finish(
        actor=SYSTEM,
        organisation=world.organisation,
        look_name=world.look.name,
        plate=plate,
        renditions=table,
        logo=logo.getvalue(),
    )


def delivered(world: World, right: str, *table: Row) -> Headshot:
    """Somebody with files of a table: `right` is green, the others are red."""
    save(world, *table)
    shoot = bring(world.order(1).shoots.get(), State.DELIVERED)
    headshot = headshot_of(shoot)
    finishing = headshot.finishings.get()
    finishing.state = Finishing.State.DONE
    finishing.save()
    for row in table:
        out = io.BytesIO()
        colour = GREEN if row.kind == right else RED
        Image.new("RGB", (row.width, row.height), colour).save(out, row.format.upper())
        key = f"{shoot.folder}/headshots/{finishing.pk}/{row.kind}"
        vault().put(key, out.getvalue())
        Rendition.objects.create(
            finishing=finishing,
            kind=row.kind,
            format=row.format,
            width=row.width,
            height=row.height,
            dpi=row.dpi,
            bytes=len(out.getvalue()),
            file=key,
            sha256="0" * 64,
        )
    Headshot.objects.filter(pk=headshot.pk).update(finishing=finishing)
    return headshot_of(shoot)


@pytest.mark.parametrize(
    "table",
    [
        [Row("right", 400, 400, "webp"), Row("portrait", 400, 500, "png")],
        [Row("right", 400, 400, "png", dpi=300)],
        [Row("right", 400, 500, "png")],
        [Row("mono", 800, 800, monochrome=True), Row("right", 400, 400)],
        [Row("framed", 900, 900, frame=True), Row("right", 300, 300)],
        [Row("marked", 900, 900, logo=True), Row("right", 300, 300)],
        [Row("avatar", 900, 900, "png", round=True), Row("right", 400, 500)],
        [Row("cut-out", 900, 900, "webp", see_through=True), Row("right", 400, 400)],
        [Row("icon", 64, 64), Row("right", 400, 400, "webp"), Row("wide", 900, 500)],
        [Row("tight", 900, 900, closer=40), Row("right", 400, 400)],
        [Row("right", 400, 400), Row("black", 200, 200)],
    ],
    ids=lambda table: "+".join(f"{row.kind}.{row.format}" for row in table),
)
def test_the_best_plain_file_is_taken_whatever_its_name_and_format(
    world: World, table: list[Row]
) -> None:
    sent = pictures.prepare(delivered(world, "right", *table), TO)
    with Image.open(io.BytesIO(sent)) as there:
        assert (there.format, there.size) == ("JPEG", (320, 320))
        near = np.abs(np.asarray(there.convert("RGB")).astype(int) - GREEN).max()
    assert near < 12


def test_without_a_plain_file_it_is_rendered_on_the_plate_that_counts(
    world: World, monkeypatch: Any
) -> None:
    plate = finishes.save_plate(
        actor=SYSTEM,
        organisation=world.organisation,
        name="Green",
        kind=Plate.Kind.COLOUR,
        colours=["#14a028"],
    )
    save(world, Row("framed", 256, 256, frame=True), plate=plate)
    shoot = world.order(1).shoots.get()
    seat(shoot, 0)
    (finishing,) = headshot_of(shoot).finishings.all()
    renditions.render(finishing_id=finishing.pk)
    headshot = headshot_of(shoot)
    sent = pictures.prepare(headshot, TO)
    with Image.open(io.BytesIO(sent)) as there:
        pixels = np.asarray(there.convert("RGB")).astype(int)
    # The plate reaches the rim, where the table's only file has its frame.
    for at in ((1, 1), (1, 318), (8, 8)):
        assert np.abs(pixels[at] - GREEN).max() < 14

    vault().delete(headshot.candidate.file)
    with pytest.raises(Problem):
        pictures.prepare(headshot, TO)

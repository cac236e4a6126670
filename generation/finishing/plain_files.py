"""A headshot as a directory shows it: in colour, on its plate, with neither logo nor frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PIL import Image

from generation.finishing import finishes, rendition_table, renditions
from generation.models import Finish, Headshot, Rendition
from generation.storage import vault
from headshots.lib.problems import Problem
from headshots.lib.vault import FileMissing


def best(files: Mapping[str, Rendition], finish: Finish, side: int) -> Rendition | None:
    """The file that a square of `side` pixels is best cut from: in colour, on the plate, filling
    its frame, with neither logo nor frame, whatever its format and name; None where there is none.

    A square is best, then one that need not be enlarged.
    """
    found = [
        (files[row.kind], row)
        for row in rendition_table.rows(finish.renditions)
        if row.kind in files and row.fills_frame and not (row.frame or (row.logo and finish.logo))
    ]

    def good(file: Rendition, row: rendition_table.Row) -> tuple[bool, int, int, int]:
        shorter = min(file.width, file.height)
        return file.width == file.height, min(shorter, side), -row.closer, shorter

    best = max(found, key=lambda pair: good(*pair), default=None)
    return best[0] if best else None


def square(*, headshot: Headshot, side: int) -> Image.Image:
    """A headshot as a square of `side` pixels on the plate that counts, with neither logo nor
    frame, RGB; rendered for this, about a second. Raises Problem where it cannot be finished."""
    from generation.engine import finishing as engine
    from generation.engine.errors import EngineError
    from generation.engine.finishing import alignment

    counts, order = headshot.finishing, headshot.shoot.order
    spec = finishes.spec(
        counts.finish if counts else finishes.of_order(order), order, generated=True
    )
    try:
        with Image.open(vault().path(headshot.candidate.file)) as picture:
            cut = engine.cut_out(picture, renditions.matting())
        kept = renditions.kept_alignment(counts, cut) if counts else None
        (file,) = engine.finish(
            cut,
            replace(spec, renditions=(spec.plain_square(side),)),
            landmarks=alignment.landmarks(kept, cut) if kept else None,
        )
    except (EngineError, FileMissing) as error:
        raise Problem(renditions.why_not(error), status=409) from error
    return file.picture.convert("RGB")

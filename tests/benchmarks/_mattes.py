"""How far mattes are from the true ones: people whose matte is known before every kind of backdrop,
and a sheet of all of them to look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from generation.engine.errors import FinishError
from generation.engine.finishing import cut_out
from tests import mattes
from tests.benchmarks._report import Figure, say

_KINDS = {
    "plain": (mattes.PLAIN, 0.005, 0.001),
    "a place": (mattes.PLACES, 0.02, 0.015),
    "a photograph": (mattes.PHOTOGRAPHED, 0.035, 0.03),
}
_TILE = (160, 180)
_GREEN = (0, 200, 0)


def figures(sheet: Path) -> list[Figure]:
    """The mean error of alpha, the share of pixels that are wrong, what hangs loose and the error
    of slopes at the hair, by kind of backdrop; the pictures are written to `sheet`."""
    people = [mattes.astronaut(), *(mattes.drawn(number) for number in (0, 1, 2, 3, 5))]
    backdrops = [name for names, _mean, _wrong in _KINDS.values() for name in names]
    canvas = Image.new("RGB", (2 * _TILE[0] * len(people), _TILE[1] * len(backdrops)))
    missed: dict[str, list[mattes.Miss]] = {}
    refused = 0
    for column, sitter in enumerate(people):
        for row, name in enumerate(backdrops):
            picture = sitter.before(name)
            at = (2 * _TILE[0] * column, _TILE[1] * row)
            canvas.paste(picture.resize(_TILE), at)
            try:
                cut = cut_out(picture)
            except FinishError as error:
                say(f"person {column} before {name}: {error}")
                refused += 1
                continue
            missed.setdefault(name, []).append(mattes.miss(cut, sitter.alpha))
            share = cut.alpha[..., None]
            shown = cut.colour * share + np.array(_GREEN) * (1 - share)
            tile = Image.fromarray(shown.astype(np.uint8)).resize(_TILE)
            canvas.paste(tile, (at[0] + _TILE[0], at[1]))
    canvas.save(sheet)
    how = "a photographed and five drawn people with known mattes before {} backdrops"
    found = [Figure("mattes: pictures refused", refused, "", "≤ 4", refused <= 4)]
    for kind, (names, most, most_wrong) in _KINDS.items():
        rows = [each for name in names for each in missed.get(name, ())]
        said = how.format(len(names))
        mean, wrong, loose, hair = (
            float(np.mean([getattr(each, field) for each in rows]))
            for field in ("mean", "wrong", "loose", "hair")
        )
        found += [
            Figure(
                f"matte before {kind}: mean error of alpha",
                100 * mean,
                "%",
                f"≤ {100 * most:g}",
                mean <= most,
                said,
            ),
            Figure(
                f"matte before {kind}: off by more than half",
                100 * wrong,
                "% of pixels",
                f"≤ {100 * most_wrong:g}",
                wrong <= most_wrong,
                said,
            ),
            Figure(f"matte before {kind}: loose pieces", 100 * loose, "% of pixels", how=said),
            Figure(f"matte before {kind}: error of slopes at hair", hair, "1/pixel", how=said),
        ]
    return found

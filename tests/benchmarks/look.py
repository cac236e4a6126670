"""Do delivered headshots show the ordered attire and backdrop?

The people of the likeness benchmark, each ordered in several looks, so that every attire and
every backdrop comes up. Writes look.json and a sheet of what was delivered to var/bench/.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from generation.embedded_model import vocabulary
from generation.engine.load import base_model
from generation.engine.sample import sample
from generation.engine.specs import LookSpec, SampleSpec
from tests.benchmarks import _delivered, _roster
from tests.benchmarks._look_reader import LookReader
from tests.benchmarks._report import BENCH, Figure, report, say


@dataclass(frozen=True)
class Delivered:
    """The best passing candidate of a person in a look."""

    look: LookSpec
    image: Image.Image


def looks(at: int, each: int) -> list[LookSpec]:
    """`each` looks of person `at`; over the roster all attires and backdrops take turns."""
    attires, backdrops = vocabulary.ATTIRE, vocabulary.BACKDROP
    return [
        LookSpec(attires[turn % len(attires)], backdrops[(turn + turn // 24) % len(backdrops)])
        for turn in range(at * each, at * each + each)
    ]


def main() -> None:
    parser = _delivered.options(str(__doc__))
    parser.add_argument("--looks", type=int, default=4, help="a person")
    parser.add_argument("--each", type=int, default=6, help="candidates of a look")
    options = parser.parse_args()
    base = base_model(options.base)
    sitters = _delivered.trained(base, _delivered.chosen(options))
    ordered = [
        (sitter, look) for at, sitter in enumerate(sitters) for look in looks(at, options.looks)
    ]
    say(f"drawing {len(ordered)} orders of {options.each} candidates")
    asked = [
        SampleSpec(sitter.person.number, sitter.result and sitter.result.adapter, look, 3000 + seed)
        for sitter, look in ordered
        for seed in range(options.each)
    ]
    images = sample(base, asked)
    delivered = []
    for at, (sitter, look) in enumerate(ordered):
        mine = images[at * options.each : (at + 1) * options.each]
        receipts = [_roster.judge(base, sitter, sitters, image, look) for image in mine]
        good = [i for i, receipt in enumerate(receipts) if receipt.passed]
        if good:
            best = max(good, key=lambda i: receipts[i].score)
            delivered.append(Delivered(look, mine[best]))
    say("learning to read looks from renders")
    reader = LookReader()
    answers = reader.read(np.stack([np.asarray(one.image) for one in delivered]))
    attire = [a == one.look.attire for (a, _), one in zip(answers, delivered, strict=True)]
    backdrop = [b == one.look.backdrop for (_, b), one in zip(answers, delivered, strict=True)]
    sheet(delivered, attire, backdrop)
    count = len(delivered)

    def share(name: str, right: list[bool], how: str = "") -> Figure:
        value = 100 * float(np.mean(right or [False]))
        return Figure(name, value, "%", "≥ 95", value >= 95, how)

    report(
        "look",
        [
            share("attire as ordered", attire, f"{count} headshots, read by a network"),
            share("backdrop as ordered", backdrop, f"{count} headshots, read by a network"),
            Figure("orders with a headshot", 100 * count / len(ordered), "%", "", None,
                   f"of {options.each} candidates"),
            Figure("attire read right on renders", 100 * reader.right["attire"], "%"),
            Figure("backdrop read right on renders", 100 * reader.right["backdrop"], "%"),
        ],
    )  # fmt: skip


def sheet(delivered: list[Delivered], attire: list[bool], backdrop: list[bool]) -> None:
    """look.png: what was delivered, framed red where the look was read otherwise."""
    tile, across = 96, 16
    down = -(-len(delivered) // across)
    page = Image.new("RGB", (across * tile, down * tile), (255, 255, 255))
    for at, (one, *right) in enumerate(zip(delivered, attire, backdrop, strict=True)):
        framed = Image.new("RGB", (tile, tile), (255, 255, 255) if all(right) else (200, 40, 40))
        framed.paste(one.image.resize((tile - 6, tile - 6), Image.Resampling.LANCZOS), (3, 3))
        page.paste(framed, (at % across * tile, at // across * tile))
    BENCH.mkdir(parents=True, exist_ok=True)
    page.save(BENCH / "look.png")


if __name__ == "__main__":
    main()

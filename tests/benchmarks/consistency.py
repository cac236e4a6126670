"""How alike finished headshots are, how long finishing takes, and whether torch stays away.

    python tests/benchmarks/consistency.py [--people 20] [--anew 200]

Two rosters: people as rendered for tests, each turned, lit and placed by chance; and the headshots
of the likeness benchmark's people, whom the engine trained, drew, gated and delivered (kept in
var/bench, see _delivered). Then photographs: scikit-image's astronaut, as it is, cropped, mirrored
and on other backdrops. Last, people whose matte is known, before backdrops from studio paper to
gravel. What is finished is written to var/bench/finishing to be looked at.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from generation.embedded_model.demo_people import choose_people
from generation.embedded_model.renderer import Scene, draw
from generation.engine import colour, finish, provenance
from generation.engine.errors import FinishError
from generation.engine.finishing import (
    FinishSpec,
    Measures,
    PlateSpec,
    RenditionSpec,
    cut_out,
    measure,
)
from generation.engine.finishing import finish as render
from generation.engine.provenance import authority
from generation.engine.recipe import read_recipe
from generation.finishing import rendition_table
from tests.benchmarks import _delivered, _mattes
from tests.benchmarks._report import BENCH, ROOT, Figure, report, say

PICTURES = BENCH / "finishing"
# Of fewer a spread says nothing.
LEAST_PEOPLE = 3
BACKDROPS = ("studio grey", "studio white", "studio blue", "warm beige")
DARK = PlateSpec("brand", ("#24405e", "#0d1b2a"), fall_off=0.1)
LIGHT = PlateSpec("colour", ("#f4f2ee",), fall_off=0.06)


def spec(plate: PlateSpec, only: int | None = None) -> FinishSpec:
    """The usual table of renditions on a plate, with the embedded model's crop."""
    face = finish.face_height("head and shoulders", read_recipe(_delivered.MODEL).crop, 0.42)
    return FinishSpec(
        plate,
        tuple(
            RenditionSpec(
                kind=row.kind,
                width=row.width,
                height=row.height,
                format=row.format,
                quality=row.quality,
                face_height=face,
                dpi=row.dpi,
                backdrop="none" if row.see_through else "plate",
                shape="round" if row.round else "full",
                monochrome=row.monochrome,
            )
            for row in rendition_table.DEFAULT[:only]
        ),
    )


def rendered(count: int) -> list[Image.Image]:
    """People of the test renderer, 384 px, on four backdrops."""
    people = choose_people(count)
    return [
        Image.fromarray(
            draw(
                who,
                Scene.sample(900 + at, "headshot").but(backdrop=BACKDROPS[at % 4]),
                384,
            )
        )
        for at, who in enumerate(people)
    ]


def photographs() -> dict[str, Image.Image]:
    """The astronaut of scikit-image and variations: on her own backdrop and on others."""
    from skimage import data

    whole = Image.fromarray(data.astronaut())
    close = whole.crop((90, 0, 380, 330))
    cut = cut_out(close)
    height, width = cut.alpha.shape
    out = {
        "astronaut": whole,
        "close": close,
        "mirrored": close.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "dim": Image.fromarray((np.asarray(close) * 0.55).astype(np.uint8)),
    }
    for name, plate in (("on-dark", DARK), ("on-light", LIGHT)):
        from generation.engine.finishing import paint

        behind = paint(plate, (width, height)).astype(np.float32)
        share = cut.alpha[..., None]
        mixed = cut.colour * share + behind * (1 - share)
        out[name] = Image.fromarray(mixed.astype(np.uint8))
    busy = Image.fromarray(data.coffee()).resize((width, height))
    share = cut.alpha[..., None]
    out["on-coffee"] = Image.fromarray(
        (cut.colour * share + np.asarray(busy) * (1 - share)).astype(np.uint8)
    )
    return out


def finished(
    pictures: list[Image.Image], plate: PlateSpec, name: str, most: int = 4
) -> tuple[list[Measures], list[float]]:
    """Finish a roster; measures, and processor seconds a person for all renditions."""
    todo = spec(plate)
    chain, key = authority.make(organisation="Bench")
    credential = provenance.Credential(chain, key)
    measures, seconds = [], []
    folder = PICTURES / name
    folder.mkdir(parents=True, exist_ok=True)
    for at, picture in enumerate(pictures):
        if len(measures) == most:
            break
        started = time.process_time()
        try:
            cut = cut_out(picture)
        except FinishError as error:
            say(f"{name} {at}: {error}")
            continue
        files = render(cut, todo, xmp=provenance.packet(provenance.MADE_BY_A_MODEL))
        found = measure(files[0].picture, files[0].alpha, cut)
        for file in files:
            provenance.sign(file.data, file.spec.format, credential, look="bench")
        seconds.append(time.process_time() - started)
        if found:
            measures.append(found)
        (folder / f"{at:02}.jpg").write_bytes(files[0].data)
    return measures, seconds


def spread(measures: list[Measures], field: str) -> float:
    return float(np.std([getattr(found, field) for found in measures]))


def backdrop(measures: list[Measures]) -> float:
    """The largest CIEDE2000 between two people in any cell that is free of both."""
    worst = 0.0
    for at in range(len(measures[0].backdrop)):
        labs = [lab for found in measures if (lab := found.backdrop[at]) is not None]
        for one in range(len(labs)):
            if labs[one + 1 :]:
                apart = colour.delta_e(np.array(labs[one]), np.array(labs[one + 1 :]))
                worst = max(worst, float(apart.max()))
    return worst


def roster(
    name: str, pictures: list[Image.Image], most: int, how: str
) -> tuple[list[Figure], list[float]]:
    measures, seconds = finished(pictures, DARK, name, most)
    finished(pictures[:4], LIGHT, f"{name}-light")
    eye, face = spread(measures, "eye_line") * 100, spread(measures, "face_height") * 100
    tilt = max(abs(found.tilt) for found in measures)
    lean, away = spread(measures, "tilt"), backdrop(measures)
    return [
        Figure(f"{name}: people", len(measures), "people", f"{most}", len(measures) == most, how),
        Figure(f"{name}: eye line, SD", eye, "% height", "≤ 0.8", eye <= 0.8, how),
        Figure(f"{name}: face height, SD", face, "% height", "≤ 1.5", face <= 1.5, how),
        Figure(f"{name}: tilt, SD", lean, "degrees", "≤ 1", lean <= 1, how),
        Figure(f"{name}: tilt, largest", tilt, "degrees", "≤ 1", tilt <= 1, how),
        Figure(f"{name}: backdrop, largest ΔE2000", away, "ΔE", "≤ 1.0", away <= 1, how),
    ], seconds


def anew(count: int) -> Figure:
    """So many people on a new plate, in a process of its own."""
    script = Path(__file__).with_name("_rerendered.py")
    done = subprocess.run(
        [sys.executable, str(script), f"--people={count}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    good = done.returncode == 0
    seconds = json.loads(done.stdout.splitlines()[-1])["seconds"] if good else float("nan")
    how = (
        "begun, rendered by the service in the queue's turns, signed, kept in the vault and put to "
        "use; one process, wall seconds; it fails if torch is loaded"
    )
    return Figure(f"{count} people on a new plate", seconds, "s", "without torch", good, how)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--anew", type=int, default=200)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    # Some more than wanted: in the odd one no face is found.
    people = rendered(options.people + 4)
    say("warming up")
    finished(people[:1], DARK, "warm")
    figures, seconds = roster(
        "rendered", people, options.people, "people of the test renderer, 384 px"
    )
    delivered = _delivered.pictures(_delivered.Roster(people=options.people))
    if len(delivered) < LEAST_PEOPLE:
        raise SystemExit(f"Of {options.people} people {len(delivered)} were delivered.")
    more, others = roster(
        "delivered",
        delivered,
        options.people,
        f"delivered of {options.people} people: trained, drawn and gated by the engine with the "
        "embedded base model, 96 px",
    )
    figures += more
    shots = photographs()
    failed = 0
    for name, photo in shots.items():
        for plate, ground in ((DARK, "dark"), (LIGHT, "light")):
            try:
                files = render(cut_out(photo), spec(plate, 1))
            except FinishError as error:
                say(f"{name}: {error}")
                failed += 1
                continue
            files[0].picture.save(PICTURES / f"photo-{name}-{ground}.png")
    figures.append(
        Figure("photographs that could not be finished", failed, "of 14", "0", failed == 0, "")
    )
    say("comparing mattes with the true ones")
    figures += _mattes.figures(PICTURES / "mattes.png")
    say("finishing everybody once more")
    took = np.minimum(
        seconds + others,
        finished(people, DARK, "rendered", options.people)[1]
        + finished(delivered, DARK, "delivered", len(delivered))[1],
    )
    mean, worst = float(took.mean()), float(took.max())
    how = (
        "processor seconds for cutting out, eight renditions, measuring and signing, one thread; "
        "the shorter of two times, minutes apart, as a core shared with others is slower at times"
    )
    figures += [
        Figure("finishing a person, mean", mean, "s", "≤ 1.5", mean <= 1.5, how),
        Figure("finishing a person, longest", worst, "s", "", None, how),
    ]
    figures.append(anew(options.anew))
    report("consistency", figures)


if __name__ == "__main__":
    main()

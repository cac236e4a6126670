"""A roster's headshots as the engine delivered them: trained, drawn and gated once, then kept.

They lie in var/bench/roster-FINGERPRINT, named for the weights, the engine's settings and the
roster, with a note of the code that made them: after a change of it they are made anew. A run that
was broken off goes on where it stopped. `pictures` needs no torch where they are there already.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from generation.engine.recipe import read_recipe
from generation.engine.specs import LookSpec
from tests.benchmarks._report import BENCH, ROOT, say

if TYPE_CHECKING:
    from generation.engine.load import BaseModel
    from tests.benchmarks._roster import Sitter

MODEL = ROOT / "generation" / "embedded_model" / "weights"
LOOK = LookSpec("navy suit", "studio grey")
_NOTE = "note.json"


@dataclass(frozen=True)
class Roster:
    """Which people, how many selfies and candidates each, and of which base model."""

    people: int = 20
    selfies: int = 8
    candidates: int = 16
    seed: int = 7
    base: Path = MODEL

    @cached_property
    def folder(self) -> Path:
        mine = {name: value for name, value in asdict(self).items() if name != "base"}
        said = f"{mine} {LOOK} {read_recipe(self.base)}"
        return BENCH / f"roster-{hashlib.sha256(said.encode()).hexdigest()[:16]}"

    @property
    def adapters(self) -> Path:
        return self.folder / "adapters"

    @property
    def selfies_folder(self) -> Path:
        return self.folder / "people"

    @property
    def delivered(self) -> Path:
        return self.folder / "delivered"

    def arguments(self) -> list[str]:
        """As `main` reads them."""
        return [f"--{name}={value}" for name, value in asdict(self).items()]


def options(description: str) -> argparse.ArgumentParser:
    """The options that name a roster; `chosen` reads them."""
    parser = argparse.ArgumentParser(description=description)
    usual = Roster()
    parser.add_argument("--base", type=Path, default=usual.base)
    parser.add_argument("--people", type=int, default=usual.people)
    parser.add_argument("--selfies", type=int, default=usual.selfies)
    parser.add_argument("--candidates", type=int, default=usual.candidates)
    parser.add_argument("--seed", type=int, default=usual.seed)
    return parser


def chosen(found: argparse.Namespace) -> Roster:
    return Roster(found.people, found.selfies, found.candidates, found.seed, found.base)


def pictures(roster: Roster) -> list[Image.Image]:
    """The headshots of everybody who was delivered, by employee number; made first, in a process
    of its own, where they are not there or other code made them."""
    if not _made(roster):
        say(f"training, drawing and gating {roster.people} people; half an hour on two cores")
        subprocess.run([sys.executable, __file__, *roster.arguments()], cwd=ROOT, check=True)
    return [Image.open(file).convert("RGB") for file in sorted(roster.delivered.glob("*.png"))]


def made(base: BaseModel, roster: Roster, *, again: bool = False) -> list[Sitter]:
    """Everybody of the roster, trained as by `trained`, drawn and judged. Keeps what was
    delivered."""
    from tests.benchmarks import _roster

    sitters = trained(base, roster, again=again)
    say(f"drawing {roster.candidates} candidates each")
    _roster.draw(base, sitters, roster.candidates)
    _keep(roster, sitters)
    return sitters


def trained(base: BaseModel, roster: Roster, *, again: bool = False) -> list[Sitter]:
    """Everybody of the roster with the adapters of those who have photos enough; who was trained
    before, or begun, by this code is gone on with unless `again`."""
    from tests.benchmarks import _roster

    if again or _changed(roster):
        shutil.rmtree(roster.folder, ignore_errors=True)
    _write_note(roster, done=_made(roster))
    sitters = _roster.gather(
        roster.selfies_folder, base, roster.people, roster.selfies, roster.seed
    )
    say("accepted selfies: " + ", ".join(f"{s.person.number} {len(s.files)}" for s in sitters))
    enough = sum(sitter.enough for sitter in sitters)
    say(f"training {enough} of {len(sitters)} people on {base.recipe.name}")
    _roster.train(base, sitters, roster.adapters, again=False)
    return sitters


def _keep(roster: Roster, sitters: list[Sitter]) -> None:
    shutil.rmtree(roster.delivered, ignore_errors=True)
    roster.delivered.mkdir(parents=True)
    for sitter in sitters:
        if sitter.delivered is not None:
            image = sitter.images[sitter.delivered]
            image.save(roster.delivered / f"{sitter.person.number}.png")
    _write_note(roster, done=True)


def _made(roster: Roster) -> bool:
    return _note(roster).get("done") is True and not _changed(roster)


def _changed(roster: Roster) -> bool:
    """Whether other code made what is there, if anything is."""
    return any(_digest(name) != known for name, known in _note(roster).get("code", {}).items())


def _note(roster: Roster) -> dict:
    path = roster.folder / _NOTE
    return json.loads(path.read_text()) if path.exists() else {}


def _write_note(roster: Roster, *, done: bool) -> None:
    """Note which code makes it: the product's modules that are loaded by now."""
    loaded = [
        Path(module.__file__).relative_to(ROOT).as_posix()
        for name, module in sorted(sys.modules.items())
        if name.startswith(("generation.engine", "generation.embedded_model"))
        and getattr(module, "__file__", None)
    ]
    roster.folder.mkdir(parents=True, exist_ok=True)
    note = {"done": done, "code": {name: _digest(name) for name in loaded}}
    (roster.folder / _NOTE).write_text(json.dumps(note, indent=1))


def _digest(name: str) -> str:
    path = ROOT / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else ""


def main() -> None:
    from generation.engine.load import base_model

    roster = chosen(options(str(__doc__)).parse_args())
    made(base_model(roster.base), roster)


if __name__ == "__main__":
    main()

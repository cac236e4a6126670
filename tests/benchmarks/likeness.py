"""Do people get headshots that are provably them, and all kinds of people equally?

Rendered people the base model never saw, casual selfies in cluttered places, one look.
Writes likeness.json and fairness.json, a contact sheet and all receipts to var/bench/.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from generation.engine import faces
from generation.engine.load import base_model
from tests.benchmarks import _roster
from tests.benchmarks._report import BENCH, ROOT, Figure, report, say
from tests.benchmarks._roster import WANTED, Sitter


def served(sitters: list[Sitter]) -> float:
    """Share of people with enough passing candidates."""
    return float(np.mean([len(sitter.passed) >= WANTED for sitter in sitters]))


def to_others(sitter: Sitter, sitters: list[Sitter]) -> float:
    """Mean distance of the delivered picture to everybody else's selfies."""
    image = sitter.images[sitter.delivered or 0]
    who = faces.describe(image, faces.detect(image)[0])
    far = [faces.distances(who, other.own).mean() for other in sitters if other is not sitter]
    return float(np.mean(far))


def likeness(sitters: list[Sitter], candidates: int) -> list[Figure]:
    """The figures of the whole roster."""
    receipts = [s.receipts[s.delivered] for s in sitters if s.delivered is not None]
    own = np.array([r.likeness_own for r in receipts] or [1.0], np.float64)
    rivals = np.array([r.likeness_best_colleague for r in receipts] or [0.0], np.float64)
    others = np.array([to_others(s, sitters) for s in sitters if s.delivered is not None] or [0.0])
    gap, nearest = float((others - own).mean()), float((rivals - own).mean())
    baseline = float(
        np.mean([sum(r.passed for r in sitter.without) >= WANTED for sitter in sitters])
    )
    found = [r.likeness_own for s in sitters for r in s.receipts if r.likeness_own is not None]
    return [
        Figure(
            f"people with {WANTED} passing of {candidates}",
            100 * served(sitters), "%", "≥ 95", served(sitters) >= 0.95,
            f"{len(sitters)} rendered people, {_roster.LOOK.attire}, {_roster.LOOK.backdrop}",
        ),
        Figure(
            "the same without adapters", 100 * baseline, "%", "≤ 5", baseline <= 0.05,
            "same seeds drawn by the base model alone, judged for everyone",
        ),
        Figure(
            "delivered nearest to owner", 100 * float((rivals > own).mean()), "%", "≥ 99",
            float((rivals > own).mean()) >= 0.99, "best passing candidate, all in the roster",
        ),
        Figure("people with a headshot", 100 * len(receipts) / len(sitters), "%"),
        Figure(
            "distance to owner, delivered", float(own.mean()), "dlib", "≤ 0.42",
            float(own.mean()) <= 0.42, "mean over the owner's selfies, then over people",
        ),
        Figure(
            "others are further by", gap, "dlib", "≥ 0.12", gap >= 0.12,
            "mean distance to everybody else's selfies minus the owner's",
        ),
        Figure("the nearest colleague by", nearest, "dlib"),
        Figure("distance to owner, all candidates", float(np.mean(found or [1.0])), "dlib"),
        Figure(
            "candidates that pass",
            100 * float(np.mean([r.passed for s in sitters for r in s.receipts])), "%",
        ),
    ]  # fmt: skip


def fairness(sitters: list[Sitter]) -> list[Figure]:
    """The share of people served in each band, each with its distance to the best band."""
    tones = {"fair skin": "light", "light skin": "light", "tan skin": "medium",
             "brown skin": "dark", "dark skin": "dark"}  # fmt: skip
    kinds: dict[str, Callable[[Sitter], str]] = {
        "skin": lambda s: tones[s.person.identity.skin_word],
        "age": lambda s: s.person.identity.age_word,
        "gender presentation": lambda s: s.person.identity.noun,
    }
    figures = []
    for kind, band_of in kinds.items():
        bands: dict[str, list[Sitter]] = {}
        for sitter in sitters:
            bands.setdefault(band_of(sitter), []).append(sitter)
        shares = {name: served(members) for name, members in sorted(bands.items())}
        best = max(shares.values())
        for name, share in shares.items():
            figures.append(
                Figure(
                    f"{kind}: {name}",
                    100 * share,
                    "%",
                    f"≥ {100 * best - 5:.0f}",
                    share >= best - 0.05,
                    f"{len(bands[name])} people",
                )
            )
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, default=ROOT / "generation/embedded_model/weights")
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--selfies", type=int, default=8)
    parser.add_argument("--candidates", type=int, default=16)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    base = base_model(options.base)
    sitters = _roster.gather(BENCH / "people", base, options.people, options.selfies, options.seed)
    say(f"training {len(sitters)} people on {base.recipe.name}")
    _roster.train(base, sitters, BENCH / "adapters")
    say(f"drawing {options.candidates} candidates each")
    _roster.draw(base, sitters, options.candidates)
    _roster.draw_without(base, sitters, options.candidates)
    _roster.contact_sheet(sitters, BENCH / "likeness.png")
    _roster.keep(sitters, BENCH / "receipts.json")
    report("likeness", likeness(sitters, options.candidates))
    report("fairness", fairness(sitters))


if __name__ == "__main__":
    main()

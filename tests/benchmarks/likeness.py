"""Do people get headshots that are provably them, and all kinds of people equally?

Rendered people the base model never saw, casual selfies in cluttered places, one look. Whom this
code trained before for the consistency benchmark is not trained again, as the same comes of it.
Writes likeness.json and fairness.json, a contact sheet and all receipts to var/bench/.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from generation.engine import faces
from generation.engine.load import base_model
from tests.benchmarks import _delivered, _roster
from tests.benchmarks._report import BENCH, Figure, report
from tests.benchmarks._roster import WANTED, Sitter

# Selfies a person that only the measurement sees.
UNSEEN = 4


def served(sitters: list[Sitter]) -> float:
    """Share of people with photos enough to be taken and enough passing candidates."""
    return float(np.mean([sitter.enough and len(sitter.passed) >= WANTED for sitter in sitters]))


def accepted(sitters: list[Sitter]) -> str:
    """How many selfies of these people were accepted, and of whom too few."""
    counts = [len(sitter.files) for sitter in sitters]
    of = max(len(sitter.person.selfies) for sitter in sitters)
    few = sum(not sitter.enough for sitter in sitters)
    return f"{np.mean(counts):.1f} of {of} selfies accepted, too few of {few} people"


def unseen(sitters: list[Sitter], of: list[Sitter] | None = None) -> dict[str, np.ndarray]:
    """Distances of each delivered picture, or of those `of` some people, to the selfies that
    neither gate nor training saw: mean to the `own`, to the `nearest` other person's, and to all
    `others`' [delivered]."""
    found: dict[str, list[float]] = {"own": [], "nearest": [], "others": []}
    known = [sitter for sitter in sitters if len(sitter.unseen)]
    for sitter in known:
        if sitter.delivered is None or all(sitter is not one for one in of or known):
            continue
        image = sitter.images[sitter.delivered]
        # The face that the gate measured.
        who = faces.describe(image, faces.detect(image)[0])
        far = {id(one): float(faces.distances(who, one.unseen).mean()) for one in known}
        found["own"].append(far.pop(id(sitter)))
        found["nearest"].append(min(far.values(), default=np.inf))
        found["others"].append(float(np.mean(list(far.values()) or found["own"][-1:])))
    return {name: np.asarray(values, np.float64) for name, values in found.items()}


def likeness(sitters: list[Sitter], candidates: int) -> list[Figure]:
    """The figures of the whole roster."""
    receipts = [s.receipts[s.delivered] for s in sitters if s.delivered is not None]
    far = unseen(sitters)
    measured = len(far["own"])
    # Nothing measured reaches no bound.
    nearest = float((far["nearest"] > far["own"]).mean()) if measured else 0.0
    own = float(far["own"].mean()) if measured else 1.0
    gap = float((far["others"] - far["own"]).mean()) if measured else 0.0
    beside = float((far["nearest"] - far["own"]).mean()) if measured else 0.0
    baseline = float(
        np.mean([sum(r.passed for r in sitter.without) >= WANTED for sitter in sitters])
    )
    everything = [r for s in sitters for r in s.receipts]
    found = [r.likeness_own for r in everything if r.likeness_own is not None]
    known = [r.likeness_own for r in receipts if r.likeness_own is not None]
    how = f"{measured} headshots, selfies that neither gate nor training saw"
    return [
        Figure(
            f"people with {WANTED} passing of {candidates}",
            100 * served(sitters), "%", "≥ 95", served(sitters) >= 0.95,
            f"{len(sitters)} rendered people, {accepted(sitters)}, "
            f"{_roster.LOOK.attire}, {_roster.LOOK.backdrop}",
        ),
        Figure(
            "the same without adapters", 100 * baseline, "%", "≤ 5", baseline <= 0.05,
            "same seeds drawn by the base model alone, judged for everyone",
        ),
        Figure(
            "delivered nearest to owner", 100 * nearest, "%", "≥ 99", nearest >= 0.99, how,
        ),
        Figure("people with photos enough",
               100 * float(np.mean([s.enough for s in sitters])), "%"),
        Figure("people whose training began again",
               100 * float(np.mean([s.began_again for s in sitters])), "%"),
        Figure("people with a headshot", 100 * len(receipts) / len(sitters), "%"),
        Figure("distance to owner, delivered", own, "dlib", "≤ 0.42", own <= 0.42, how),
        Figure("others are further by", gap, "dlib", "≥ 0.12", gap >= 0.12,
               "mean distance to everybody else minus the owner's, selfies as before"),
        Figure("the nearest colleague by", beside, "dlib", "", None, "selfies as before"),
        Figure("distance to the photos trained on, delivered",
               float(np.mean(known or [1.0])), "dlib"),
        Figure("distance to the photos trained on, all candidates",
               float(np.mean(found or [1.0])), "dlib"),
        Figure("candidates that pass",
               100 * float(np.mean([r.passed for r in everything] or [False])), "%"),
    ]  # fmt: skip


def fairness(sitters: list[Sitter]) -> list[Figure]:
    """The figures of the roster in each band of it: shares with their distance to the best band,
    and how near headshots and candidates came.

    A band is a few people, so one of them moves its shares by many points: see `how`.
    """
    tones = {"fair skin": "light", "light skin": "light", "tan skin": "medium",
             "brown skin": "dark", "dark skin": "dark"}  # fmt: skip
    kinds: dict[str, Callable[[Sitter], str]] = {
        "skin": lambda s: tones[s.person.identity.skin_word],
        "age": lambda s: s.person.identity.age_word,
        "gender presentation": lambda s: s.person.identity.noun,
        "head": lambda s: "covered" if s.person.identity.covering else "bare",
    }
    figures = []
    for kind, band_of in kinds.items():
        bands: dict[str, list[Sitter]] = {}
        for sitter in sitters:
            bands.setdefault(band_of(sitter), []).append(sitter)
        far = {name: unseen(sitters, members) for name, members in sorted(bands.items())}
        shares = {name: served(bands[name]) for name in far}
        owners = {
            name: float((found["nearest"] > found["own"]).mean()) if len(found["own"]) else 0.0
            for name, found in far.items()
        }
        for name, found in far.items():
            members = bands[name]
            how = (
                f"{len(members)} people, so that one is {100 / len(members):.0f} points; "
                f"{accepted(members)}"
            )
            figures += [
                _beside_the_best(f"{kind}: {name}", shares, name, how),
                _beside_the_best(f"{kind}: {name}, delivered nearest to owner", owners, name, how),
            ]
            judged = [receipt.passed for sitter in members for receipt in sitter.receipts]
            own = float(found["own"].mean()) if len(found["own"]) else 1.0
            figures += [
                Figure(f"{kind}: {name}, distance to owner, delivered", own, "dlib"),
                Figure(f"{kind}: {name}, candidates that pass",
                       100 * float(np.mean(judged or [False])), "%"),
            ]  # fmt: skip
    return figures


def _beside_the_best(what: str, shares: dict[str, float], name: str, how: str) -> Figure:
    bound = max(shares.values()) - 0.05
    return Figure(what, 100 * shares[name], "%", f"≥ {100 * bound:.0f}", shares[name] >= bound, how)


def main() -> None:
    parser = _delivered.options(str(__doc__))
    parser.add_argument("--again", action="store_true", help="train anew what is there already")
    options = parser.parse_args()
    base = base_model(options.base)
    sitters = _delivered.made(base, _delivered.chosen(options), again=options.again)
    _roster.take_unseen(base, sitters, UNSEEN, BENCH / "unseen")
    _roster.draw_without(base, sitters, options.candidates)
    _roster.contact_sheet(sitters, BENCH / "likeness.png")
    _roster.keep(sitters, BENCH / "receipts.json")
    report("likeness", likeness(sitters, options.candidates))
    report("fairness", fairness(sitters))


if __name__ == "__main__":
    main()

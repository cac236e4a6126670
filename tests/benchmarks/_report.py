"""How every benchmark writes its figures: var/bench/SUBJECT.json, and the same as a table."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "var" / "bench"


@dataclass(frozen=True)
class Figure:
    """One measured value. `ok` None where there is no goal, `how` says how it was measured."""

    name: str
    value: float
    unit: str
    goal: str = ""
    ok: bool | None = None
    how: str = ""


def report(subject: str, figures: list[Figure]) -> None:
    """Write the figures of `subject` and print them."""
    BENCH.mkdir(parents=True, exist_ok=True)
    path = BENCH / f"{subject}.json"
    path.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        mark = {None: " ", True: "✓", False: "✗"}[figure.ok]
        goal = f"(goal {figure.goal})" if figure.goal else ""
        print(f"{mark} {figure.name:{width}} {figure.value:10.4g} {figure.unit:10} {goal}")
    print(f"{path.relative_to(ROOT)}", flush=True)


def missed(since: float) -> list[str]:
    """The goals that figures written since then, in seconds of the epoch, do not reach."""
    return [
        f"{path.stem}: {figure['name']} {figure['value']:.4g} {figure['unit']} "
        f"(goal {figure['goal']})"
        for path in sorted(BENCH.glob("*.json"))
        if path.stat().st_mtime >= since
        for figure in json.loads(path.read_text())
        if figure["ok"] is False
    ]


def say(text: str) -> None:
    """A line of progress on the error stream."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    not_reached = missed(float(sys.argv[1]))
    for line in not_reached:
        say(f"✗ {line}")
    sys.exit(bool(not_reached))

"""There are four pictures to choose from, or as many were drawn as may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from generation.dispatch import base_model, claims
from generation.models import Candidate, Shoot, State
from tests.world import World


class Watch:
    """What a worker tells of itself, heard by nobody."""

    phase = ""

    def note(self, claim: claims.Claim, step: int, steps: int) -> None: ...

    def made(self, claim: claims.Claim) -> None: ...


@pytest.mark.parametrize(
    ("passes", "whole", "passed", "state"),
    [
        (lambda number, most: number < 4, False, 4, State.CHOOSING),
        # Nobody passes for long: another draw, and another.
        (lambda number, most: number >= most - 4, True, 4, State.CHOOSING),
        # At the bound there are fewer, and the person is told on the page.
        (lambda number, most: number in (0, most - 1), True, 2, State.CHOOSING),
        (lambda number, most: False, True, 0, State.COLLECTING),
    ],
    ids=["at once", "in the last draw", "at the bound", "none"],
)
def test_drawing_goes_on_until_four_passed_or_the_bound(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    passes: Callable[[int, int], bool],
    whole: bool,
    passed: int,
    state: State,
) -> None:
    """`whole`: everything that may be drawn was; else one draw was enough."""
    from generation.dispatch import drawing, worker
    from generation.dispatch.sitters import begin_generating

    recipe = base_model.recipe()
    most = recipe.sample.candidates * recipe.sample.rounds
    shoot = world.shoot(State.QUEUED)
    (claim,) = claims.claim(worker="w", people=1)
    sitter = worker._sit(claim)
    assert sitter is not None
    begin_generating(sitter, "adapter", 1)

    def draw(base: object, specs: list[Any], **_: object) -> Iterator[tuple[int, Image.Image]]:
        return enumerate([Image.new("RGB", (8, 8))] * len(specs))

    def judge(base: object, one: Any, number: int, seed: int, *_: object) -> None:
        Candidate.objects.create(
            shoot=shoot,
            round=1,
            number=number,
            seed=seed,
            passed=passes(number, most),
            file="drawn.png" if passes(number, most) else "",
            finished="drawn.jpg" if passes(number, most) else "",
            receipt={"reasons": []},
            likeness_own=0.3,
        )

    monkeypatch.setattr(drawing.sample, "draw", draw)
    monkeypatch.setattr(drawing.wardrobe, "ordered", lambda *_, **__: ())
    monkeypatch.setattr(drawing, "_judge_and_store", judge)
    base = SimpleNamespace(recipe=recipe)
    for _ in range(recipe.sample.rounds + 1):
        if not sitter.ended:
            drawing.generate_round(base, [sitter], Watch(), lambda: False)  # type: ignore[arg-type]
    assert sitter.ended
    made = Candidate.objects.filter(shoot=shoot)
    assert (made.count(), made.filter(passed=True).count()) == (
        most if whole else recipe.sample.candidates,
        passed,
    )
    assert Shoot.objects.get(pk=shoot.pk).state == state

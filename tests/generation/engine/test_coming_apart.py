"""Who comes apart in training begins again or fails alone; nobody beside them notices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from generation.engine import adapters, course, seats, train
from generation.engine.course import Course
from generation.engine.errors import Diverged, Stopped
from generation.engine.load import BaseModel
from tests.generation.engine.trained import Photos, assert_alike, folders_in, specs_of, state_of

BOTH = ("ada", "bo")


def set_lora(base: BaseModel, monkeypatch: pytest.MonkeyPatch, **values: object) -> None:
    lora = replace(base.recipe.lora, **values)  # type: ignore[arg-type]
    monkeypatch.setattr(base, "recipe", replace(base.recipe, lora=lora))


def spoil(
    base: BaseModel, monkeypatch: pytest.MonkeyPatch, change: Callable[[int, Tensor], None]
) -> None:
    """Have `change(call, losses)` alter the losses of Ada, who sits first, call by call."""
    losses, calls = base.family.losses, [0]

    def spoilt(*given: object) -> Tensor:
        calls[0] += 1
        found = losses(*given).clone()  # type: ignore[arg-type]
        change(calls[0], found[:2])
        return found

    monkeypatch.setattr(base.family, "losses", spoilt)


def test_who_came_apart_begins_again_steadier_and_changes_nobody(
    base: BaseModel, photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = train.train_people(base, specs_of(photos, ["bo"]), {"bo": tmp_path / "alone"})[0]
    judged = replace(base.recipe.lora, judge_images=1, judge_from=0.5, steady_beta2=0.9)
    monkeypatch.setattr(
        base, "recipe", replace(base.recipe, lora=replace(base.recipe.lora, beta2=0.9))
    )
    steady = train.train_people(base, specs_of(photos, ["ada"]), {"ada": tmp_path / "steady"})[0]
    monkeypatch.setattr(base, "recipe", replace(base.recipe, lora=judged))
    seen = iter([[], ["a face"], ["a face"], ["a face"], ["a face"]])
    monkeypatch.setattr(train.faces, "detect", lambda *_: next(seen))
    likeness = iter([0.4, 0.3, 0.4, 0.3])
    monkeypatch.setattr(train.faces, "describe", lambda *_: np.eye(128)[0] * next(likeness))
    specs = [
        replace(spec, descriptors=((0.0,) * 128,) * 3) for spec in specs_of(photos, ["ada", "bo"])
    ]
    told: list[tuple[str, int]] = []
    apart, beside = train.train_people(
        base,
        specs,
        folders_in(tmp_path / "both", ["ada", "bo"]),
        on_progress=lambda person, step, _: told.append((person, step)),
    )
    assert ("ada", 0) in told
    assert 1.0 not in [value for _, value in apart.history]
    assert_alike(state_of(steady.adapter), state_of(apart.adapter), 1e-3)
    assert_alike(state_of(alone.adapter), state_of(beside.adapter), 1e-3)


def test_who_shows_no_face_twice_is_kept_as_is(
    base: BaseModel, photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = replace(base.recipe.lora, judge_images=1, judge_from=0.5, steady_beta2=0.9)
    monkeypatch.setattr(base, "recipe", replace(base.recipe, lora=judged))
    monkeypatch.setattr(train.faces, "detect", lambda *_: [])
    spec = replace(specs_of(photos, ["ada"])[0], descriptors=((0.0,) * 128,) * 3)
    result = train.train_people(base, [spec], {"ada": tmp_path})[0]
    assert result.holdout == 1.0
    assert (result.steps, len(result.history)) == (4, 2)


def test_whose_face_is_seen_only_gently_is_kept_and_drawn_so(
    base: BaseModel, photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = replace(base.recipe.lora, judge_images=2, judge_from=0.5, steady_beta2=0.9)
    how = replace(base.recipe.sample, person_guidance=(2.0,), person_from=0.0)
    monkeypatch.setattr(base, "recipe", replace(base.recipe, lora=judged, sample=how))
    # Two drawings brought out, two gently, two at the last judgement.
    seen = iter([[], [], [], ["a face"], ["a face"], ["a face"]])
    monkeypatch.setattr(train.faces, "detect", lambda *_: next(seen))
    likeness = iter([0.4, 0.5, 0.7])
    monkeypatch.setattr(train.faces, "describe", lambda *_: np.eye(128)[0] * next(likeness))
    spec = replace(specs_of(photos, ["ada"])[0], descriptors=((0.0,) * 128,) * 3)
    told: list[int] = []
    result = train.train_people(
        base, [spec], {"ada": tmp_path}, on_progress=lambda _person, step, _: told.append(step)
    )[0]
    assert 0 not in told
    assert [value for _, value in result.history] == [0.7, 0.6]
    assert seats.note_of(result.adapter)["gentle"] is True


def test_who_has_no_numbers_once_begins_again_and_changes_nobody(
    base: BaseModel, photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = specs_of(photos, BOTH)
    plain = train.train_people(base, specs, folders_in(tmp_path / "plain", BOTH))

    def once(call: int, losses: Tensor) -> None:
        if call == 4:
            losses *= float("nan")

    spoil(base, monkeypatch, once)
    told: list[tuple[str, int]] = []
    found = train.train_people(
        base,
        specs,
        folders_in(tmp_path / "spoilt", BOTH),
        on_progress=lambda person, step, _: told.append((person, step)),
    )
    assert [step for person, step in told if person == "ada"] == [1, 2, 3, 0, 1, 2, 3, 4, 5, 6]
    assert [step for person, step in told if person == "bo"] == [1, 2, 3, 4, 5, 6]
    for one, other in zip(plain, found, strict=True):
        assert_alike(state_of(one.adapter), state_of(other.adapter), 1e-3)


def test_who_has_no_numbers_twice_fails_alone(
    base: BaseModel, photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = specs_of(photos, BOTH)
    plain = train.train_people(base, specs[1:], {"bo": tmp_path / "plain"})[0]
    folders = folders_in(tmp_path / "spoilt", BOTH)

    def from_the_second_step_on(call: int, losses: Tensor) -> None:
        if call in (2, 4):
            losses *= float("inf")

    steps: list[int] = []
    with monkeypatch.context() as spoilt:
        spoil(base, spoilt, from_the_second_step_on)
        with pytest.raises(Diverged, match="not numbers") as caught:
            train.train_people(base, specs, folders)
    assert caught.value.person == "ada"
    assert not (folders["ada"] / seats.ADAPTER).exists()
    found = train.train_people(
        base, specs[1:], folders, on_progress=lambda _person, step, _steps: steps.append(step)
    )[0]
    # What Bo had learnt when Ada failed is not learnt again.
    assert steps == [5, 6]
    assert_alike(state_of(plain.adapter), state_of(found.adapter), 1e-3)


def test_who_has_no_numbers_after_a_face_was_seen_keeps_what_drew_it(
    base: BaseModel, photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_lora(base, monkeypatch, judge_images=1, judge_from=0.0)
    monkeypatch.setattr(train.faces, "detect", lambda *_: ["a face"])
    monkeypatch.setattr(train.faces, "describe", lambda *_: np.eye(128)[0] * 0.3)

    def late(call: int, losses: Tensor) -> None:
        if call > 3:
            losses *= float("nan")

    spoil(base, monkeypatch, late)
    spec = replace(specs_of(photos, ["ada"])[0], descriptors=((0.0,) * 128,) * 3)
    (result,) = train.train_people(base, [spec], {"ada": tmp_path})
    assert (result.steps, result.holdout) == (2, 0.3)
    assert all(bool(value.isfinite().all()) for value in state_of(result.adapter).values())


@pytest.mark.parametrize("cut", [False, True], ids=["in one go", "resumed"])
def test_whose_loss_leaps_begins_again_at_once(
    base: BaseModel,
    photos: Photos,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cut: bool,
) -> None:
    """Long before anything is drawn; a run that is resumed right before the leap sees it, too."""
    specs = specs_of(photos, BOTH)
    plain = train.train_people(base, specs[1:], {"bo": tmp_path / "plain"})[0]
    with monkeypatch.context() as steady:
        set_lora(base, steady, beta2=0.9)
        alone = train.train_people(base, specs[:1], {"ada": tmp_path / "steady"})[0]
    set_lora(base, monkeypatch, steady_beta2=0.9, leap=12.0)
    monkeypatch.setattr(course, "PICTURES", 4)

    def leap(call: int, losses: Tensor) -> None:
        if 3 < call < 8:
            losses += 20.0

    spoil(base, monkeypatch, leap)
    folders = folders_in(tmp_path / "both", BOTH)
    told: list[tuple[str, int]] = []

    def watch(person: str, step: int, _steps: int) -> None:
        told.append((person, step))

    if cut:
        with pytest.raises(Stopped):
            train.train_people(
                base, specs, folders, on_progress=watch, should_stop=lambda: len(told) == 6
            )
    found = train.train_people(base, specs, folders, on_progress=watch)
    # Twice above: once in the first run, and not again in the steadier one.
    assert [step for person, step in told if person == "ada"] == [1, 2, 3, 0, 1, 2, 3, 4, 5, 6]
    assert_alike(state_of(alone.adapter), state_of(found[0].adapter), 1e-3)
    assert_alike(state_of(plain.adapter), state_of(found[1].adapter), 1e-3)


@pytest.mark.parametrize("batch", [1, 4, 8])
def test_losses_that_vary_as_noise_levels_do_are_no_leap(batch: int) -> None:
    for seed in range(30):
        chance = np.random.default_rng(seed)
        levels = np.linspace(0.02, 1.0, 64)
        healthy = Course()
        for step in range(200):
            loss = 0.5 + 0.5 * np.exp(-step / 60)
            each = loss * chance.choice(levels, batch) * chance.lognormal(0, 0.3, batch)
            assert healthy.add(float(each.mean()), batch) < 2.5


def test_a_leap_shows_within_the_steps_of_one_mean() -> None:
    leaping = Course()
    for _ in range(30):
        assert leaping.add(0.3, 8) == pytest.approx(1.0)
    above = [leaping.add(1.5, 8) for _ in range(8)]
    assert above == sorted(above)
    assert above[4] > 2.5
    assert Course.of(leaping.as_dict()) == leaping


def test_a_checkpoint_without_numbers_is_begun_anew(
    base: BaseModel, photos: Photos, tmp_path: Path
) -> None:
    spec = specs_of(photos, ["ada"])
    asked: list[int] = []
    with pytest.raises(Stopped):
        train.train_people(
            base,
            spec,
            {"ada": tmp_path},
            on_progress=lambda _person, step, _steps: asked.append(step),
            should_stop=lambda: len(asked) == 3,
        )
    path = tmp_path / seats.CHECKPOINT
    groups = {group: adapters.read(path, group)[0] for group in ("lora", "m", "v")}
    next(iter(groups["v"].values()))[:] = torch.nan
    adapters.write(path, groups, seats.note_of(path))
    seat = seats.open_seat(base, spec[0], tmp_path)
    assert (seat.step, seat.state) == (0, None)


@pytest.mark.parametrize(("kept", "step", "holdout"), [(2, 2, 0.3), (4, 4, 0.4)])
def test_weights_are_kept_under_the_step_they_are_of(
    base: BaseModel, photos: Photos, tmp_path: Path, kept: int, step: int, holdout: float
) -> None:
    """Killed between keeping the best weights and the checkpoint, those are of a later step than
    the resumed run's own best."""
    run = train._Run(base)
    seat = seats.open_seat(base, specs_of(photos, ["ada"])[0], tmp_path)
    run.seat(seat, [])
    earlier = base.slots.take(seat.slot)
    seats.write(seat, seats.BEST, {"unet": earlier}, {"digest": seat.digest, "step": kept})
    with torch.no_grad():
        for weight in base.slots.weights(seat.slot).values():
            weight.add_(1.0)
    seat.step, seat.history = 4, [(2, 0.3), (4, 0.4)]
    result = run.finish(seat)
    assert result is not None
    assert (result.steps, result.holdout) == (step, holdout)
    wanted = earlier if step == 2 else base.slots.take(seat.slot)
    assert_alike(wanted, state_of(result.adapter), 0.0)

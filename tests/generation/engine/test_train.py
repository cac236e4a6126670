"""People who train together learn exactly what they would learn alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from generation.engine import adapters, load, seats, train
from generation.engine.errors import EngineError, PhotoError, Stopped
from generation.engine.load import BaseModel
from generation.engine.sample import sample
from generation.engine.specs import LookSpec, SampleSpec, TrainSpec
from tests.generation.engine.trained import Photos, assert_alike, folders_in, specs_of, state_of


def gradients(
    base: BaseModel, photos: Photos, people: Sequence[str], root: Path
) -> dict[str, dict[str, Tensor]]:
    """Each person's gradients in a batch of `people`, with adapters that already speak."""
    run = train._Run(base)
    sitting: list[seats.Seat] = []
    for spec in specs_of(photos, people):
        run.seat(seats.open_seat(base, spec, root / spec.person), sitting)
        chance = torch.Generator().manual_seed(spec.seed)
        with torch.no_grad():
            for key, weight in base.slots.weights(sitting[-1].slot).items():
                if "lora_B" in key:
                    weight.copy_(torch.randn(weight.shape, generator=chance) * 0.1)
    grads = {}
    for seat in sitting:
        assert seat.optimizer is not None
        seat.optimizer.step = lambda: None  # type: ignore[method-assign,assignment]
    run.step(sitting)
    for seat in sitting:
        grads[seat.spec.person] = {
            key: weight.grad.clone()
            for key, weight in base.slots.weights(seat.slot).items()
            if weight.grad is not None
        }
    return grads


def test_gradients_of_a_batch_equal_those_of_separate_runs(
    base: BaseModel, photos: Photos, tmp_path: Path
) -> None:
    people = ("ada", "bo", "cy")
    together = gradients(base, photos, people, tmp_path)
    for person in people:
        alone = gradients(base, photos, [person], tmp_path)[person]
        assert len(alone) == len(base.slots.weights("slot0"))
        assert any(float(g.abs().max()) > 0 for g in alone.values())
        assert_alike(alone, together[person], 1e-5)


def test_the_fast_layers_compute_what_peft_computes(base: BaseModel) -> None:
    base.slots.grow(2)
    for number, slot in enumerate(("slot0", "slot1")):
        base.slots.reset(slot, number)
        with torch.no_grad():
            for weight in base.slots.weights(slot).values():
                weight.add_(0.05)
    names = ["slot0", "slot0", "slot1", "slot1", "__base__", "__base__"]
    chance = torch.Generator().manual_seed(0)
    for layer in base.slots._layers.values():
        inner = layer.get_base_layer()
        shape = (
            (6, inner.in_channels, 8, 8)
            if isinstance(inner, torch.nn.Conv2d)
            else (6, 5, inner.in_features)
        )
        x = torch.randn(shape, generator=chance)
        for rows in (names, names[::2] * 2, names[:1] + names[:5]):
            ours = layer._mixed_batch_forward(x, adapter_names=rows)
            peft = type(layer)._mixed_batch_forward(layer, x, adapter_names=rows)
            torch.testing.assert_close(ours, peft, rtol=1e-4, atol=1e-5)


def test_adapters_trained_together_equal_those_trained_alone(
    base: BaseModel, photos: Photos, tmp_path: Path
) -> None:
    people = ("ada", "bo", "cy")
    specs = specs_of(photos, people)
    together = train.train_people(base, specs, folders_in(tmp_path / "together", people))
    # Two at once: the third takes the first free seat, beside a neighbour further on.
    specs[0] = replace(specs[0], steps=6)
    paired = train.train_people(
        base, specs, folders_in(tmp_path / "paired", people), people_at_once=2
    )
    for spec, result, pair in zip(specs, together, paired, strict=True):
        folder = {spec.person: tmp_path / "alone" / spec.person}
        alone = train.train_people(base, [spec], folder)[0]
        assert_alike(state_of(alone.adapter), state_of(result.adapter), 1e-3)
        assert_alike(state_of(alone.adapter), state_of(pair.adapter), 1e-3)
        assert result.person == spec.person
        assert result.steps == 6
        assert result.seconds > 0


def test_a_stopped_run_goes_on_to_the_same_adapter(
    base: BaseModel, photos: Photos, tmp_path: Path
) -> None:
    spec = specs_of(photos, ["ada"])
    whole = train.train_people(base, spec, {"ada": tmp_path / "whole"})[0]

    folder = {"ada": tmp_path / "cut"}
    seen: list[int] = []
    with pytest.raises(Stopped):
        train.train_people(
            base,
            spec,
            folder,
            on_progress=lambda _person, step, _steps: seen.append(step),
            should_stop=lambda: len(seen) >= 3,
        )
    assert seen == [1, 2, 3]
    resumed: list[int] = []
    result = train.train_people(
        base, spec, folder, on_progress=lambda _person, step, _steps: resumed.append(step)
    )[0]
    assert resumed == [4, 5, 6]
    assert_alike(state_of(whole.adapter), state_of(result.adapter), 1e-5)
    assert [p.name for p in folder["ada"].iterdir()] == ["adapter.safetensors"]


def test_a_killed_run_goes_on_from_its_last_checkpoint_on_another_worker(
    base: BaseModel, photos: Photos, tmp_path: Path
) -> None:
    spec = specs_of(photos, ["ada"])[0]
    whole = train.train_people(base, [spec], {"ada": tmp_path / "whole"})[0]

    def die(_person: str, step: int, _steps: int) -> None:
        if step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train.train_people(base, [spec], {"ada": tmp_path / "cut"}, on_progress=die)
    # The other worker keeps the same photos in another place.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    moved = []
    for photo in spec.photos:
        moved.append(elsewhere / f"x{photo.name}")
        moved[-1].write_bytes(photo.read_bytes())
    steps: list[int] = []
    again = train.train_people(
        base,
        [replace(spec, photos=tuple(moved))],
        {"ada": tmp_path / "cut"},
        on_progress=lambda _person, step, _steps: steps.append(step),
    )[0]
    assert steps == [3, 4, 5, 6]
    assert_alike(state_of(whole.adapter), state_of(again.adapter), 1e-5)


def test_a_finished_adapter_is_not_trained_twice_but_other_photos_are(
    base: BaseModel, photos: Photos, tmp_path: Path
) -> None:
    spec = specs_of(photos, ["ada"])[0]
    folder = {"ada": tmp_path}
    first = train.train_people(base, [spec], folder)[0]
    stamp = os.stat(first.adapter).st_mtime_ns
    again = train.train_people(base, [spec], folder)[0]
    assert os.stat(again.adapter).st_mtime_ns == stamp
    assert again.steps == first.steps
    train.train_people(base, [replace(spec, photos=photos["bo"])], folder)
    assert os.stat(first.adapter).st_mtime_ns != stamp


def test_a_damaged_checkpoint_is_begun_anew(
    base: BaseModel, photos: Photos, tmp_path: Path
) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes(b"half a file")
    spec = specs_of(photos, ["ada"])
    assert train.train_people(base, spec, {"ada": tmp_path})[0].steps == 6


def test_out_of_memory_halves_the_people_and_changes_nothing_else(
    base: BaseModel, photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = ("ada", "bo", "cy")
    specs = specs_of(photos, people)
    plain = train.train_people(base, specs, folders_in(tmp_path / "plain", people))
    losses = base.family.losses
    sizes: list[int] = []

    def small_device(latents: Tensor, *others: object) -> Tensor:
        sizes.append(len(latents))
        if len(latents) > 2 and len(sizes) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return losses(latents, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(base.family, "losses", small_device)
    small = train.train_people(base, specs, folders_in(tmp_path / "small", people))
    assert sizes[:4] == [6, 6, 6, 2]
    assert set(sizes[3:]) == {2}
    for one, other in zip(plain, small, strict=True):
        assert_alike(state_of(one.adapter), state_of(other.adapter), 1e-3)


def test_a_judgement_that_does_not_fit_is_drawn_in_parts(
    base: BaseModel, photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lora = replace(base.recipe.lora, judge_images=4, judge_from=0.0)
    monkeypatch.setattr(base, "recipe", replace(base.recipe, lora=lora))
    monkeypatch.setattr(train.faces, "detect", lambda *_: ["a face"])
    monkeypatch.setattr(
        train.faces, "describe", lambda picture, *_: np.full(128, np.asarray(picture).mean() / 255)
    )
    spec = replace(specs_of(photos, ["ada"])[0], descriptors=((0.0,) * 128,) * 3)
    plain = train.train_people(base, [spec], {"ada": tmp_path / "plain"})[0]
    draw, sizes = base.family.draw, []

    def small_device(*given: object) -> object:
        sizes.append(len(given[2]))  # type: ignore[arg-type]
        if sizes[-1] > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return draw(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(base.family, "draw", small_device)
    small = train.train_people(base, [spec], {"ada": tmp_path / "small"})[0]
    assert sizes[:7] == [4, 2, 1, 1, 2, 1, 1]
    for (step, one), (other_step, other) in zip(plain.history, small.history, strict=True):
        assert (step, one) == (other_step, pytest.approx(other, abs=1e-2))


def test_who_does_not_fit_beside_others_comes_after_them(
    base: BaseModel, photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = ("ada", "bo")
    specs = specs_of(photos, people)
    plain = train.train_people(base, specs, folders_in(tmp_path / "plain", people))
    prepare, asked = train.seats.prepare, []

    def full_device(one: BaseModel, spec: TrainSpec) -> seats.Data:
        asked.append(spec.person)
        if asked == ["ada", "bo"]:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return prepare(one, spec)

    monkeypatch.setattr(train.seats, "prepare", full_device)
    small = train.train_people(base, specs, folders_in(tmp_path / "small", people))
    assert asked == ["ada", "bo", "bo"]
    for one, other in zip(plain, small, strict=True):
        assert_alike(state_of(one.adapter), state_of(other.adapter), 1e-3)


def test_who_is_dropped_leaves_nothing_and_changes_nobody(
    base: BaseModel, photos: Photos, tmp_path: Path
) -> None:
    people = ("ada", "bo", "cy")
    specs = specs_of(photos, people)
    plain = train.train_people(base, specs, folders_in(tmp_path / "plain", people))
    folders = folders_in(tmp_path / "fewer", people)
    steps: dict[str, int] = {}

    def watch(person: str, step: int, _steps: int) -> None:
        steps[person] = step
        if step == 3:
            # Cy's folder is destroyed, as by a withdrawal.
            shutil.rmtree(folders["cy"], ignore_errors=True)

    found = train.train_people(
        base,
        specs,
        folders,
        on_progress=watch,
        dropped=lambda person: person == "ada" and steps.get("ada") == 2,
    )
    assert [result.person for result in found] == ["bo"]
    assert (steps["ada"], steps["bo"]) == (2, 6)
    assert steps["cy"] < 6
    assert not folders["cy"].exists()
    assert not (folders["ada"] / "adapter.safetensors").exists()
    assert_alike(state_of(plain[1].adapter), state_of(found[0].adapter), 1e-5)


@pytest.mark.parametrize("at", [2, 6])
def test_who_withdraws_while_they_are_judged_stops_nobody(
    base: BaseModel, photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Early on, and when it was to be their last step: drawing and measuring takes seconds."""
    judged = replace(base.recipe.lora, judge_images=1, judge_from=0.0)
    monkeypatch.setattr(base, "recipe", replace(base.recipe, lora=judged))
    monkeypatch.setattr(train.faces, "detect", lambda *_: [])
    specs = [
        replace(spec, descriptors=((0.0,) * 128,) * 3) for spec in specs_of(photos, ["ada", "bo"])
    ]
    plain = train.train_people(base, specs[1:], {"bo": tmp_path / "plain"})
    folders = folders_in(tmp_path / "both", ["ada", "bo"])
    steps: dict[str, list[int]] = {"ada": [], "bo": []}
    judge = train._Run.judge

    def withdrawing(run: train._Run, seat: seats.Seat) -> None:
        if (seat.spec.person, seat.step) == ("ada", at):
            detect = train.faces.detect
            with monkeypatch.context() as while_judged:
                while_judged.setattr(
                    train.faces,
                    "detect",
                    lambda *given: shutil.rmtree(folders["ada"]) or detect(*given),
                )
                judge(run, seat)
            return
        judge(run, seat)

    monkeypatch.setattr(train._Run, "judge", withdrawing)
    found = train.train_people(
        base, specs, folders, on_progress=lambda person, step, _: steps[person].append(step)
    )
    assert [result.person for result in found] == ["bo"]
    assert max(steps["ada"]) < at
    # Not one step of the neighbour's is done over.
    assert steps["bo"] == [1, 2, 3, 4, 5, 6]
    assert not folders["ada"].exists()
    assert_alike(state_of(plain[0].adapter), state_of(found[0].adapter), 1e-3)


def test_who_withdraws_while_they_are_written_down_stops_nobody(
    base: BaseModel, photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the very last moment, before each of the files that are written: the folder was there
    when it was looked for."""
    write = adapters.write
    for name in (seats.CHECKPOINT, seats.ADAPTER):
        folders = folders_in(tmp_path / name, ["ada", "bo"])

        def withdrawing(
            path: Path, *given: object, name: str = name, ada: Path = folders["ada"]
        ) -> None:
            if path == ada / name:
                shutil.rmtree(ada)
            write(path, *given)  # type: ignore[arg-type]

        monkeypatch.setattr(adapters, "write", withdrawing)
        found = train.train_people(base, specs_of(photos, ["ada", "bo"]), folders)
        assert [result.person for result in found] == ["bo"]
        assert not folders["ada"].exists()


def test_adapters_learn_in_full_precision_on_a_base_in_bfloat16(
    tiny: Path, photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load.unload()
    half = load.base_model(tiny, "cpu", "bfloat16")
    # So small a rate moves nothing that is kept in bfloat16.
    lora = replace(half.recipe.lora, learning_rate=1e-6)
    monkeypatch.setattr(half, "recipe", replace(half.recipe, lora=lora))
    try:
        half.slots.grow(1)
        half.slots.reset("slot0", ord("a"))
        start = half.slots.take("slot0")
        (result,) = train.train_people(half, specs_of(photos, ["ada"]), {"ada": tmp_path})
        end = state_of(result.adapter)
        assert {weight.dtype for weight in half.slots.weights("slot0").values()} == {torch.float32}
        moved = [float((end[key] - start[key]).abs().max()) for key in end]
        assert 1e-7 < np.median(moved) < 1e-4
        picture = sample(half, [SampleSpec("ada", result.adapter, LookSpec("suit", "grey"), 1)])[0]
        assert picture.size == (32, 32)
    finally:
        load.unload()


def test_memory_for_nobody_is_said_in_a_sentence(
    base: BaseModel, photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tiny_device(*_: object) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(base.family, "losses", tiny_device)
    with pytest.raises(EngineError, match="too little memory to train even one"):
        train.train_people(base, specs_of(photos, ["ada"]), {"ada": tmp_path})


def test_photos_without_a_face_are_named(base: BaseModel, photos: Photos, tmp_path: Path) -> None:
    spec = TrainSpec("ada", photos["ada"], seed=1)
    with pytest.raises(PhotoError, match="No face was found in any of the photos") as caught:
        train.train_people(base, [spec], {"ada": tmp_path})
    assert caught.value.person == "ada"


def test_a_photo_that_is_no_picture_is_named(base: BaseModel, tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_text("no picture")
    with pytest.raises(PhotoError, match=r"holiday\.jpg cannot be read"):
        train.train_people(base, [TrainSpec("ada", (path,), seed=1)], {"ada": tmp_path})

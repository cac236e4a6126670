"""What the worker does when people, files, devices or itself are in the way.

On a tiny random base model, which draws no faces: nobody gets a headshot here.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from accounts.actors import employee_actor
from generation.dispatch import base_model, drawing, heartbeat, worker
from generation.dispatch.claims import Claim
from generation.embedded_model.demo_people import write_people
from generation.engine import adapters, gate, load, photos, seats, train, wardrobe
from generation.engine.errors import Stopped
from generation.engine.specs import TrainSpec
from generation.leaving import withdrawals
from generation.models import Candidate, Order, Selfie, Shoot, State
from generation.photos import better, demands, handing_in
from generation.storage import vault
from tests.engine_room import hand_in_rendered
from tests.generation.engine.conftest import build
from tests.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[list[Path]]:
    people = write_people(tmp_path_factory.mktemp("people"), 2, 7, seed=11)
    return [list(person.selfies) for person in people]


@pytest.fixture
def world(settings: Any, tiny_base: Path) -> Iterator[World]:
    settings.BASE_MODEL = str(tiny_base)
    settings.GPU_DEVICE = "cpu"
    yield make_world(credits=10)
    load.unload()


def handed_in(order: Order, pictures: list[list[Path]]) -> list[Shoot]:
    """The shoots of an order, in the order of their photos."""
    shoots = list(order.shoots.order_by("pk"))
    for shoot, files in zip(shoots, pictures, strict=False):
        hand_in_rendered(shoot, files)
    return shoots


def work() -> int:
    return worker.run(worker="gpu@here:1", should_stop=lambda: False)


def now(shoot: Shoot) -> Shoot:
    return Shoot.objects.get(pk=shoot.pk)


def test_a_host_that_does_not_see_the_private_files_takes_nothing(
    world: World, pictures: list[list[Path]], settings: Any, tmp_path: Path
) -> None:
    (shoot,) = handed_in(world.order(1), pictures)
    photos = Selfie.objects.filter(shoot=shoot).count()
    settings.PRIVATE_ROOT = tmp_path / "not-mounted"
    assert work() == 0
    left = now(shoot)
    assert (left.state, left.attempts) == (State.QUEUED, 0)
    assert Selfie.objects.filter(shoot=shoot).count() == photos


def test_a_damaged_photo_is_taken_out_and_the_others_go_on(
    world: World, pictures: list[list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bo = handed_in(world.order(2), pictures)
    judge, compared = gate.judge, []

    def noting(*given: Any, **named: Any) -> Any:
        compared.append(len([seen for seen in named["surroundings"] if seen]))
        return judge(*given, **named)

    monkeypatch.setattr(gate, "judge", noting)
    damaged = Selfie.objects.filter(shoot=ada, verdict="accepted").order_by("pk")[2]
    vault().path(damaged.file).write_bytes(b"no picture any more")
    work()
    back = now(ada)
    assert (back.state, back.message) == (State.COLLECTING, worker._DAMAGED)
    assert not Selfie.objects.filter(pk=damaged.pk).exists()
    assert not vault().exists(damaged.file)
    assert Candidate.objects.filter(shoot=bo).exists()
    seen = Selfie.objects.filter(shoot=bo, verdict="accepted").count()
    assert set(compared) == {seen}
    handing_in.hand_in(actor=employee_actor(ada.employee), shoot=now(ada))
    assert now(ada).state == State.QUEUED


def test_somebody_who_withdraws_while_pictures_are_drawn_takes_nobody_along(
    world: World, pictures: list[list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bo = handed_in(world.order(2), pictures)
    family = load.base_model(base_model.folder(), device="cpu").family
    draw, drawn = family.draw, []

    def and_withdraw(*given: Any, **named: Any) -> Any:
        if not drawn:
            withdrawals.withdraw(actor=employee_actor(ada.employee), shoot=now(ada))
        drawn.append(len(given[2]))
        return draw(*given, **named)

    monkeypatch.setattr(family, "draw", and_withdraw)
    monkeypatch.setattr(train._Run, "judge", lambda *_: None)
    work()
    assert now(ada).state == State.WITHDRAWN
    assert not Candidate.objects.filter(shoot=ada).exists()
    assert not list(vault().keys(ada.folder))
    recipe = base_model.recipe().sample
    assert Candidate.objects.filter(shoot=bo).count() == recipe.candidates * recipe.rounds
    assert now(bo).attempts == 1


def test_an_adapter_of_another_base_model_is_not_drawn_with(
    world: World, pictures: list[list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (shoot,) = handed_in(world.order(1), pictures)
    monkeypatch.setattr(train._Run, "judge", lambda *_: None)
    monkeypatch.setattr(drawing, "conclude", lambda sitter, _passed: setattr(sitter, "ended", True))
    work()
    first = now(shoot)
    path = vault().path(first.adapter)
    state, note = adapters.read(path, "unet")
    for spoilt in (
        {**note, "base": "another"},
        {**note, "alpha": 99},
        {**note, "targets": note["targets"][1:]},
        None,
    ):
        if spoilt is None:
            path.write_bytes(b"half of it")
        else:
            adapters.write(path, {"unet": state}, spoilt)
        assert not adapters.fits(path, base_model.recipe())
        Shoot.objects.filter(pk=shoot.pk).update(lease_until=None)
        work()
        again = now(shoot)
        assert again.state == State.GENERATING
        path = vault().path(again.adapter)
        assert adapters.fits(path, base_model.recipe())
        assert [folder.name for folder in path.parent.parent.iterdir()] == [str(again.fence)]


def test_who_cannot_be_learnt_is_told_and_the_others_go_on(
    world: World, pictures: list[list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bo = handed_in(world.order(2), pictures)
    monkeypatch.setattr(train._Run, "judge", lambda *_: None)
    prepare = seats.prepare

    def spoilt(base: load.BaseModel, spec: TrainSpec) -> seats.Data:
        data = prepare(base, spec)
        if spec.person == str(ada.pk):
            data.latents *= float("nan")
        return data

    monkeypatch.setattr(seats, "prepare", spoilt)
    work()
    back = now(ada)
    assert (back.state, back.message, back.attempts) == (State.COLLECTING, worker._NOT_LEARNT, 1)
    assert not list(vault().keys(f"{ada.folder}/adapter"))
    assert Candidate.objects.filter(shoot=bo).exists()
    assert now(bo).attempts == 1


def test_a_drawing_that_is_no_picture_is_one_candidate_less(
    world: World, pictures: list[list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (shoot,) = handed_in(world.order(1), pictures)
    monkeypatch.setattr(train._Run, "judge", lambda *_: None)
    base = load.base_model(base_model.folder(), device="cpu")
    wardrobe.ordered(base, demands.look(shoot))
    family, draw = base.family, base.family.draw
    batches = 0

    def spoil_the_first(*given: Any) -> list[Any]:
        nonlocal batches
        batches += 1
        return [None, *draw(*given)[1:]]

    monkeypatch.setattr(family, "draw", spoil_the_first)
    work()
    recipe = base_model.recipe().sample
    receipts = list(Candidate.objects.filter(shoot=shoot).values_list("receipt", flat=True))
    assert len(receipts) == recipe.candidates * recipe.rounds
    said = [tuple(receipt["reasons"]) for receipt in receipts]
    # One of each batch, and the others are judged as what they show.
    assert said.count(("no_picture",)) == batches < len(said)
    assert sum("no_picture" in reasons for reasons in said) == batches
    assert now(shoot).attempts == 1


def test_faces_are_not_looked_for_again_where_the_judge_noted_them(
    world: World, pictures: list[list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (shoot,) = handed_in(world.order(1), pictures)
    older = Selfie.objects.filter(shoot=shoot, verdict="accepted").order_by("pk")[0]
    older.measures.pop("landmarks")
    older.save(update_fields=["measures"])
    asked: list[TrainSpec] = []

    def only_ask(_base: object, specs: list[TrainSpec], *_: object, **__: object) -> None:
        asked.extend(specs)
        raise Stopped

    monkeypatch.setattr(train, "train_people", only_ask)
    worker.run(worker="gpu@here:1", should_stop=lambda: bool(asked))
    (spec,) = asked
    rules = base_model.recipe().photos
    for path, landmarks in zip(spec.photos, spec.landmarks, strict=True):
        if path == vault().path(older.file):
            assert landmarks == ()
            continue
        with Image.open(path) as image:
            found = photos.judge_photo(image, rules).landmarks
        assert found is not None
        assert np.allclose(landmarks, found)


def test_the_advice_is_of_all_candidates_also_of_those_before_a_kill(
    world: World, pictures: list[list[Path]]
) -> None:
    (shoot,) = handed_in(world.order(1), pictures)
    recipe = base_model.recipe().sample
    for number in range(recipe.candidates * recipe.rounds):
        Candidate.objects.create(
            shoot=shoot,
            round=shoot.round,
            number=number,
            seed=number,
            passed=False,
            receipt={"reasons": ["blurred"]},
        )
    work()
    photos_of_theirs = list(shoot.selfies.all())
    assert now(shoot).message == better.asked(reasons=["blurred"], selfies=photos_of_theirs)
    assert better.ADVICE["blurred"] in now(shoot).message


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (RuntimeError("CUDA error: an illegal memory access was encountered"), [0, 1]),
        (RuntimeError("no space left on device"), [1, 1]),
    ],
)
def test_a_process_that_cannot_be_trusted_ends_before_it_spends_more_attempts(
    world: World,
    pictures: list[list[Path]],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    attempts: list[int],
) -> None:
    shoots = [handed_in(world.order(1), pictures)[0] for _ in range(2)]

    def fails(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(train, "train_people", fails)
    with pytest.raises(SystemExit):
        work()
    assert sorted(now(shoot).attempts for shoot in shoots) == attempts


def test_a_device_that_hangs_does_not_keep_its_claims(
    world: World, pictures: list[list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (shoot,) = handed_in(world.order(1), pictures)
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    monkeypatch.setattr(heartbeat, "PROGRESS_S", 0.05)
    clock = [0.0]
    monkeypatch.setattr(heartbeat, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    base = load.base_model(base_model.folder(), device="cpu")
    claim = Claim(shoot.pk, 1)
    with worker.Heartbeat(worker="gpu@here:1", base=base, claims=[claim]) as heart:
        for step in range(3):
            heart.note(claim, step, 8)
            clock[0] += heartbeat.STALLED_S - 1
            time.sleep(0.3)
            assert not killed
        clock[0] += 2
        wait_for(lambda: bool(killed))
    assert killed[0] == (os.getpid(), signal.SIGKILL)


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)

"""A base model that cannot be opened: said where operators look, and not opened again and again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django_q.models import OrmQ
from safetensors.torch import load_file, save_file

from generation import tasks
from generation.dispatch import canary, claims, heartbeat, unusable, watch, worker
from generation.engine import load
from generation.engine.errors import BaseModelError
from generation.management.commands import shoot_roster
from generation.models import Shoot, State, Worker
from generation.ordering import progress
from tests.generation.engine.conftest import build
from tests.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture
def broken(whole: Path, tmp_path: Path, settings: Any) -> Iterator[Path]:
    """The base model of this installation, a weight of which is no number: nothing but opening it
    shows."""
    folder = Path(shutil.copytree(whole, tmp_path / "broken"))
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    weights["decoder.conv_in.bias"][0] = float("nan")
    save_file(weights, path, metadata={"format": "pt"})
    settings.BASE_MODEL = str(folder)
    settings.GPU_DEVICE = "cpu"
    settings.Q_CLUSTER_NAME = "gpu"
    yield folder
    unusable._last = None
    load.unload()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Each folder that is opened, as often as it is."""
    found: list[Path] = []
    base_model = load.base_model

    def counted(path: Path, **more: Any) -> load.BaseModel:
        found.append(path)
        return base_model(path, **more)

    monkeypatch.setattr(load, "base_model", counted)
    return found


@pytest.fixture
def waiting(broken: Path) -> Shoot:
    """A shoot in the queue, with all else of the installation well."""
    world: World = make_world(credits=2)
    heartbeat.report(worker="default@web:1")
    return world.shoot(State.QUEUED)


def mend(folder: Path, whole: Path) -> None:
    path = Path("vae") / "diffusion_pytorch_model.safetensors"
    shutil.copy(whole / path, folder / path)
    os.utime(folder / path, (1, 1))


def gpu() -> watch.Part:
    (part,) = [part for part in watch.look() if part.name == "gpu clusters"]
    return part


def test_it_is_said_and_not_opened_each_minute(waiting: Shoot, opened: list[Path]) -> None:
    for _ in range(3):
        # As a minute's sweep: it announces, and the worker takes the message.
        OrmQ.objects.all().delete()
        claims.sweep()
        assert tasks.work() == 0
        tasks.show_life()
    assert len(opened) == 1
    left = Shoot.objects.get(pk=waiting.pk)
    assert (left.state, left.attempts) == (State.QUEUED, 0)
    part = gpu()
    assert not part.good
    assert "cannot work: The base model is damaged" in part.said
    assert "vae has weights that are not numbers" in part.said
    # Nobody is told that a worker is at work.
    assert progress.workers_alive() == []
    # It stays so when nobody waits any more: the next order would find the same.
    Shoot.objects.update(state=State.CANCELLED)
    tasks.work()
    assert not gpu().good


def test_it_is_opened_once_its_files_have_changed(
    waiting: Shoot, broken: Path, whole: Path, opened: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks.work()
    mend(broken, whole)
    # Nobody need wait for that to be seen.
    tasks.show_life()
    assert gpu().good
    monkeypatch.setattr(worker.claims, "claim", lambda **_: [])
    tasks.work()
    tasks.work()
    assert (len(opened), unusable.last()) == (3, None)
    assert Worker.objects.get(name=canary.name()).doing == ""
    assert gpu().good


def test_it_is_tried_again_after_a_while(
    waiting: Shoot, opened: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks.work()
    now = unusable.time.monotonic()
    monkeypatch.setattr(unusable.time, "monotonic", lambda: now + unusable.AGAIN_S + 1)
    tasks.work()
    tasks.work()
    assert len(opened) == 2
    assert not gpu().good


def test_a_process_whose_device_is_lost_begins_anew_before_it_tries_again(
    waiting: Shoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: Any, **__: Any) -> None:
        raise BaseModelError("It cannot be opened.") from RuntimeError("CUDA error: launch failure")

    monkeypatch.setattr(load, "base_model", lost)
    tasks.work()
    tasks.work()
    now = unusable.time.monotonic()
    monkeypatch.setattr(unusable.time, "monotonic", lambda: now + unusable.AGAIN_S + 1)
    with pytest.raises(SystemExit):
        tasks.work()


def test_a_long_sentence_fits_the_row(broken: Path) -> None:
    said = unusable.refuse(BaseModelError("It is damaged. " * 40), lost=False)
    heartbeat.report(worker="gpu@here:1", doing=said)
    assert Worker.objects.get().doing.endswith("…")


def test_whoever_works_in_their_own_process_is_told(waiting: Shoot) -> None:
    tasks.work()
    with pytest.raises(
        shoot_roster.CommandError, match=r"This host cannot work: The base model is"
    ):
        shoot_roster.Command()._follow(None, waiting.order)  # type: ignore[arg-type]

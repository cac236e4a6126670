"""kill -9 of the worker in the middle of an order: all is delivered, nothing charged twice."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from accounts.actors import SYSTEM
from billing import ledger
from billing.models import CreditEntry
from generation.approving import choosing
from generation.dispatch import claims
from generation.models import Candidate, Shoot, State
from generation.storage import vault
from headshots.lib.supervise import Supervisor
from tests.engine_room import cluster, hand_in_rendered, quick_base_model
from tests.world import make_world

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
    pytest.mark.xdist_group("gpu"),
]
PEOPLE = 2
# This is about crashes, so whatever shows one face may pass.
LOOSE = {"likeness_global": 2.0, "likeness_slack": 2.0, "margin": -2.0, "sharpness_min": 0.0}


def wait_for(what: Callable[[], object], seconds: float = 240) -> None:
    """Sweep, as the default cluster does each minute, until it is so."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, [
            (s.state, s.attempts, s.step, s.message) for s in Shoot.objects.all()
        ]
        claims.sweep()
        time.sleep(0.5)


@pytest.fixture
def rendered(tmp_path: Path) -> list[list[Path]]:
    from generation.embedded_model.demo_people import write_people

    people = write_people(tmp_path / "people", PEOPLE, 7, seed=11)
    return [list(person.selfies) for person in people]


def busy_worker(supervisor: Supervisor) -> psutil.Process:
    """The process of the cluster that has torch loaded: the one that works."""
    pid = supervisor.pid("gpu")
    assert pid is not None
    family = psutil.Process(pid).children(recursive=True)
    return max(family, key=lambda process: process.memory_info().rss)


def test_three_kills_cost_nobody_anything(
    tmp_path: Path, settings: Any, rendered: list[list[Path]]
) -> None:
    settings.LEASE_S = 5
    base = quick_base_model(tmp_path / "base", gate=LOOSE)
    settings.BASE_MODEL = str(base)
    world = make_world(credits=PEOPLE)
    order = world.order(PEOPLE)
    shoots = list(order.shoots.all())
    for shoot, files in zip(shoots, rendered, strict=True):
        hand_in_rendered(shoot, files)
    assert ledger.balance(organisation=world.organisation).held == PEOPLE

    def working(state: State, claims_so_far: int) -> bool:
        rows = Shoot.objects.filter(order=order, state=state, fence__gt=claims_so_far)
        return any(row.steps and row.step for row in rows)

    def fence() -> int:
        return max(Shoot.objects.filter(order=order).values_list("fence", flat=True))

    def ready() -> bool:
        return not Shoot.objects.filter(order=order).exclude(state=State.CHOOSING).exists()

    supervisor = Supervisor(
        [
            cluster(
                "gpu",
                tmp_path / "var",
                settings.PRIVATE_ROOT,
                BASE_MODEL=str(base),
                HEADSHOTS_LEASE_S="5",
                HEADSHOTS_PEOPLE_AT_ONCE=str(PEOPLE),
            )
        ],
        log_folder=tmp_path / "logs",
    )
    supervisor.start()
    try:
        wait_for(lambda: working(State.TRAINING, 0))
        os.kill(busy_worker(supervisor).pid, signal.SIGKILL)
        before = fence()
        wait_for(lambda: working(State.TRAINING, before) or fence() > before)
        main = supervisor.pid("gpu")
        assert main is not None
        os.kill(main, signal.SIGKILL)
        before = fence()
        wait_for(
            lambda: (
                Candidate.objects.filter(shoot__order=order).exists()
                or (fence() > before and working(State.GENERATING, before))
            )
        )
        if not ready():
            os.kill(busy_worker(supervisor).pid, signal.SIGKILL)
        wait_for(ready)
    finally:
        supervisor.stop()

    for shoot in Shoot.objects.filter(order=order):
        # The kills were felt: another process had to claim them.
        assert shoot.attempts > 1
        listed = choosing.short_list(shoot=shoot)
        assert listed
        assert all(vault().exists(c.finished) and vault().exists(c.file) for c in listed)
        choosing.pick(actor=SYSTEM, shoot=shoot, candidate=listed[0])
        choosing.approve(actor=SYSTEM, shoot=shoot)
    balance = ledger.balance(organisation=world.organisation)
    assert (balance.available, balance.held) == (0, 0)
    assert CreditEntry.objects.filter(kind="capture").count() == PEOPLE
    assert CreditEntry.objects.filter(kind="hold").count() == PEOPLE
    assert sum(u.seconds for s in shoots for u in s.usage.all()) > 0

"""Publishing in a sandbox: the whole way, and nothing of it leaves."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import pytest

from accounts.actors import employee_actor
from accounts.models import Employee
from generation.leaving import withdrawals
from generation.models import Directory, PublishingRun, Shoot
from generation.publishing import doing
from generation.sandbox import directory as stand_ins
from generation.storage import vault
from tests.api.program import Program
from tests.api.test_sandbox import place, run_queue
from tests.generation.publishing.steps import values
from tests.world import World

KINDS = ("entra", "google", "slack", "bamboo")
# By their addresses: one who has a photo there already, and one who has none.
HAS, HAS_NONE = "leo@acme.example", "ada@acme.example"


@pytest.fixture
def tester(world: World) -> Program:
    return Program.of(world.organisation, test=True)


@pytest.fixture(autouse=True)
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever would connect to anything fails the test."""

    def refuse(*args: Any, **_: Any) -> Any:
        raise AssertionError(f"Something leaves the sandbox: {args[1:]}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(httpx.Client, "send", refuse)


def delivered(tester: Program, *emails: str) -> str:
    order = place(tester, *emails)
    run_queue(render=True)
    counts = tester.get(f"orders/{order['id']}").json()["counts"]
    assert counts["delivered"] == len(emails)
    return str(order["id"])


def connect(tester: Program, kind: str = "entra") -> dict[str, Any]:
    given = values(kind, list(Employee.objects.all()))
    answer = tester.post("directories", {"kind": kind, "values": given})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def go(tester: Program, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Begin a run, work on it to its end, read it."""
    answer = tester.post(path, body or {})
    assert answer.status_code == 202, answer.content
    run = answer.json()["id"]
    for _ in range(20):
        if PublishingRun.objects.get(pk=run).state != "running":
            break
        doing.go(run_id=run)
    return dict(tester.get(f"publishing-runs/{run}").json())


def standing(directory: str, email: str) -> bytes | None:
    found = Directory.objects.get(pk=directory)
    target = stand_ins.StandIn(found, None)  # type: ignore[arg-type]
    return target.read(str(Employee.objects.get(email=email).pk))


@pytest.mark.parametrize("kind", ["entra", "bamboo"])
def test_the_whole_way_without_a_connection(tester: Program, kind: str) -> None:
    order = delivered(tester, HAS, HAS_NONE)
    directory = connect(tester, kind)["id"]
    before = standing(directory, HAS)
    assert before
    assert standing(directory, HAS_NONE) is None
    said = {"directory": directory, "aim": "rehearse"}
    rehearsed = go(tester, f"orders/{order}/publishing-runs", said)
    assert rehearsed["people"] == {"waiting": 0, "done": 2, "failed": 0}
    assert standing(directory, HAS) == before
    run = go(tester, f"orders/{order}/publishing-runs", {**said, "aim": "publish"})
    assert run["state"] == "done"
    assert run["people"]["done"] == 2
    assert standing(directory, HAS) not in (None, before)
    assert standing(directory, HAS_NONE)
    undone = go(tester, f"publishing-runs/{run['id']}/undo")
    # As BambooHR's own API, its stand-in takes no photo away.
    assert undone["people"]["failed"] == (1 if kind == "bamboo" else 0)
    assert standing(directory, HAS) == before
    assert bool(standing(directory, HAS_NONE)) is (kind == "bamboo")


def test_tokens_are_not_kept(tester: Program) -> None:
    place(tester, HAS)
    for kind in KINDS:
        connect(tester, kind)
    kept = Directory.objects.filter(organisation__sandbox_of__isnull=False)
    assert set(kept.values_list("sealed", flat=True)) == {"sandbox:1"}
    assert "entra-secret" not in str(list(kept.values_list("options", flat=True)))


def test_addresses_tell_who_fails(tester: Program) -> None:
    order = delivered(tester, HAS, "fail+directory@acme.example", "fail+forbidden@acme.example")
    said = {"directory": connect(tester)["id"], "aim": "publish"}
    run = go(tester, f"orders/{order}/publishing-runs", said)
    assert run["people"] == {"waiting": 0, "done": 1, "failed": 2}
    rows = PublishingRun.objects.get().publications.values_list(
        "shoot__employee__email", "sentence"
    )
    told = dict(rows)
    assert "does not know" in told["fail+directory@acme.example"]
    assert "may not change" in told["fail+forbidden@acme.example"]


def test_tokens_that_run_out_are_given_anew(tester: Program) -> None:
    order = delivered(tester, HAS, "fail+tokens@acme.example")
    said = {"directory": connect(tester)["id"], "aim": "publish"}
    run = go(tester, f"orders/{order}/publishing-runs", said)
    assert run["state"] == "stopped"
    assert "does not take the token" in run["sentence"]
    assert run["people"]["waiting"] >= 1
    connect(tester)
    run = go(tester, f"publishing-runs/{run['id']}/resume")
    assert run["people"] == {"waiting": 0, "done": 2, "failed": 0}


@pytest.mark.django_db(transaction=True)
def test_what_stands_there_goes_with_its_person_and_with_the_directory(tester: Program) -> None:
    order = delivered(tester, HAS, HAS_NONE)
    directory = connect(tester)["id"]
    go(tester, f"orders/{order}/publishing-runs", {"directory": directory, "aim": "publish"})
    place_of = stand_ins.folder(Directory.objects.get(pk=directory))
    assert len(list(vault().keys(place_of))) == 2
    shoot = Shoot.objects.get(employee__email=HAS)
    withdrawals.withdraw(actor=employee_actor(shoot.employee), shoot=shoot)
    assert len(list(vault().keys(place_of))) == 1
    assert tester.delete(f"directories/{directory}").status_code == 204
    assert list(vault().keys(place_of)) == []

"""What came of everybody in a run, and that it ended, as a program reads and hears it."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Event, WebhookDelivery
from generation.models import Publication, PublishingRun
from generation.publishing import runs
from tests.api.program import Program, problem
from tests.generation.publishing.steps import Aim, connect, go_on, publish, ready
from tests.generation.publishing.vendors import Vendors
from tests.world import World, jpeg


def told(run: PublishingRun) -> list[str]:
    return list(
        Event.objects.filter(object_id=str(run.pk)).order_by("pk").values_list("type", flat=True)
    )


def people(program: Program, run: PublishingRun, asking: str = "") -> list[dict[str, Any]]:
    answer = program.get(f"publishing-runs/{run.pk}/people{asking}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def test_who_failed_and_why_and_who_can_be_put_back(world: World, vendors: Vendors) -> None:
    order = ready(world, 3)
    one, other, stranger = world.people
    vendors.know(one, other)
    vendors.photos[vendors.ids[one.email]] = jpeg(70, (700, 700))
    run = publish(world, order, connect(world))
    program = Program.of(world.organisation)
    found = {row["employee"]: row for row in people(program, run)}
    assert len(found) == 3
    done, failed = found[str(one.pk)], found[str(stranger.pk)]
    assert (done["state"], done["can_be_put_back"], done["was_put_back"]) == ("done", True, False)
    assert [step["what"] for step in done["steps"]][-1] == done["sentence"]
    assert done["steps"][0]["at"].startswith("20")
    assert (failed["state"], failed["can_be_put_back"]) == ("failed", False)
    assert failed["sentence"] == run.publications.get(shoot__employee=stranger).sentence != ""
    assert [row["employee"] for row in people(program, run, "?state=failed")] == [str(stranger.pk)]
    problem(program.get(f"publishing-runs/{run.pk}/people?state=lost"), 422, "invalid")
    (shown,) = people(program, run, "?state=failed&expand=employee")
    assert shown["employee"]["email"] == stranger.email

    # Whom the list names as one to be put back is, and is named no more.
    undoing = program.post(f"publishing-runs/{run.pk}/undo", {"shoot": done["shoot"]})
    assert undoing.status_code == 202
    go_on(PublishingRun.objects.get(pk=undoing.json()["id"]))
    again = {row["employee"]: row for row in people(program, run)}
    assert not again[str(one.pk)]["can_be_put_back"]
    assert again[str(one.pk)]["was_put_back"]
    assert again[str(other.pk)]["can_be_put_back"]
    assert not again[str(other.pk)]["was_put_back"]


def test_nobody_can_be_put_back_while_it_runs_or_was_only_rehearsed(
    world: World, vendors: Vendors
) -> None:
    order = ready(world, 1)
    vendors.know(*world.people)
    program, directory = Program.of(world.organisation), connect(world)
    rehearsed = publish(world, order, directory, Aim.REHEARSE)
    assert [row["can_be_put_back"] for row in people(program, rehearsed)] == [False]
    run = publish(world, order, directory)
    assert [row["can_be_put_back"] for row in people(program, run)] == [True]
    PublishingRun.objects.filter(pk=run.pk).update(state="running")
    assert [row["can_be_put_back"] for row in people(program, run)] == [False]


def test_a_long_run_is_read_in_pages_with_the_same_number_of_queries(
    world: World, vendors: Vendors
) -> None:
    order = ready(world, 4)
    vendors.know(*world.people)
    run = publish(world, order, connect(world))
    program = Program.of(world.organisation)
    asked, seen, cursor = [], [], ""
    for limit in (1, 2, 200):
        with CaptureQueriesContext(connection) as found:
            answer = program.get(f"publishing-runs/{run.pk}/people?limit={limit}").json()
        asked.append(len(found))
        assert len(answer["data"]) == min(limit, 4)
    assert len(set(asked)) == 1
    while cursor is not None:
        page = program.get(
            f"publishing-runs/{run.pk}/people?limit=3" + (f"&cursor={cursor}" if cursor else "")
        ).json()
        seen += [row["shoot"] for row in page["data"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 4


def test_the_end_of_a_run_is_told_once_each_time(world: World, vendors: Vendors) -> None:
    order = ready(world, 2)
    vendors.know(*world.people)
    world.endpoint()
    directory = connect(world)
    run = publish(world, order, directory)
    assert told(run) == ["publishing.ended"]
    event = Event.objects.get(object_id=str(run.pk))
    assert WebhookDelivery.objects.filter(event=event).exists()
    sent = json.loads(event.payload)
    assert sent["data"]["url"].endswith(f"/api/v1/publishing-runs/{run.pk}")
    assert set(sent["data"]) == {"object", "id", "url"}
    undoing = runs.undo(actor=world.actor, run=run)
    go_on(undoing)
    assert told(undoing) == ["publishing.ended"]


def test_a_run_that_stops_is_told_and_its_end_later(world: World, vendors: Vendors) -> None:
    order = ready(world, 3)
    vendors.know(*world.people)
    directory = connect(world)
    vendors.dies_after = 1
    run = publish(world, order, directory)
    assert run.state == "stopped"
    assert told(run) == ["publishing.stopped"]
    program = Program.of(world.organisation)
    assert people(program, run, "?state=waiting")
    vendors.dies_after, vendors.tokens = None, {"alive"}
    runs.resume(actor=world.actor, run=run)
    go_on(run)
    assert told(run) == ["publishing.stopped", "publishing.ended"]
    assert not Publication.objects.filter(run=run).exclude(state="done").exists()

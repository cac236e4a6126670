"""What a program sees of a rendering before it decides: the same pictures and reasons as a page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from generation.finishing import finishes, refinishing, rendition_table
from generation.models import Finishing, Refinish, Rendition, State
from generation.storage import vault
from tests.api.program import Program, problem
from tests.world import World, bring, give_files, jpeg

OLD, NEW = jpeg(40), jpeg(90)


def rendered(row: Finishing, data: bytes) -> None:
    """The files of one as finishing leaves them."""
    key = f"{row.headshot.shoot.folder}/headshots/{row.pk}/portrait.jpg"
    vault().put(key, data)
    Rendition.objects.create(
        finishing=row,
        kind="portrait",
        format="jpeg",
        width=640,
        height=640,
        bytes=len(data),
        file=key,
        sha256="",
    )
    Finishing.objects.filter(pk=row.pk).update(state=Finishing.State.DONE)


@pytest.fixture
def refinish(world: World) -> Refinish:
    """Four people rendered anew: two are done, one failed, one waits."""
    order = world.order(4)
    for shoot in order.shoots.all():
        vault().put(give_files(bring(shoot, State.DELIVERED)).file, OLD)
    newest = finishes.save_finish(
        actor=world.actor,
        organisation=world.organisation,
        look_name=world.look.name,
        plate=None,
        renditions=[rendition_table.Row("portrait", 256, 320)],
        closer=10,
    )
    made = refinishing.start(actor=world.actor, order=order, finish=newest)
    first, second, third, _fourth = made.finishings.order_by("pk")
    rendered(first, NEW)
    rendered(second, NEW)
    Finishing.objects.filter(pk=third.pk).update(
        state=Finishing.State.FAILED, sentence="No face was found in it."
    )
    return made


def rows(program: Program, refinish: Refinish, asking: str = "") -> list[dict[str, Any]]:
    answer = program.get(f"refinishes/{refinish.pk}/headshots{asking}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def test_before_and_after_and_why_one_failed(program: Program, refinish: Refinish) -> None:
    found = rows(program, refinish)
    assert [row["state"] for row in found] == ["done", "done", "failed", "waiting"]
    assert [row["sentence"] for row in found] == ["", "", "No face was found in it.", ""]
    assert [row["after"] is None for row in found] == [False, False, True, True]
    seen = AuditEntry.objects.filter(action="picture.viewed").count()
    assert program.get(found[0]["before"]).content == OLD
    answer = program.get(found[0]["after"])
    assert (answer.content, answer["Content-Type"]) == (NEW, "image/jpeg")
    assert AuditEntry.objects.filter(action="picture.viewed").count() == seen + 2
    # Who has no new picture keeps the old one to look at.
    assert program.get(found[2]["before"]).content == OLD
    problem(program.get(found[2]["before"].replace("/before", "/after")), 404, "not_found")
    problem(program.get(found[0]["before"].replace("/before", "/beside")), 404, "not_found")
    (failed,) = rows(program, refinish, "?state=failed")
    assert failed == found[2]
    (shown,) = rows(program, refinish, "?state=failed&expand=employee,shoot")
    assert shown["employee"]["id"] == failed["employee"]
    assert shown["shoot"]["id"] == failed["shoot"]


def test_once_it_is_used_before_is_what_it_replaced(program: Program, refinish: Refinish) -> None:
    _third, fourth = refinish.finishings.order_by("pk")[2:]
    Finishing.objects.filter(pk=fourth.pk).update(state=Finishing.State.FAILED)
    program.post(f"refinishes/{refinish.pk}/decide", {"decision": "approve"})
    found = rows(program, refinish)
    assert program.get(found[0]["before"]).content == OLD
    assert program.get(found[0]["after"]).content == NEW
    # What is fetched as the headshot's file is the new one now.
    file = f"headshots/{found[0]['headshot']}/renditions/portrait"
    assert program.get(file).content == NEW
    program.post(f"refinishes/{refinish.pk}/decide", {"decision": "undo"})
    assert program.get(found[0]["before"]).content == OLD
    assert program.get(file).content == OLD


def test_they_are_those_of_the_page(
    program: Program, refinish: Refinish, world: World, client: Client
) -> None:
    client.force_login(world.owner)
    page = client.get(reverse("refinish", args=[world.organisation.slug, refinish.pk]))
    said = page.content.decode()
    shown = [client.get(address).getvalue() for address in re.findall(r'<img src="([^"]+)"', said)]
    told = [
        program.get(row[side]).content
        for row in rows(program, refinish)
        for side in ("before", "after")
        if row[side]
    ]
    assert sorted(shown) == sorted(told)
    assert "No face was found in it." in said


def test_they_come_in_pages_with_the_same_number_of_queries(
    program: Program, refinish: Refinish
) -> None:
    asked, seen, cursor = set(), [], None
    for limit in (1, 2, 200):
        with CaptureQueriesContext(connection) as found:
            assert len(rows(program, refinish, f"?limit={limit}")) == min(limit, 4)
        asked.add(len(found))
    assert len(asked) == 1
    while cursor is not None or not seen:
        more = f"&cursor={cursor}" if cursor else ""
        page = program.get(f"refinishes/{refinish.pk}/headshots?limit=3{more}").json()
        seen += [row["headshot"] for row in page["data"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 4


def test_of_a_discarded_one_nothing_is_left(program: Program, refinish: Refinish) -> None:
    (first, *_others) = rows(program, refinish)
    Finishing.objects.filter(refinish=refinish, state="waiting").update(state="failed")
    program.post(f"refinishes/{refinish.pk}/decide", {"decision": "discard"})
    assert rows(program, refinish) == []
    problem(program.get(first["before"]), 404, "not_found")

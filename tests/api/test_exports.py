"""ZIPs by API: how far they are, their file, and the one event that tells."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from accounts.actors import employee_actor
from accounts.developers import partners
from accounts.models import Event
from generation.approving import choosing
from generation.delivering import delivery, exports
from generation.models import Export, Order, State
from headshots.lib.vault import VaultUnavailable
from tests.api.program import Program, problem
from tests.world import World, bring, give_files, make_world, many_delivered

KINDS = ("large", "portrait", "square")


@pytest.fixture
def order(world: World) -> Order:
    """Eight people with three files each."""
    found = many_delivered(world, 8)
    for shoot in found.shoots.all():
        give_files(shoot, KINDS)
    return found


def begin(program: Program, order: Order) -> dict[str, Any]:
    answer = program.post("exports", {"order": str(order.pk)})
    assert answer.status_code == 202, answer.content
    said: dict[str, Any] = answer.json()
    assert answer["Location"] == f"/api/v1/exports/{said['id']}"
    return said


def told(export: dict[str, Any]) -> list[str]:
    found = Event.objects.filter(object_id=export["id"])
    return list(found.order_by("pk").values_list("type", flat=True))


def watched(
    monkeypatch: pytest.MonkeyPatch, look: Callable[[], None], *, breaks: bool = False
) -> None:
    """Call `look` before each file that is packed; break off after the first, if wanted."""
    files = delivery.files

    def one_by_one(**said: Any) -> Iterator[tuple[str, bytes]]:
        for file in files(**said):
            look()
            yield file
            if breaks:
                raise VaultUnavailable("The storage is away.")

    monkeypatch.setattr(delivery, "files", one_by_one)


def test_an_export_says_how_far_it_is_and_is_fetched(
    program: Program, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = begin(program, order)
    place = f"exports/{export['id']}"
    pictures = len(delivery.pack(order=order).files)
    assert (export["state"], export["done"], export["total"]) == ("waiting", 0, pictures)
    assert pictures > 10
    problem(program.get(f"{place}/file"), 409, "not_ready")
    seen = []
    watched(monkeypatch, lambda: seen.append(program.get(place).json()))
    exports.make(export_id=Export.objects.get().pk)
    assert {each["state"] for each in seen} == {"making"}
    dones = [each["done"] for each in seen]
    assert dones == sorted(dones)
    assert dones[0] == 0 < dones[-1] <= pictures
    assert {each["file"] for each in seen} == {None}
    assert told(export) == ["export.ready"]
    after = program.get(place).json()
    assert (after["state"], after["done"], after["total"]) == ("ready", pictures, pictures)
    fetched = program.get(after["file"])
    assert fetched["Content-Type"] == "application/zip"
    content = b"".join(fetched.streaming_content)
    assert len(content) == after["bytes"]
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.testzip() is None
        names = set(packed.namelist())
    assert names == {"status.csv", *(file.path for file in delivery.pack(order=order).files)}
    # A message that comes twice neither packs nor tells again.
    exports.make(export_id=Export.objects.get().pk)
    assert told(export) == ["export.ready"]


def test_files_that_came_meanwhile_do_not_overrun_the_count(
    program: Program, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = begin(program, order)
    Export.objects.update(total=4)
    seen = []
    watched(monkeypatch, lambda: seen.append(program.get(f"exports/{export['id']}").json()))
    exports.make(export_id=Export.objects.get().pk)
    assert max(each["done"] for each in seen) == 4


@pytest.mark.parametrize("why", ["storage", "attempts"])
def test_a_failed_export_is_told_once(
    program: Program, world: World, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    shoot = world.shoot(State.DELIVERED)
    export = begin(program, shoot.order)
    if why == "storage":
        watched(monkeypatch, lambda: None, breaks=True)
    else:
        Export.objects.update(attempts=exports.MOST_ATTEMPTS)
    for _ in range(2):
        exports.make(export_id=Export.objects.get().pk)
    said = program.get(f"exports/{export['id']}").json()
    assert said["state"] == "failed"
    assert said["sentence"]
    assert said["file"] is None
    assert said["done"] <= said["total"]
    problem(program.get(f"exports/{export['id']}/file"), 409, "not_ready")
    assert told(export) == ["export.failed"]


def listed(program: Program, export: dict[str, Any]) -> list[dict[str, str]]:
    """The rows of the list in a ZIP."""
    fetched = program.get(f"exports/{export['id']}/file")
    assert fetched.status_code == 200
    with zipfile.ZipFile(io.BytesIO(b"".join(fetched.streaming_content))) as packed:
        text = packed.read("status.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("contacts", [True, False])
@pytest.mark.parametrize("everybody", [True, False])
def test_the_list_says_what_its_key_may_read_elsewhere(
    program: Program, world: World, contacts: bool, everybody: bool
) -> None:
    order = world.order(3)
    first, second, _third = order.shoots.order_by("pk")
    give_files(bring(first, State.DELIVERED), KINDS)
    choosing.opt_out(actor=employee_actor(second.employee), shoot=second)
    scopes = ["headshots:write"]
    scopes += ["employees:read"] if contacts else []
    scopes += ["shoots:read"] if everybody else []
    narrow = Program.of(world.organisation, scopes)
    export = begin(narrow, order)
    exports.make(export_id=Export.objects.get().pk)
    rows = listed(narrow, export)
    assert ("email" in rows[0], "employee number" in rows[0]) == (contacts, contacts)
    assert [row["state"] for row in rows if not row["file"]] == (
        ["opted_out", "invited"] if everybody else []
    )
    assert first.employee.first_name in {row["first name"] for row in rows}
    # What was asked for by a key that may more is no way around it.
    other = begin(program, order)
    exports.make(export_id=Export.objects.exclude(pk=export["id"]).get().pk)
    answer = narrow.get(f"exports/{other['id']}/file")
    if contacts and everybody:
        assert answer.status_code == 200
    else:
        problem(answer, 403, "scope_missing")


def test_a_grant_without_the_roster_leaves_it_out(world: World) -> None:
    order = world.order(2)
    give_files(bring(order.shoots.order_by("pk")[0], State.DELIVERED), KINDS)
    partner = make_world("Partner")
    partners.grant(
        actor=world.actor,
        organisation=world.organisation,
        partner_id=str(partner.organisation.pk),
        wanted=["headshots:write"],
    )
    theirs = Program.of(partner.organisation)
    theirs.headers["Headshots-Organisation"] = str(world.organisation.pk)
    export = begin(theirs, order)
    exports.make(export_id=Export.objects.get().pk)
    (row,) = listed(theirs, export)
    assert "email" not in row
    assert row["file"]


@pytest.mark.parametrize("scopes", [[], ["employees:read", "shoots:read"]])
def test_the_list_behind_a_download_link_says_no_more(
    program: Program, world: World, client: Client, scopes: list[str]
) -> None:
    order = world.order(2)
    give_files(bring(order.shoots.order_by("pk")[0], State.DELIVERED), KINDS)
    narrow = Program.of(world.organisation, ["headshots:write", *scopes])
    path = f"orders/{order.pk}/download-links"
    url = urlsplit(narrow.post(path, {"days": 1}).json()["url"]).path
    fetched = client.get(f"{url}headshots.zip")
    with zipfile.ZipFile(io.BytesIO(b"".join(fetched.streaming_content))) as packed:
        rows = list(csv.DictReader(io.StringIO(packed.read("status.csv").decode("utf-8-sig"))))
    assert ("email" in rows[0], len(rows)) == ((True, 2) if scopes else (False, 1))
    # Nor does the address of one that says more lead around it.
    program.post(path, {"days": 7})
    told = [link["url"] for link in narrow.get(path).json()["data"]]
    assert [bool(each) for each in told] == [bool(scopes), True]


def test_some_renditions_are_packed_alone(program: Program, order: Order) -> None:
    place = {"order": str(order.pk)}
    problem(program.post("exports", {**place, "kinds": ["huge"]}), 422, "renditions")
    made = program.post("exports", {**place, "kinds": ["square"]}).json()
    assert (made["kinds"], made["total"]) == (["square"], 8)
    assert program.post("exports", place).json()["kinds"] == []
    exports.make(export_id=Export.objects.get(pk=made["id"]).pk)
    said = program.get(f"exports/{made['id']}").json()
    assert (said["state"], said["done"]) == ("ready", 8)
    answer = program.get(f"exports/{made['id']}/file")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as packed:
        names = packed.namelist()
    # One rendition lies flat, beside the list.
    assert len(names) == 9
    assert not [name for name in names if "/" in name]


def test_a_rendition_that_the_finish_has_no_more_fails_in_words(
    program: Program, order: Order
) -> None:
    made = program.post("exports", {"order": str(order.pk), "kinds": ["square"]}).json()
    Export.objects.filter(pk=made["id"]).update(kinds=["huge"])
    exports.make(export_id=Export.objects.get().pk)
    said = program.get(f"exports/{made['id']}").json()
    assert said["state"] == "failed"
    assert "huge" in said["sentence"]
    assert told(said) == ["export.failed"]

"""What leaves, under which names, how it is streamed, and for how long a link gives it."""

from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import AuditEntry, Employee
from generation.delivering import delivery, download_links, naming
from generation.finishing import finishes, rendition_table, rendition_words
from generation.models import (
    Candidate,
    DownloadLink,
    Finishing,
    Headshot,
    Order,
    Rendition,
    State,
)
from generation.storage import vault
from headshots.lib.problems import Problem
from tests.world import World, bring, give_files, many_delivered, token

KINDS = ("portrait", "square", "avatar")


def person(**fields: str) -> Employee:
    return Employee(
        **{"email": "a@b.example", "first_name": "Ada", "last_name": "Lovelace", **fields}
    )


def archive(pieces: object) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(pieces)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"employee_number": "7"}, "Lovelace_Ada_7"),
        ({}, "Lovelace_Ada"),
        ({"last_name": "O/Neil\\x"}, "O-Neil-x_Ada"),
        ({"first_name": "Ada 🎩"}, "Lovelace_Ada"),
        ({"last_name": "Müller-Lüdenscheidt"}, "Müller-Lüdenscheidt_Ada"),
        ({"last_name": "山田", "first_name": "太郎"}, "山田_太郎"),
        ({"last_name": "../../etc", "first_name": "passwd"}, "etc_passwd"),
        ({"last_name": "", "first_name": "🎩"}, "a@b.example"),
        ({"last_name": "CON", "first_name": ""}, "CON_"),
    ],
)
def test_names_are_safe_and_stay_theirs(fields: dict[str, str], expected: str) -> None:
    assert naming.names(naming.DEFAULT, [person(**fields)]).stems == [expected]


def test_equal_names_are_numbered_and_it_is_said() -> None:
    people = [person(), person(last_name="LOVELACE"), person(), person(first_name="Bob")]
    names = naming.names("{last}", people)
    assert names.stems == ["Lovelace", "LOVELACE-2", "Lovelace-3", "Lovelace-4"]
    assert "3 names are taken" in names.sentences[0]
    assert "{number}" in names.sentences[0]


def test_a_slash_or_an_emoji_in_the_pattern_becomes_a_hyphen_and_it_is_said() -> None:
    names = naming.names(
        naming.checked("{last}/{first} 🎩 {number}"), [person(employee_number="7")]
    )
    assert names.stems == ["Lovelace-Ada 7"]
    assert names.sentences == [
        "In 1 name signs that do not belong in a file name were replaced by a hyphen."
    ]


@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=40)), max_size=12))
@settings(max_examples=150, deadline=None)
def test_whatever_people_are_called_no_two_files_are(names: list[tuple[str, str]]) -> None:
    people = [person(last_name=last, first_name=first) for last, first in names]
    stems = naming.names(naming.DEFAULT, people).stems
    assert len({stem.casefold() for stem in stems}) == len(people)
    for stem in stems:
        assert stem
        assert not stem.startswith(".")
        assert not set(stem) & set('/\\:*?"<>|\0\n')
        assert len(stem.encode()) < 200


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{surname}", "no {surname}"),
        ("{last", "stands alone"),
        ("photo", "at least one field"),
        ("{last}" * 30, "more than"),
    ],
)
def test_a_pattern_that_is_none_is_refused_in_a_sentence(pattern: str, said: str) -> None:
    with pytest.raises(Problem, match=said):
        naming.checked(pattern)


def delivered(world: World, people: int = 2) -> Order:
    order = world.order(people)
    for shoot in order.shoots.all():
        give_files(bring(shoot, State.DELIVERED), KINDS)
    return order


def test_one_rendition_lies_flat_and_several_in_folders(world: World) -> None:
    order = delivered(world)
    flat = archive(delivery.zip_order(actor=world.actor, order=order, wanted=["square"]))
    assert flat.namelist() == ["status.csv", "Last000_First0_1000.jpg", "Last001_First1_1001.jpg"]
    both = archive(delivery.zip_order(actor=world.actor, order=order, wanted=["square", "avatar"]))
    assert "square/Last000_First0_1000.jpg" in both.namelist()
    assert "avatar/Last001_First1_1001.jpg" in both.namelist()
    assert both.testzip() is None
    with pytest.raises(Problem, match="no rendition"):
        delivery.pack(order=order, wanted=["poster"])


def test_the_list_says_who_is_in_it_and_runs_in_no_spreadsheet(world: World) -> None:
    order = delivered(world)
    Employee.objects.filter(pk=world.people[0].pk).update(first_name="=cmd()")
    bring(world.order(1).shoots.get(), State.CHOOSING)
    zipped = archive(delivery.zip_order(actor=world.actor, order=order))
    rows = list(csv.DictReader(io.StringIO(zipped.read("status.csv").decode("utf-8-sig"))))
    assert [row["state"] for row in rows] == ["delivered", "delivered"]
    assert not rows[0]["first name"].startswith("=")
    paths = rows[1]["file"].split("; ")
    assert paths == [f"{kind}/Last001_First1_1001.jpg" for kind in KINDS]
    assert set(paths) < set(zipped.namelist())


def test_the_pattern_is_kept_and_names_the_files(world: World) -> None:
    order = delivered(world)
    delivery.save_naming(actor=world.actor, order=order, pattern="{number} {first}")
    names = archive(delivery.zip_order(actor=world.actor, order=order, wanted=["portrait"]))
    assert "1000 First0.jpg" in names.namelist()


def test_what_is_withdrawn_on_the_way_is_left_out(world: World) -> None:
    order = delivered(world)
    pieces = delivery.zip_order(actor=world.actor, order=order, wanted=["portrait"])
    start = next(pieces)
    for shoot in order.shoots.all()[:1]:
        vault().delete_tree(shoot.folder)
    names = archive([start, *pieces]).namelist()
    assert names == ["status.csv", "Last001_First1_1001.jpg"]


def test_a_thousand_people_stream_in_flat_memory(world: World) -> None:
    """100 MB of pictures pass; what is held is names and one picture."""
    order = many_delivered(world, 1000)
    size = 100_000
    key = Candidate.objects.filter(file="").first().finished
    vault().put(key, b"x" * size)
    finish = finishes.of_order(order)
    made = Finishing.objects.bulk_create(
        Finishing(headshot=h, finish=finish, candidate=h.candidate, state=Finishing.State.DONE)
        for h in Headshot.objects.filter(finishings=None).select_related("candidate")
    )
    square = {"kind": "square", "format": "jpeg", "width": 9, "height": 9, "sha256": "0" * 64}
    Rendition.objects.bulk_create(
        Rendition(finishing=one, bytes=size, file=key, **square) for one in made
    )
    for one in made:
        one.headshot.finishing = one
    Headshot.objects.bulk_update([one.headshot for one in made], ["finishing"])
    pieces = delivery.zip_order(actor=world.actor, order=order)
    next(pieces)
    tracemalloc.start()
    total = sum(len(piece) for piece in pieces)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total > 999 * size
    # zipfile’s directory of a thousand entries, and a picture or two: no 100 MB.
    assert peak < 8_000_000


def test_a_link_gives_the_files_until_it_ends(world: World) -> None:
    order = delivered(world)
    link = download_links.make(
        actor=world.actor, order=order, days=7, wanted=["square"], note="Printer"
    )
    url = reverse("shared_zip", args=[download_links.token(link)])
    stranger = Client()
    assert stranger.get(reverse("shared", args=[download_links.token(link)])).status_code == 200
    response = stranger.get(url)
    assert archive(response.streaming_content).namelist()[1] == "Last000_First0_1000.jpg"
    link.refresh_from_db()
    assert link.used == 1
    entry = AuditEntry.objects.filter(action="order.downloaded").latest("pk")
    assert entry.actor_kind == "link"
    download_links.revoke(actor=world.actor, link=link)
    assert stranger.get(url).status_code == 410
    DownloadLink.objects.filter(pk=link.pk).update(
        revoked_at=None, expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert stranger.get(url).status_code == 410
    assert stranger.get(url.replace("/d/", "/d/x")).status_code == 404


@pytest.mark.parametrize("days", ["9" * 5000, "²", "-7", "seven"])
def test_a_link_for_days_that_are_no_number_is_refused(
    world: World, client: Client, days: str
) -> None:
    order = world.order()
    client.force_login(world.owner)
    make = reverse("download_link_make", args=[world.organisation.slug, order.pk])
    answer = client.post(make, {"days": days})
    assert answer.status_code == 422
    assert answer.context["problem"].code == "days"
    assert not DownloadLink.objects.exists()


def test_an_employee_takes_all_renditions_home(world: World) -> None:
    order = delivered(world)
    mine, other = order.shoots.all()
    client = Client()
    zipped = archive(
        client.get(reverse("employee:files_zip", args=[token(mine)])).streaming_content
    )
    assert sorted(zipped.namelist()) == sorted(f"First0_Last000-{kind}.jpg" for kind in KINDS)
    own = give_files(mine, KINDS)
    response = client.get(reverse("employee:file", args=[token(mine), own.pk]))
    assert response.status_code == 200
    assert response["Content-Type"] == "image/jpeg"
    page = client.get(reverse("employee:start", args=[token(mine)])).content.decode()
    portrait = mine.headshot.finishing.renditions.get(kind="portrait")
    address = reverse("employee:file", args=[token(mine), portrait.pk])
    assert f'<img class="portrait" src="{address}"' in page
    theirs = reverse("employee:file", args=[token(other), own.pk])
    assert client.get(theirs).status_code == 404


def test_the_page_says_what_is_ready_and_keeps_a_wrong_pattern(
    world: World, client: Client
) -> None:
    order = delivered(world)
    client.force_login(world.owner)
    where = [world.organisation.slug, order.pk]
    page = client.get(reverse("order_delivery", args=where)).content.decode()
    assert "2 of 2 headshots are ready" in page
    assert "Last000_First0_1000.jpg" in page
    refused = client.post(reverse("order_naming", args=where), {"naming": "{surname}"})
    assert refused.status_code == 422
    assert "There is no {surname}" in refused.content.decode()


def test_renditions_are_called_in_words_and_invented_ones_by_their_own_name(
    world: World, client: Client
) -> None:
    assert rendition_words.KINDS.keys() == {row.kind for row in rendition_table.DEFAULT}
    order = delivered(world)
    client.force_login(world.owner)
    shoot, _other = order.shoots.all()
    finish = finishes.of_order(order)
    own = rendition_table.Row("lobby-screen", 800, 800)
    finish.renditions = rendition_table.stored([*rendition_table.DEFAULT, own])
    finish.save()
    give_files(shoot, ["square-small", "black-and-white", "lobby-screen"])
    for place in (
        reverse("order_delivery", args=[world.organisation.slug, order.pk]),
        reverse("shoot_files", args=[world.organisation.slug, shoot.pk]),
        reverse("employee:start", args=[token(shoot)]),
    ):
        page = client.get(place).content.decode()
        for said in ("Small square", "Black and white", "lobby-screen"):
            assert f">{said}</" in page
        assert ">square-small</" not in page

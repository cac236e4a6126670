"""What stood there of one person is put back, and everybody else's photo stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry
from generation.models import PublishingRun
from generation.publishing import doing, pictures, runs
from generation.storage import vault
from headshots.lib.problems import Problem
from tests.generation.publishing.steps import connect, go_on, publish, ready, said
from tests.generation.publishing.vendors import Vendors
from tests.world import World, jpeg


def test_one_person_is_put_back_alone_and_the_rest_later(world: World, vendors: Vendors) -> None:
    order = ready(world, 3)
    one, other, third = world.people
    vendors.know(one, other, third)
    old = {person: jpeg(70 + 30 * at, (700, 700)) for at, person in enumerate((one, other))}
    for person, photo in old.items():
        vendors.photos[vendors.ids[person.email]] = photo
    run = publish(world, order, connect(world))
    ours = dict(vendors.photos)
    mine, theirs = (order.shoots.get(employee=person) for person in (one, other))

    alone = runs.undo(actor=world.actor, run=run, shoot=mine)
    # The log of both says so, and who asked.
    assert AuditEntry.objects.filter(action="publishing.started", details__aim="undo").count() == 1
    go_on(alone)
    assert said(alone) == {one.email: ("done", "The photo of before stands there.")}
    kept = run.publications.get(shoot=mine)
    assert kept.steps[-1][1] == "The photo of before stands there."
    assert pictures.same(old[one], vendors.photos[vendors.ids[one.email]])
    for person in (other, third):
        remote = vendors.ids[person.email]
        assert vendors.photos[remote] == ours[remote]
    # One whose photo went is no longer said to stand there; the other still is.
    assert runs.standing_in(shoot=mine) == []
    assert runs.standing_in(shoot=theirs) == [run.directory]
    with pytest.raises(Problem, match="of this person was put back already"):
        runs.undo(actor=world.actor, run=run, shoot=mine)

    rest = runs.undo(actor=world.actor, run=run)
    go_on(rest)
    assert set(said(rest)) == {other.email, third.email}
    assert pictures.same(old[other], vendors.photos[vendors.ids[other.email]])
    assert vendors.ids[third.email] not in vendors.photos
    with pytest.raises(Problem, match="already"):
        runs.undo(actor=world.actor, run=run)


def test_whom_a_run_did_not_write_cannot_be_put_back(world: World, vendors: Vendors) -> None:
    order = ready(world, 2)
    known, unknown = world.people
    vendors.know(known)
    run = publish(world, order, connect(world))
    for shoot in (order.shoots.get(employee=unknown), ready(world, 1).shoots.get()):
        with pytest.raises(Problem, match="nothing of this person") as refused:
            runs.undo(actor=world.actor, run=run, shoot=shoot)
        assert refused.value.code == "nothing"
    assert not run.undone_by.exists()


def test_the_page_of_a_run_puts_one_person_back(
    world: World, vendors: Vendors, client: Client
) -> None:
    order = ready(world, 2)
    vendors.know(*world.people)
    run = publish(world, order, connect(world))
    slug = world.organisation.slug
    page = reverse("publishing_run", args=[slug, run.pk])
    act = {
        shoot: reverse("publishing_undo_one", args=[slug, run.pk, shoot.pk])
        for shoot in order.shoots.all()
    }
    client.force_login(world.owner)
    before = client.get(page).content.decode()
    assert all(address in before for address in act.values())
    assert "Was put back" not in before

    (first, address), (_second, still) = act.items()
    answer = client.post(address)
    undoing = run.undone_by.get()
    assert answer["Location"] == reverse("publishing_run", args=[slug, undoing.pk])
    go_on(undoing)
    assert list(undoing.publications.values_list("shoot", flat=True)) == [first.pk]
    after = client.get(page).content.decode()
    assert address not in after
    assert still in after
    assert "Was put back" in after
    assert client.post(address).status_code == 409
    assert PublishingRun.objects.filter(undoes=run).count() == 1


@pytest.mark.parametrize("had", [True, False])
def test_what_is_written_once_more_after_it_was_put_back_stands_there_and_can_go_again(
    world: World,
    vendors: Vendors,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
    had: bool,
) -> None:
    order = ready(world, 1)
    shoot = order.shoots.get()
    vendors.know(*world.people)
    remote = vendors.ids[shoot.employee.email]
    if had:
        vendors.photos[remote] = jpeg(70, (700, 700))
    with monkeypatch.context() as patched:
        patched.setattr(doing, "MOST_ATTEMPTS", 1)
        patched.setattr(pictures, "same", lambda ours, theirs: False)
        run = publish(world, order, connect(world))
        PublishingRun.objects.filter(pk=run.pk).update(not_before=None)
        go_on(run)
    row = run.publications.get()
    assert (row.state, row.wrote) == ("failed", True)
    first = runs.undo(actor=world.actor, run=run)
    go_on(first)
    assert runs.standing_in(shoot=shoot) == []
    kept = row.before

    # What stands there by now is what is put back next.
    own = vendors.photos[remote] = jpeg(150, (700, 700))
    runs.resume(actor=world.actor, run=run)
    with django_capture_on_commit_callbacks(execute=True):
        go_on(run)
    assert said(run)[shoot.employee.email] == ("done", "Stands there and was read back.")
    assert runs.standing_in(shoot=shoot) == [run.directory]
    assert runs.taken_out(run=run) == runs.put_back(run=run) == set()
    row.refresh_from_db()
    assert runs.left_to_put_back(run=run, rows=[row]) == {shoot.pk}
    client.force_login(world.owner)
    slug = world.organisation.slug
    shown = client.get(reverse("publishing_run", args=[slug, run.pk])).content.decode()
    assert "Was put back" not in shown
    assert reverse("publishing_undo_one", args=[slug, run.pk, shoot.pk]) in shown

    again = runs.undo(actor=world.actor, run=run)
    go_on(again)
    assert pictures.same(own, vendors.photos[remote])
    assert runs.standing_in(shoot=shoot) == []
    assert not kept or not vault().exists(kept)
    with pytest.raises(Problem, match="already"):
        runs.undo(actor=world.actor, run=run)

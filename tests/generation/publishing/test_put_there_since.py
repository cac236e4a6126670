"""A photo that somebody put into a directory after us is not overwritten by putting back ours."""

from __future__ import annotations

from typing import Any

import pytest

from generation.publishing import pictures, runs
from generation.storage import vault
from tests.generation.publishing.steps import connect, go_on, publish, ready, said
from tests.generation.publishing.vendors import Vendors
from tests.world import World, jpeg

OTHER = "Another photo was put there since, and was left as it is."
LATER = (
    "A later run wrote a photo of this person over this one. Put that run back first, then try "
    "the rest again."
)


@pytest.mark.parametrize("kind", ["entra", "google", "slack", "bamboo"])
def test_what_somebody_put_there_since_stays(
    world: World, vendors: Vendors, django_capture_on_commit_callbacks: Any, kind: str
) -> None:
    order = ready(world, 3)
    had, had_none, untouched = world.people
    vendors.know(*world.people)
    remotes = {person: vendors.ids[person.email] for person in world.people}
    old = jpeg(70, (700, 700))
    vendors.photos[remotes[had]] = vendors.photos[remotes[untouched]] = old
    run = publish(world, order, connect(world, kind))
    own = jpeg(200, (700, 700))
    vendors.photos[remotes[had]] = vendors.photos[remotes[had_none]] = own
    undoing = runs.undo(actor=world.actor, run=run)
    with django_capture_on_commit_callbacks(execute=True):
        go_on(undoing)
    assert said(undoing) == {
        had.email: ("failed", OTHER),
        had_none.email: ("failed", OTHER),
        untouched.email: ("done", "The photo of before stands there."),
    }
    assert vendors.photos[remotes[had]] == vendors.photos[remotes[had_none]] == own
    assert pictures.same(old, vendors.photos[remotes[untouched]])

    # Once it is gone, trying the rest again does what was asked.
    del vendors.photos[remotes[had]], vendors.photos[remotes[had_none]]
    assert runs.resume(actor=world.actor, run=undoing) == 2
    with django_capture_on_commit_callbacks(execute=True):
        go_on(undoing)
    assert {state for state, _sentence in said(undoing).values()} == {"done"}
    assert pictures.same(old, vendors.photos[remotes[had]])
    assert remotes[had_none] not in vendors.photos
    # What ours was known again by is of no use any more.
    assert set(run.publications.values_list("ours", flat=True)) == {""}
    assert not [key for key in vault().keys("") if "-ours-" in key]


def test_a_photo_that_stands_there_as_before_is_not_written_again(
    world: World, vendors: Vendors
) -> None:
    order = ready(world, 1)
    vendors.know(*world.people)
    remote = vendors.ids[world.people[0].email]
    vendors.photos[remote] = old = jpeg(70, (700, 700))
    run = publish(world, order, connect(world))
    vendors.photos[remote] = old
    written = vendors.writes
    undoing = runs.undo(actor=world.actor, run=run)
    go_on(undoing)
    assert said(undoing)[world.people[0].email] == ("done", "The photo of before stands there.")
    assert vendors.writes == written


@pytest.mark.parametrize("had", [True, False])
def test_of_two_runs_the_later_is_put_back_first(world: World, vendors: Vendors, had: bool) -> None:
    order = ready(world, 1)
    (person,) = world.people
    vendors.know(person)
    remote = vendors.ids[person.email]
    if had:
        vendors.photos[remote] = jpeg(70, (700, 700))
    before = dict(vendors.photos)
    directory = connect(world)
    first = publish(world, order, directory)
    second = publish(world, order, directory)
    ours = vendors.photos[remote]
    undoing = runs.undo(actor=world.actor, run=first)
    go_on(undoing)
    assert said(undoing)[person.email] == ("failed", LATER)
    assert vendors.photos[remote] == ours

    go_on(runs.undo(actor=world.actor, run=second))
    assert pictures.same(ours, vendors.photos[remote])
    runs.resume(actor=world.actor, run=undoing)
    go_on(undoing)
    assert said(undoing)[person.email][0] == "done"
    assert set(vendors.photos) == set(before)
    if had:
        assert pictures.same(before[remote], vendors.photos[remote])
    assert runs.standing_in(shoot=order.shoots.get()) == []

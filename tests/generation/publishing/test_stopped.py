"""What is said of a run that stopped, and where a photo stands that was not taken."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from generation.models import PublishingRun
from generation.publishing import doing, pictures, runs
from tests.generation.publishing.steps import Aim, connect, go_on, publish, ready, said
from tests.generation.publishing.vendors import Vendors
from tests.world import World, jpeg

SENTENCES = {
    Aim.PUBLISH: "The photos written until then stand there",
    Aim.REHEARSE: "This was a dry run, so nothing changed there",
    Aim.UNDO: "What was put back until then stays so",
}


def page(client: Client, world: World, run: PublishingRun) -> str:
    client.force_login(world.owner)
    where = reverse("publishing_run", args=[world.organisation.slug, run.pk])
    return client.get(where).content.decode()


@pytest.mark.parametrize("aim", list(SENTENCES))
@pytest.mark.parametrize("done", [0, 1])
def test_a_run_that_stops_says_how_its_own_aim_stands(
    world: World, vendors: Vendors, client: Client, aim: Aim, done: int
) -> None:
    order = ready(world, 2)
    vendors.know(*world.people)
    run = publish(world, order, connect(world))
    if aim != Aim.PUBLISH:
        run = (
            runs.undo(actor=world.actor, run=run)
            if aim == Aim.UNDO
            else runs.start(actor=world.actor, order=order, directory=run.directory, aim=aim)
        )
    PublishingRun.objects.filter(pk=run.pk).update(state="stopped", sentence="No token.")
    run.publications.update(state="waiting")
    first = run.publications.first()
    run.publications.filter(pk=first.pk).update(state="done" if done else "waiting")
    shown = page(client, world, run)
    assert "No token." in shown
    for of, sentence in SENTENCES.items():
        assert (sentence in shown) is (bool(done) and of == aim)


@pytest.mark.parametrize("kind", ["entra", "google", "slack", "bamboo"])
def test_a_token_that_dies_before_the_write_leaves_nobody_standing_there(
    world: World, vendors: Vendors, kind: str
) -> None:
    order = ready(world, 1)
    vendors.know(*world.people)
    vendors.dies_at_write = True
    run = publish(world, order, connect(world, kind))
    assert run.state == PublishingRun.State.STOPPED
    assert (vendors.writes, vendors.photos) == (0, {})
    row = run.publications.get()
    assert (row.state, row.had_before, row.wrote) == ("waiting", False, False)
    assert runs.standing_in(shoot=row.shoot) == []
    assert runs.can_be_put_back(run=run) == set()
    # What was asked for once more may stand there as long as nobody knows.
    vendors.dies_at_write, vendors.tokens = False, {"alive"}
    vendors.ignore_writes = True
    connect(world, kind)
    runs.resume(actor=world.actor, run=run)
    doing.go(run_id=run.pk)
    row.refresh_from_db()
    assert row.wrote is True
    # From then on a token that dies does not take that back.
    vendors.dies_at_write, vendors.ignore_writes = True, False
    run.publications.update(not_before=None)
    PublishingRun.objects.filter(pk=run.pk).update(not_before=None)
    go_on(run)
    row.refresh_from_db()
    assert (row.state, row.wrote) == ("waiting", True)
    assert runs.standing_in(shoot=row.shoot) == [run.directory]


def test_who_undoes_the_second_of_two_runs_is_led_to_the_first(
    world: World, vendors: Vendors, client: Client
) -> None:
    order = ready(world, 2)
    vendors.know(*world.people)
    remote = vendors.ids[world.people[0].email]
    vendors.photos[remote] = old = jpeg(77, (700, 700))
    directory = connect(world)
    first = publish(world, order, directory)
    assert runs.earlier(run=first) is None
    publish(world, order, directory, Aim.REHEARSE)
    second = publish(world, order, directory)
    assert runs.earlier(run=second) == first
    there = reverse("publishing_run", args=[world.organisation.slug, first.pk])
    assert there in page(client, world, second)
    assert "A run before this one" not in page(client, world, first)
    undoing = runs.undo(actor=world.actor, run=second)
    go_on(undoing)
    assert not pictures.same(old, vendors.photos[remote])
    assert there in page(client, world, undoing)
    go_on(runs.undo(actor=world.actor, run=first))
    assert pictures.same(old, vendors.photos[remote])
    assert runs.earlier(run=second) is None
    assert "A run before this one" not in page(client, world, second)
    assert said(undoing)

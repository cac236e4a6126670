"""Whoever withdraws, opts out or takes a photo back stands in no directory afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.actors import employee_actor
from generation.approving import alternatives
from generation.leaving import withdrawals
from generation.models import (
    Certificate,
    Shoot,
    State,
)
from generation.publishing import doing, runs
from generation.publishing.entra import Entra
from generation.storage import vault
from tests.browser.queue import drain
from tests.generation.approving.test_given_instead import give_photo
from tests.generation.publishing.steps import Aim, connect, go_on, publish, ready, said
from tests.generation.publishing.vendors import Vendors
from tests.photographs import astronaut, jpeg_of
from tests.world import World, bring, jpeg, token


def test_who_withdraws_before_their_turn_is_not_published(world: World, vendors: Vendors) -> None:
    order = ready(world, 2)
    vendors.know(*world.people)
    directory = connect(world)
    run = runs.start(actor=world.actor, order=order, directory=directory, aim=Aim.PUBLISH)
    gone = order.shoots.first()
    order.shoots.filter(pk=gone.pk).update(state=State.WITHDRAWN)
    doing.go(run_id=run.pk)
    assert vendors.ids[gone.employee.email] not in vendors.photos
    assert "no approved headshot" in said(run)[gone.employee.email][1]


def test_a_photo_that_is_taken_back_before_its_turn_is_not_published(
    world: World, vendors: Vendors
) -> None:
    shoot = world.order(1).shoots.get()
    give_photo(shoot)
    vendors.know(*world.people)
    directory = connect(world)
    run = runs.start(actor=world.actor, order=shoot.order, directory=directory, aim=Aim.PUBLISH)
    alternatives.take_back(actor=employee_actor(shoot.employee), shoot=shoot)
    go_on(run)
    assert said(run)[shoot.employee.email] == ("failed", "This person has taken their photo back.")
    assert vendors.writes == 0


def opted_out_with_photo(world: World, vendors: Vendors, old: bytes | None) -> Shoot:
    """Somebody who signed, opted out and gave a real photo; `old` stands in the directory."""
    shoot = bring(world.order(1).shoots.get(), State.COLLECTING)
    give_photo(shoot)
    vendors.know(*world.people)
    if old is not None:
        vendors.photos[vendors.ids[shoot.employee.email]] = old
    return shoot


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("had", [True, False])
def test_who_withdraws_takes_the_photo_of_before_along_and_has_none_there_afterwards(
    world: World, vendors: Vendors, client: Client, had: bool
) -> None:
    shoot = opted_out_with_photo(world, vendors, jpeg(77, (700, 700)) if had else None)
    remote = vendors.ids[shoot.employee.email]
    run = publish(world, shoot.order, connect(world))
    ((kept, ours),) = run.publications.values_list("before", "ours")
    assert bool(kept) is had
    assert vault().exists(ours)
    given = shoot.alternative.finished
    assert client.post(reverse("employee:withdraw", args=[token(shoot)])).status_code == 302
    assert not (kept and vault().exists(kept))
    assert not vault().exists(ours)
    assert not vault().exists(given)
    # Whoever is in charge hears of it, and so does the person who withdrew.
    drain()
    (told,) = [m for m in mail.outbox if m.to == [world.owner.email]]
    assert told.subject.endswith("has withdrawn a photo that was put into a directory")
    assert "put into Microsoft Entra" in told.body
    assert "headshot that had been delivered" not in told.body
    certificate = Certificate.objects.get()
    assert "- 1 photos or initials given instead" in certificate.text
    assert "put into Microsoft Entra. Acme has been told" in certificate.text
    assert "A headshot had been delivered" not in certificate.text
    own = client.get(reverse("employee:start", args=[token(shoot)])).content.decode()
    assert "knows that your photo has to go from Microsoft Entra, too" in own

    client.force_login(world.owner)
    page = reverse("publishing_run", args=[world.organisation.slug, run.pk])
    assert "Withdrawn: the photo has to go here, too" in client.get(page).content.decode()
    client.post(reverse("publishing_undo", args=[world.organisation.slug, run.pk]))
    undoing = run.undone_by.get()
    go_on(undoing)
    assert remote not in vendors.photos
    assert said(undoing)[shoot.employee.email] == (
        "done",
        "No photo stands there any more." if had else "No photo stands there, as before.",
    )
    assert "has to go here" not in client.get(page).content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("late", ["written", "never written"])
def test_a_withdrawn_picture_is_not_kept_as_what_another_order_s_stands_over(
    world: World, vendors: Vendors, late: str
) -> None:
    order = ready(world, 1)
    withdrawn = order.shoots.get()
    other = world.order(employees=[withdrawn.employee]).shoots.get()
    give_photo(other)
    vendors.know(*world.people)
    directory = connect(world)
    publish(world, order, directory)
    over = publish(world, other.order, directory).publications.get()
    assert vault().exists(over.before)
    if late == "never written":
        over.wrote, over.wrote_at = False, None
        over.save()
    kept = over.before
    withdrawals.withdraw(actor=employee_actor(withdrawn.employee), shoot=withdrawn)
    over.refresh_from_db()
    assert over.before == ""
    assert not vault().exists(kept)
    # Nobody has taken back what they gave themselves: it stays known.
    assert vault().exists(over.ours)


@pytest.mark.parametrize("leaves", ["withdraws", "takes it back", "gives another"])
def test_who_leaves_while_the_directory_is_asked_is_not_written(
    world: World,
    vendors: Vendors,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
    leaves: str,
) -> None:
    old = jpeg(77, (700, 700))
    shoot = opted_out_with_photo(world, vendors, old)
    actor = employee_actor(shoot.employee)
    ask = Entra.read

    def read(target: Entra, remote_id: str) -> bytes | None:
        found = ask(target, remote_id)
        with django_capture_on_commit_callbacks(execute=True):
            if leaves == "withdraws":
                withdrawals.withdraw(actor=actor, shoot=shoot)
            elif leaves == "takes it back":
                alternatives.take_back(actor=actor, shoot=shoot)
            else:
                given = alternatives.give_photo(
                    actor=actor,
                    shoot=shoot,
                    data=jpeg_of(astronaut()),
                    name="other.jpg",
                    agreed=True,
                    agreement="Yes.",
                )
                alternatives.finish(alternative_id=given.pk)
        return found

    monkeypatch.setattr(Entra, "read", read)
    run = publish(world, shoot.order, connect(world))
    assert vendors.writes == 0
    assert vendors.photos[vendors.ids[shoot.employee.email]] == old
    (publication,) = run.publications.all()
    assert (publication.state, publication.wrote) == ("failed", False)
    # Nothing of theirs is kept for a photo that does not stand there.
    assert not [key for key in vault().keys("") if str(publication.pk) in key]
    if leaves == "withdraws":
        assert "put into" not in Certificate.objects.get().text


def test_a_photo_that_the_directory_refused_does_not_count_as_standing_there(
    world: World, vendors: Vendors
) -> None:
    order = ready(world, 1)
    vendors.know(*world.people)
    vendors.largest = 1000
    publish(world, order, connect(world))
    assert runs.standing_in(shoot=order.shoots.get()) == []

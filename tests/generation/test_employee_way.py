"""The employee's own pages, as a phone without an account uses them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.actors import SYSTEM
from accounts.consent.releases import release_text
from billing import ledger
from generation import states
from generation.approving import approvals, choosing
from generation.models import Candidate, Selfie, Shoot, State
from generation.ordering import funnel
from tests.world import World, give_candidates, give_selfies, jpeg, token


def url(shoot: Shoot, name: str, **more: Any) -> str:
    return reverse(f"employee:{name}", kwargs={"token": token(shoot), **more})


def photo(seed: int, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg(seed), content_type="image/jpeg")


def test_the_release_comes_first_and_is_signed_by_name(world: World, client: Client) -> None:
    shoot = world.shoot()
    page = client.get(url(shoot, "start")).content.decode()
    text = release_text(shoot.employee)
    assert "I allow Acme to have professional headshots made of me" in page
    assert text.sha256 in page
    refused = client.post(url(shoot, "sign"), {"typed_name": " ", "read_hash": text.sha256})
    assert refused.status_code == 422
    assert "Type your full name" in refused.content.decode()
    client.post(url(shoot, "sign"), {"typed_name": "Ada L", "read_hash": text.sha256})
    shoot.refresh_from_db()
    assert shoot.state == State.COLLECTING
    assert shoot.release is not None
    assert shoot.release.address == "127.0.0.1"


def test_a_mail_scanner_has_not_opened_the_link(world: World, client: Client) -> None:
    def stage() -> str:
        reached = {stage.name: stage.here for stage in funnel.of_order(order=order).stages}
        return next(name for name, here in reached.items() if here)

    order = world.order(1)
    shoot = order.shoots.get()
    for fetch in (client.head, client.get):
        assert fetch(url(shoot, "start")).status_code == 200
    assert stage() == "invited"
    # As the page asks once it stands in a browser.
    client.get(url(shoot, "live"), headers={"HX-Request": "true"})
    assert stage() == "opened"


def test_a_text_that_has_changed_leaves_the_name_that_was_typed(
    world: World, client: Client
) -> None:
    shoot = world.shoot()
    refused = client.post(url(shoot, "sign"), {"typed_name": "Ada L", "read_hash": "older"})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "The text has changed" in page
    assert 'value="Ada L"' in page
    assert release_text(shoot.employee).sha256 in page


def test_one_broken_photo_of_three_keeps_two(world: World, client: Client) -> None:
    shoot = world.shoot(State.COLLECTING)
    broken = SimpleUploadedFile("holiday.jpg", b"this is text", content_type="image/jpeg")
    response = client.post(
        url(shoot, "upload"), {"photos": [photo(1, "a.jpg"), broken, photo(2, "b.jpg")]}
    )
    page = response.content.decode()
    assert "holiday.jpg" in page
    assert sorted(shoot.selfies.values_list("name", flat=True)) == ["a.jpg", "b.jpg"]


def test_photos_can_be_removed_until_they_are_handed_in(world: World, client: Client) -> None:
    shoot = world.shoot(State.COLLECTING)
    give_selfies(shoot, 7)
    first = shoot.selfies.first()
    assert first is not None
    client.post(url(shoot, "remove", selfie_id=first.pk))
    assert shoot.selfies.count() == 6
    client.post(url(shoot, "hand_in"))
    shoot.refresh_from_db()
    assert shoot.state == State.QUEUED
    second = shoot.selfies.first()
    assert second is not None
    refused = client.post(url(shoot, "remove", selfie_id=second.pk))
    assert refused.status_code == 409
    assert shoot.selfies.count() == 6


def test_progress_is_told_in_steps(world: World, client: Client) -> None:
    shoot = world.shoot(State.TRAINING)
    Shoot.objects.filter(pk=shoot.pk).update(step=140, steps=400)
    assert "step 140 of 400" in client.get(url(shoot, "live")).content.decode()
    client.force_login(world.owner)
    live = reverse("order_live", args=[world.organisation.slug, shoot.order_id])
    assert "step 140 of 400" in client.get(live).content.decode()


def test_only_what_passed_is_ever_shown(world: World, client: Client) -> None:
    shoot = world.shoot(State.CHOOSING)
    refused = shoot.candidates.last()
    assert refused is not None
    refused.passed = False
    refused.finished = refused.file = ""
    refused.save()
    page = client.get(url(shoot, "start")).content.decode()
    assert str(refused.pk) not in page
    picture = url(shoot, "candidate_picture", candidate_id=refused.pk)
    assert client.get(picture).status_code == 404
    assert client.post(url(shoot, "pick", candidate_id=refused.pk)).status_code == 404


def test_picking_then_none_of_these(world: World, client: Client) -> None:
    shoot = world.shoot(State.CHOOSING)
    chosen = shoot.candidates.first()
    assert chosen is not None
    client.post(url(shoot, "pick", candidate_id=chosen.pk))
    shoot.refresh_from_db()
    assert shoot.state == State.APPROVING
    client.post(url(shoot, "again"), {"reason": "my nose is smaller"})
    shoot.refresh_from_db()
    assert (shoot.state, shoot.round) == (State.QUEUED, 2)


@pytest.mark.parametrize("state", [s for s in State if s not in ("failed", "withdrawn")])
def test_every_state_has_a_page(world: World, client: Client, state: State) -> None:
    if state in (State.CANCELLED, State.OPTED_OUT):
        shoot = world.shoot(State.COLLECTING)
        with transaction.atomic():
            states.move(actor=SYSTEM, shoot=states.locked(shoot.pk), to=state)
        shoot.refresh_from_db()
    else:
        shoot = world.shoot(state)
    for name in ("start", "live"):
        assert client.get(url(shoot, name)).status_code == 200
    client.force_login(world.owner)
    for name, argument in (("shoot", shoot.pk), ("order", shoot.order_id)):
        page = client.get(reverse(name, args=[world.organisation.slug, argument]))
        assert page.status_code == 200


def test_better_photos_are_asked_for_in_words(world: World, client: Client) -> None:
    shoot = world.shoot(State.GENERATING)
    with transaction.atomic():
        states.move(
            actor=SYSTEM,
            shoot=states.locked(shoot.pk),
            to=State.COLLECTING,
            fence=shoot.fence,
            message="Your photos are too dark to know you by.",
        )
    assert "too dark to know you by" in client.get(url(shoot, "start")).content.decode()
    assert Selfie.objects.filter(shoot=shoot).count() == 6


def test_a_missing_credit_is_told_kindly(world: World, client: Client) -> None:
    shoot = world.shoot(State.COLLECTING)
    give_selfies(shoot)
    ledger.hold(actor=SYSTEM, organisation=world.organisation, amount=100, source_key="other")
    response = client.post(url(shoot, "hand_in"))
    assert response.status_code == 409
    assert "has to add credits" in response.content.decode()
    shoot.refresh_from_db()
    assert shoot.state == State.COLLECTING


def test_a_favourite_stays_on_the_list_when_others_are_asked_for(
    world: World, client: Client
) -> None:
    shoot = world.shoot(State.CHOOSING)
    favourite = choosing.short_list(shoot=shoot)[1]
    page = f"/i/{token(shoot)}/"
    client.post(f"{page}pick/{favourite.pk}")
    assert "The one you picked stays on the list." in client.get(page).content.decode()
    client.post(f"{page}again", {"because": ["hair"]})

    def come_back() -> Shoot:
        found = Shoot.objects.get(pk=shoot.pk)
        assert found.state == State.QUEUED
        give_candidates(found, 3)
        Shoot.objects.filter(pk=shoot.pk).update(state=State.CHOOSING)
        return Shoot.objects.get(pk=shoot.pk)

    newer = come_back()
    listed = choosing.short_list(shoot=newer)
    assert [one.round for one in listed].count(1) == 1
    assert favourite in listed
    assert len(listed) == 4
    assert [one.likeness_own for one in listed] == sorted(one.likeness_own for one in listed)
    assert client.get(page).content.decode().count("Your pick so far") == 1
    # It can be picked once more; what the organisation rejects is not offered again.
    client.post(f"{page}pick/{favourite.pk}")
    newer.refresh_from_db()
    assert newer.headshot.candidate == favourite
    approvals.make_anew(actor=world.actor, shoot=newer, fault="clothes")
    assert favourite not in choosing.short_list(shoot=come_back())


@pytest.mark.parametrize(("passed", "said"), [(1, True), (3, True), (4, False)])
def test_a_list_shorter_than_four_says_why(
    world: World, client: Client, passed: int, said: bool
) -> None:
    shoot = world.shoot(State.CHOOSING)
    keep = Candidate.objects.filter(shoot=shoot).values_list("pk", flat=True)[:passed]
    Candidate.objects.filter(shoot=shoot).exclude(pk__in=list(keep)).delete()
    page = client.get(url(shoot, "start")).content.decode()
    assert (f"Only {passed} picture" in page) is said

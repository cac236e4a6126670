"""Withdrawing a release ends every shoot that goes by it, another look too."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.actors import employee_actor
from accounts.models import Event
from generation.leaving import withdrawals
from generation.models import Candidate, Certificate, Headshot, Look, Selfie, Shoot, State
from generation.ordering import another_look, looks
from generation.storage import vault
from headshots.lib.problems import Problem
from headshots.lib.vault import Vault
from tests.browser.queue import drain
from tests.races.together import together
from tests.world import DIRECTION, World, give_candidates, make_world, token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


@pytest.fixture
def other(world: World) -> Look:
    return looks.save_look(
        actor=world.actor,
        organisation=world.organisation,
        name="Outside",
        **{**DIRECTION, "expression": "smile"},
    )


def with_adapter(shoot: Shoot) -> Shoot:
    key = f"{shoot.folder}/adapter/1/adapter.safetensors"
    vault().put(key, b"weights")
    Shoot.objects.filter(pk=shoot.pk).update(adapter=key, adapter_steps=77)
    shoot.refresh_from_db()
    return shoot


def another(world: World, shoot: Shoot, look: Look) -> Shoot:
    order = another_look.place(actor=world.actor, order=shoot.order, look=look, shoots=[shoot])
    return order.shoots.select_related("order").get()


def left_of(*shoots: Shoot) -> list[str]:
    return [key for shoot in shoots for key in vault().keys(shoot.folder)]


def test_another_look_is_destroyed_with_the_first(
    world: World, other: Look, client: Client
) -> None:
    first = with_adapter(world.shoot(State.DELIVERED))
    second = another(world, first, other)
    assert another_look.begin(shoot_id=second.pk)
    give_candidates(second)
    colleague = world.shoot(State.CHOOSING)
    path = reverse("employee:withdraw", args=[token(first)])
    assert client.post(path).status_code == 302
    for shoot in (first, second):
        shoot.refresh_from_db()
        assert shoot.state == State.WITHDRAWN
    assert left_of(first, second) == []
    for model in (Selfie, Candidate, Headshot):
        assert not model.objects.filter(shoot__in=[first, second]).exists()
    certificate = Certificate.objects.get()
    assert "12 photos" in certificate.text
    assert "2 trained models" in certificate.text
    assert "8 pictures" in certificate.text
    # The same proof by either link, one mail, one event about the release.
    for shoot in (first, second):
        got = client.get(reverse("employee:certificate", args=[token(shoot)]))
        assert certificate.text in got.content.decode()
        assert client.post(reverse("employee:withdraw", args=[token(shoot)])).status_code == 302
    drain()
    theirs = [m for m in mail.outbox if m.to == [first.employee.email]]
    assert sum("certificate" in m.subject for m in theirs) == 1
    assert Event.objects.filter(type="release.withdrawn").count() == 1
    told = [m for m in mail.outbox if m.to == [world.owner.email]]
    assert sum("has withdrawn a headshot" in m.subject for m in told) == 1
    assert left_of(colleague) != []


def test_withdrawing_by_the_second_link_ends_the_first(world: World, other: Look) -> None:
    first = with_adapter(world.shoot(State.CHOOSING))
    second = another(world, first, other)
    withdrawals.withdraw(actor=employee_actor(first.employee), shoot=second)
    assert not another_look.begin(shoot_id=second.pk)
    assert {shoot.state for shoot in Shoot.objects.all()} == {State.WITHDRAWN}
    assert left_of(first, second) == []
    with pytest.raises(Problem):
        another(world, first, other)


def test_withdrawing_while_photos_are_copied_leaves_none(
    world: World, other: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = with_adapter(world.shoot(State.CHOOSING))
    second = another(world, first, other)
    put = Vault.put
    done: list[str] = []

    def slow(self: Vault, key: str, data: bytes) -> None:
        put(self, key, data)
        if not done and str(second.pk) in key and "adapter" in key:
            done.append(key)
            withdrawals.withdraw(actor=employee_actor(first.employee), shoot=first)

    monkeypatch.setattr(Vault, "put", slow)
    assert not another_look.begin(shoot_id=second.pk)
    assert done
    second.refresh_from_db()
    assert second.state == State.WITHDRAWN
    assert left_of(first, second) == []
    assert not Selfie.objects.exists()


def test_ordering_another_look_and_withdrawing_at_once(world: World, other: Look) -> None:
    """Whoever is first: in the end nothing goes by the release any more."""
    for _ in range(4):
        first = with_adapter(world.shoot(State.CHOOSING))
        results = together(
            [
                lambda first=first: another(world, first, other),
                lambda first=first: withdrawals.withdraw(
                    actor=employee_actor(first.employee), shoot=first
                ),
            ]
        )
        refused = [r for r in results if isinstance(r, Exception)]
        assert all(isinstance(r, Problem) for r in refused), refused
        under_it = Shoot.objects.filter(release=first.release)
        assert {shoot.state for shoot in under_it} == {State.WITHDRAWN}

"""Withdrawing ends every shoot that its person signed for, another look and later orders too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actors import employee_actor
from accounts.models import Employee, Event
from generation.approving import choosing
from generation.delivering import exports
from generation.leaving import held, withdrawals
from generation.models import Candidate, Certificate, Headshot, Look, Order, Selfie, Shoot, State
from generation.ordering import another_look, looks, orders
from generation.storage import vault
from headshots.lib.problems import Problem
from headshots.lib.vault import Vault
from tests.browser.queue import drain
from tests.races.together import together
from tests.world import DIRECTION, World, bring, give_candidates, make_world, token, with_adapter

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


def in_another_order(world: World, *employees: Employee) -> Order:
    """An order for which people sign anew."""
    return orders.place_order(
        actor=world.actor,
        organisation=world.organisation,
        look=world.look,
        employees=employees,
        due_at=timezone.now() + timedelta(days=7),
        name="June",
    )


def held_of(shoot: Shoot) -> dict[str, int]:
    counted = {kind.what: kind.count for kind in held.kinds(shoot=shoot)}
    del counted["Signed release"]
    return {what: count for what, count in counted.items() if count}


@pytest.mark.parametrize("signed", [True, False])
def test_all_that_a_person_signed_is_taken_back_by_any_link(
    world: World, client: Client, signed: bool
) -> None:
    january = with_adapter(world.shoot(State.DELIVERED))
    june = in_another_order(world, january.employee).shoots.get()
    if signed:
        june = bring(june, State.CHOOSING)
        assert june.release_id != january.release_id
    page = client.get(reverse("employee:data", args=[token(june)])).content.decode()
    assert "Your headshot is destroyed as well" in page
    assert (f"This goes for all your orders: {january.order.name}, June." in page) is signed
    client.post(reverse("employee:withdraw", args=[token(june)]))
    assert held_of(june) == {}
    assert left_of(january, june) == []
    for shoot in (january, june):
        shoot.refresh_from_db()
        assert shoot.release is None or shoot.release.withdrawn_at is not None
        page = client.get(reverse("employee:data", args=[token(shoot)])).content.decode()
        assert "Everything was destroyed" in page
        assert "Withdraw and destroy everything" not in page
        document = client.get(reverse("employee:certificate", args=[token(shoot)]))
        text = document.content.decode()
        assert "12 photos" in text if signed else "6 photos" in text
        assert january.order.name in text
        assert shoot.release is None or shoot.release.text_hash in text
    assert Certificate.objects.count() == 1
    drain()
    theirs = [m for m in mail.outbox if m.to == [january.employee.email]]
    assert sum("certificate" in m.subject for m in theirs) == 1
    told = [m for m in mail.outbox if m.to == [world.owner.email]]
    assert sum("has withdrawn a headshot" in m.subject for m in told) == 1


def test_what_came_after_withdrawing_can_be_taken_back_by_the_old_link(
    world: World, client: Client
) -> None:
    january = world.shoot(State.CHOOSING)
    withdraw = reverse("employee:withdraw", args=[token(january)])
    client.post(withdraw)
    june = bring(in_another_order(world, january.employee).shoots.get(), State.CHOOSING)
    page = client.get(reverse("employee:data", args=[token(january)])).content.decode()
    assert "Everything was destroyed" not in page
    assert "what is counted here came later" in page
    assert "Withdraw and destroy everything" in page
    client.post(withdraw)
    assert held_of(january) == {}
    assert left_of(june) == []
    assert Certificate.objects.count() == 2


def test_opting_out_says_which_order_and_what_stays(
    world: World, other: Look, client: Client
) -> None:
    first = with_adapter(world.shoot(State.CHOOSING))
    second = another(world, first, other)
    assert another_look.begin(shoot_id=second.pk)
    start = reverse("employee:start", args=[token(first)])
    assert "Your other orders stay as they are" in client.get(start).content.decode()
    client.post(reverse("employee:opt_out", args=[token(first)]))
    assert Selfie.objects.filter(shoot=second).count() == 6
    page = client.get(start).content.decode()
    assert "any pictures made of you have been destroyed" not in page
    assert f"any pictures made for “{first.order.name}” have been destroyed" in page
    assert f"that they have: {second.order.name}." in page
    choosing.opt_out(actor=employee_actor(second.employee), shoot=second)
    page = client.get(start).content.decode()
    assert "any pictures made of you have been destroyed" in page
    assert "Your other orders" not in page


def test_colleagues_of_two_orders_withdraw_at_once(world: World) -> None:
    """Each locks both orders' shared files; whoever is second waits for the first alone."""
    for _ in range(3):
        one, two = [bring(shoot, State.DELIVERED) for shoot in world.order(2).shoots.all()]
        for shoot in in_another_order(world, one.employee, two.employee).shoots.all():
            bring(shoot, State.APPROVING)
        exports.begin(actor=world.actor, organisation=world.organisation, order=one.order)
        results = together(
            [
                lambda shoot=shoot: withdrawals.withdraw(
                    actor=employee_actor(shoot.employee), shoot=shoot
                )
                for shoot in (one, two)
            ]
        )
        assert [r for r in results if isinstance(r, Exception)] == []
        theirs = Shoot.objects.filter(employee__in=[one.employee, two.employee])
        assert {shoot.state for shoot in theirs} == {State.WITHDRAWN}


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

"""Credits promised to who is invited stay theirs; where they run out, who can help hears of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actors import SYSTEM, employee_actor
from accounts.models import Role
from billing import ledger
from generation import tasks
from generation.inviting import reminders
from generation.models import Order, Shoot, State
from generation.ordering import add_ons, another_look, funnel, looks
from generation.photos import handing_in, selfies
from generation.storage import vault
from headshots.lib.problems import Problem
from tests.browser.queue import drain, forget
from tests.generation.inviting.test_reminders import NOON
from tests.world import DIRECTION, World, bring, give_selfies, make_world, sign, token


@pytest.fixture
def short(db: None) -> tuple[World, Order]:
    """Two people with photos to hand in, and the credits for them gone."""
    world = make_world(credits=2)
    order = world.order(2)
    for shoot in order.shoots.all():
        sign(shoot)
        give_selfies(shoot)
    ledger.hold(actor=SYSTEM, organisation=world.organisation, amount=2, source_key="other")
    forget("default")
    return world, order


def hand_in(client: Client, shoot: Shoot) -> str:
    return client.post(reverse("employee:hand_in", args=[token(shoot)])).content.decode()


def test_a_promised_credit_is_not_had_for_more_pictures(db: None) -> None:
    world = make_world(credits=3)
    order = world.order(3)
    choosing, *others = order.shoots.all()
    bring(choosing, State.CHOOSING)
    with pytest.raises(Problem) as refused:
        add_ons.more_pictures(actor=world.actor, shoot=choosing)
    assert (refused.value.code, refused.value.status) == ("credits_missing", 402)
    choosing.refresh_from_db()
    assert (choosing.state, choosing.wanted, choosing.credits) == (State.CHOOSING, 4, 1)
    # A credit that is nobody's is had; everybody who was invited can still hand in.
    ledger.grant(actor=SYSTEM, organisation=world.organisation, amount=1, source_key="one more")
    add_ons.more_pictures(actor=world.actor, shoot=choosing)
    for shoot in others:
        assert bring(shoot, State.QUEUED).state == State.QUEUED


def test_who_is_in_charge_hears_once_that_photos_wait(
    short: tuple[World, Order], client: Client
) -> None:
    world, order = short
    one, two = order.shoots.all()
    admin, viewer = world.member(Role.ADMIN), world.member(Role.VIEWER)
    for shoot in (one, one, two):
        assert "has been told" in hand_in(client, shoot)
    theirs = client.get(reverse("employee:start", args=[token(one)])).content.decode()
    assert "Your photos go in by themselves once Acme has added credits" in theirs
    drain()
    assert sorted(m.to[0] for m in mail.outbox) == sorted([world.owner.email, admin.email])
    assert viewer.email not in {m.to[0] for m in mail.outbox}
    told = mail.outbox[0]
    assert one.employee.name in told.body
    assert reverse("credits", args=[world.organisation.slug]) in told.body
    client.force_login(world.owner)
    page = client.get(reverse("order", args=[world.organisation.slug, order.pk])).content.decode()
    assert "2 people have given photos and wait, as no credit is free" in page
    assert page.count("Waits for credits") == 2
    place = reverse("shoot", args=[world.organisation.slug, one.pk])
    assert "photos are here and wait, as no credit is free" in client.get(place).content.decode()
    # With credits again there is nothing to tell any more, and it can be handed in.
    ledger.grant(actor=SYSTEM, organisation=world.organisation, amount=2, source_key="more")
    hand_in(client, one)
    one.refresh_from_db()
    assert (one.state, one.short_of_credits_at) == (State.QUEUED, None)
    members = world.organisation.members.filter(user=admin)
    assert not tasks.send_short_of_credits(str(one.pk), str(members.get().pk))


def test_whoever_waits_is_not_reminded_and_goes_on_with_the_credits(
    short: tuple[World, Order], client: Client
) -> None:
    world, order = short
    one, two = order.shoots.all()
    days_ago = NOON - timedelta(days=4)
    Shoot.objects.update(invited_at=days_ago, state_since=days_ago)
    Order.objects.update(due_at=NOON + timedelta(days=9))
    assert reminders.due(NOON).count() == 2
    hand_in(client, two)
    hand_in(client, one)
    drain()
    mail.outbox.clear()
    assert reminders.sweep(NOON) == 0
    done = reminders.nudge(actor=world.actor, order=order, wanted=funnel.Wanted())
    assert done.sent == 0
    assert handing_in.hand_in_waiting() == 0
    # One credit is one person's, who waited first; the other waits on, which is known already.
    ledger.grant(actor=SYSTEM, organisation=world.organisation, amount=1, source_key="one")
    assert [handing_in.hand_in_waiting() for _ in range(2)] == [1, 0]
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.state, two.state) == (State.COLLECTING, State.QUEUED)
    assert (one.waits_for_credits, two.short_of_credits_at) == (True, None)
    hand_in(client, one)
    drain()
    assert mail.outbox == []
    # Who has too few photos by then is asked as ever.
    selfies.remove_selfie(actor=employee_actor(one.employee), selfie=one.selfies.first())
    ledger.grant(actor=SYSTEM, organisation=world.organisation, amount=1, source_key="two")
    assert handing_in.hand_in_waiting() == 0
    assert reminders.sweep(NOON) == 1


def test_another_look_that_finds_no_credits_is_told_of_as_well(db: None) -> None:
    world = make_world(credits=2)
    shoot = world.shoot(State.CHOOSING)
    key = f"{shoot.folder}/adapter/1/adapter.safetensors"
    vault().put(key, b"weights")
    Shoot.objects.filter(pk=shoot.pk).update(adapter=key)
    look = looks.save_look(
        actor=SYSTEM,
        organisation=world.organisation,
        name="Warm",
        **{**DIRECTION, "attire": "white shirt"},
    )
    made = another_look.place(actor=world.actor, order=shoot.order, look=look, shoots=[shoot])
    ledger.hold(actor=SYSTEM, organisation=world.organisation, amount=1, source_key="other")
    second = made.shoots.get()
    forget("default")
    for _ in range(2):
        assert not another_look.begin(shoot_id=second.pk)
    second.refresh_from_db()
    assert second.waits_for_credits
    drain()
    assert [m.to for m in mail.outbox] == [[world.owner.email]]
    # The sweep begins it once there are credits, and not at each minute before.
    Shoot.objects.update(state_since=timezone.now() - timedelta(minutes=5))
    assert another_look.begin_missing() == 0
    ledger.grant(actor=SYSTEM, organisation=world.organisation, amount=1, source_key="more")
    assert [another_look.begin_missing() for _ in range(2)] == [1, 0]
    assert another_look.begin(shoot_id=second.pk)
    second.refresh_from_db()
    assert (second.state, second.short_of_credits_at) == (State.QUEUED, None)

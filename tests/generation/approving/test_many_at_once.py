"""Acts on more people than a request does: by tasks, each person in a transaction of their own."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actors import employee_actor
from accounts.developers import api_keys, partners
from accounts.models import ApiKey, AuditEntry, Event, KeptAnswer, PartnerGrant
from billing import ledger
from generation import pieces
from generation.approving import choosing
from generation.models import Order, State
from generation.ordering import orders
from tests.api.program import Program
from tests.browser.queue import drain, forget
from tests.world import World, bring, make_world


@pytest.fixture(autouse=True)
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "AT_ONCE", 2)


def picked(world: World, people: int) -> Order:
    order = world.order(people)
    for shoot in order.shoots.all():
        bring(shoot, State.APPROVING)
    forget("default")
    return order


def test_a_request_takes_no_credit_of_many_and_tasks_take_each(world: World) -> None:
    """Whoever else wants the organisation's credits does not wait for the last of them."""
    order = picked(world, 5)
    program = Program.of(world.organisation)
    before = ledger.balance(organisation=world.organisation)
    answer = program.post(f"orders/{order.pk}/approve")
    assert (answer.status_code, answer.json()) == (202, {"count": 5})
    assert ledger.balance(organisation=world.organisation) == before
    assert orders.counts(order=order)[State.APPROVING] == 5

    drain()
    assert orders.counts(order=order)[State.DELIVERED] == 5
    assert before.held - ledger.balance(organisation=world.organisation).held == 5
    said = AuditEntry.objects.filter(action="shoot.delivered")
    assert {(one.actor_kind, one.actor_id) for one in said} == {("key", str(program.key.pk))}
    # A few are done while it is waited for.
    few = picked(world, 2)
    answer = program.post(f"orders/{few.pk}/approve")
    assert (answer.status_code, answer.json()) == (200, {"count": 2})


@pytest.mark.parametrize("way", ["order_approve", "order_approve_many"])
def test_who_changes_before_their_turn_is_left_and_keeps_nobody_else(
    world: World, client: Client, way: str
) -> None:
    client.force_login(world.owner)
    order = picked(world, 5)
    ticked = [str(shoot.headshot.candidate_id) for shoot in order.shoots.all()]
    action = reverse(way, args=[world.organisation.slug, order.pk])
    page = client.post(action, {"candidates": ticked}, follow=True).content.decode()
    assert "5 headshots are being approved" in page
    # The page goes on looking.
    assert reverse("order_live", args=[world.organisation.slug, order.pk]) in page
    again, away = order.shoots.all()[:2]
    actor = employee_actor(again.employee)
    other = choosing.short_list(shoot=again)[1]
    choosing.pick(actor=actor, shoot=again, candidate=other)
    choosing.opt_out(actor=employee_actor(away.employee), shoot=away)
    drain()
    counts = orders.counts(order=order)
    assert (counts[State.DELIVERED], counts[State.APPROVING], counts[State.OPTED_OUT]) == (3, 1, 1)
    again.refresh_from_db()
    assert again.state == State.APPROVING
    entry = AuditEntry.objects.filter(action="shoot.delivered").first()
    assert entry is not None
    assert (entry.actor_id, entry.address) == (str(world.owner.pk), "127.0.0.1")


@pytest.mark.parametrize("ends", ["withdrawn", "narrowed", "key revoked", "key gone"])
@pytest.mark.parametrize("act", ["approve", "cancel"])
def test_what_a_partner_asked_for_stops_with_its_grant(world: World, act: str, ends: str) -> None:
    order, partner = picked(world, 5), make_world("Partner")

    def let_act(*wanted: str) -> PartnerGrant:
        return partners.grant(
            actor=world.actor,
            organisation=world.organisation,
            partner_id=str(partner.organisation.pk),
            wanted=wanted,
        )

    grant = let_act("orders:write")
    program = Program.of(partner.organisation)
    program.headers["Headshots-Organisation"] = str(world.organisation.pk)
    assert program.post(f"orders/{order.pk}/{act}").status_code == 202
    before = ledger.balance(organisation=world.organisation)
    if ends == "withdrawn":
        partners.withdraw(actor=world.actor, grant=grant)
    elif ends == "narrowed":
        let_act("orders:read")
    elif ends == "key revoked":
        api_keys.revoke_key(actor=partner.actor, key=program.key)
    else:
        KeptAnswer.objects.all().delete()
        ApiKey.objects.filter(pk=program.key.pk).delete()
    drain()
    assert orders.counts(order=order)[State.APPROVING] == 5
    assert ledger.balance(organisation=world.organisation) == before


@pytest.mark.parametrize(("act", "ended"), [("approve", "delivered"), ("cancel", "cancelled")])
def test_what_a_partner_asked_for_is_done_while_it_may(world: World, act: str, ended: str) -> None:
    order, partner = picked(world, 5), make_world("Partner")
    partners.grant(
        actor=world.actor,
        organisation=world.organisation,
        partner_id=str(partner.organisation.pk),
        wanted=["orders:write"],
    )
    program = Program.of(partner.organisation)
    program.headers["Headshots-Organisation"] = str(world.organisation.pk)
    assert program.post(f"orders/{order.pk}/{act}").status_code == 202
    drain()
    assert orders.counts(order=order)[ended] == 5


def test_cancelling_many_is_told_once_it_is_done(world: World) -> None:
    order = world.order(5)
    bring(order.shoots.first(), State.DELIVERED)
    forget("default")
    program = Program.of(world.organisation)
    answer = program.post(f"orders/{order.pk}/cancel")
    assert (answer.status_code, answer.json()) == (202, {"count": 4})
    told = Event.objects.filter(organisation=world.organisation, type="order.cancelled")
    assert not told.exists()
    drain()
    counts = orders.counts(order=order)
    assert (counts[State.CANCELLED], counts[State.DELIVERED]) == (4, 1)
    assert told.count() == 1


def test_who_cannot_be_cancelled_keeps_nobody_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = world.order(3)
    bad = order.shoots.all()[1]
    release = ledger.release

    def busy(**said: Any) -> Any:
        if str(bad.pk) in said["source_key"]:
            raise RuntimeError("The account is locked.")
        return release(**said)

    monkeypatch.setattr(ledger, "release", busy)
    ids = [shoot.pk for shoot in order.shoots.all()]
    with pytest.raises(RuntimeError, match="locked"):
        orders.cancel_some(actor=world.actor, shoot_ids=ids)
    told = Event.objects.filter(type="order.cancelled")
    assert orders.counts(order=order)[State.CANCELLED] == 2
    assert not told.exists()
    monkeypatch.undo()
    assert orders.cancel_some(actor=world.actor, shoot_ids=ids) == 1
    assert told.count() == 1

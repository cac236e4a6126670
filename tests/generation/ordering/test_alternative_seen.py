"""Whoever opted out is, to the organisation, somebody with the alternative, and is counted so."""

from __future__ import annotations

import re

from django.test import Client
from django.urls import reverse

from accounts.actors import employee_actor
from generation.approving import choosing
from generation.models import State
from generation.ordering import funnel, orders
from tests.world import World, bring


def test_the_order_says_alternative_and_counts_it_apart(world: World, client: Client) -> None:
    order = world.order(4)
    gone, failed, *_rest = order.shoots.all()
    bring(gone, State.CHOOSING)
    choosing.opt_out(actor=employee_actor(gone.employee), shoot=gone)
    orders.cancel_shoot(actor=world.actor, shoot=failed)
    stands = funnel.of_order(order=order)
    assert (stands.people, stands.alternative, stands.ended) == (4, 1, 1)
    client.force_login(world.owner)
    place = reverse("order", args=[world.organisation.slug, order.pk])
    page = client.get(place).content.decode()
    assert re.search(r'class="badge *">Alternative<', page)
    assert "1 person has the alternative" in page
    assert "1 person ended without a headshot" in page
    assert "Opted out" not in page
    theirs = client.get(place, {"stage": "alternative"}).content.decode()
    assert gone.employee.name in theirs
    assert failed.employee.name not in theirs
    ended = client.get(place, {"stage": "ended"}).content.decode()
    assert gone.employee.name not in ended
    one = client.get(reverse("shoot", args=[world.organisation.slug, gone.pk])).content.decode()
    assert "Alternative" in one
    assert "Opted out" not in one
    for name, word in (("audit_log", "Chose the alternative"), ("credits", "Alternative")):
        shown = client.get(reverse(name, args=[world.organisation.slug])).content.decode()
        assert word in shown
        assert "Opted out" not in shown

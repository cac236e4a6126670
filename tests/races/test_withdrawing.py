"""Withdrawing while a worker works and while an administrator approves."""

from __future__ import annotations

import pytest
from django.db import transaction

from accounts.actors import SYSTEM, employee_actor
from billing import ledger
from generation import states
from generation.approving import choosing
from generation.dispatch import claims
from generation.leaving import withdrawals
from generation.models import Candidate, Certificate, Headshot, Shoot, State
from generation.storage import vault
from headshots.lib.problems import Problem
from tests.races.together import together
from tests.world import make_world

pytestmark = pytest.mark.django_db(transaction=True)


def test_withdrawing_shuts_out_the_worker_that_trains() -> None:
    shoot = make_world().shoot(State.QUEUED)
    (claim,) = claims.claim(worker="w", people=1)
    withdrawals.withdraw(actor=employee_actor(shoot.employee), shoot=shoot)
    assert claims.renew([claim]) == {shoot.pk}
    late = Shoot.objects.select_related("order__organisation").get(pk=shoot.pk)
    late.state = State.QUEUED
    with pytest.raises(Problem), transaction.atomic():
        states.move(actor=SYSTEM, shoot=late, to=State.TRAINING, fence=claim.fence)
    assert claims.claim(worker="other", people=1) == []
    assert Shoot.objects.get(pk=shoot.pk).state == State.WITHDRAWN


def test_withdrawing_while_an_administrator_approves() -> None:
    """Whoever is first: in the end it is withdrawn, nothing is left, and the credit is either
    spent (it had been approved) or free, never both and never held."""
    for _ in range(6):
        world = make_world()
        shoot = world.shoot(State.APPROVING)
        results = together(
            [
                lambda shoot=shoot: withdrawals.withdraw(
                    actor=employee_actor(shoot.employee), shoot=shoot
                ),
                lambda shoot=shoot: choosing.approve(actor=SYSTEM, shoot=shoot),
            ]
        )
        refused = [r for r in results if isinstance(r, Exception)]
        assert all(isinstance(r, Problem) for r in refused)
        approved = not refused
        shoot = Shoot.objects.get(pk=shoot.pk)
        assert shoot.state == State.WITHDRAWN
        assert not Headshot.objects.filter(shoot=shoot).exists()
        assert not Candidate.objects.filter(shoot=shoot).exists()
        assert list(vault().keys(shoot.folder)) == []
        balance = ledger.balance(organisation=world.organisation)
        assert balance.held == 0
        assert Certificate.objects.get(shoot=shoot).facts["was_delivered"] is approved


def test_withdrawing_twice_at_once_makes_one_certificate() -> None:
    shoot = make_world().shoot(State.COLLECTING)
    actor = employee_actor(shoot.employee)
    results = together([lambda: withdrawals.withdraw(actor=actor, shoot=shoot)] * 4)
    assert len({r.pk for r in results}) == 1  # type: ignore[union-attr]
    assert Certificate.objects.count() == 1

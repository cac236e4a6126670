"""Pictures that come after the promised time, before any sweep has looked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from billing import ledger
from generation.dispatch.claims import Claim
from generation.dispatch.sitters import Sitter, conclude
from generation.models import Candidate, Shoot, State
from generation.ordering import promises
from tests.world import World, give_candidates


def done(shoot: Shoot, fence: int) -> None:
    """The worker has drawn and judged four pictures, and ends its part."""
    sitter = Sitter(Claim(shoot.pk, fence), shoot, [], np.zeros((0, 128)), 0.5)
    conclude(sitter, 4)
    shoot.refresh_from_db()


def drawn(world: World, settings: Any, *, hours: float) -> Shoot:
    """Of an order with five hours promised; its photos were handed in so many ago."""
    settings.PROMISED_HOURS = 5
    shoot = world.shoot(State.GENERATING)
    give_candidates(shoot)
    Shoot.objects.update(queued_at=timezone.now() - timedelta(hours=hours))
    shoot.refresh_from_db()
    return shoot


@pytest.mark.parametrize(("hours", "held"), [(4.9, 1), (5.1, 0)])
def test_late_pictures_cost_nothing(world: World, settings: Any, hours: float, held: int) -> None:
    shoot = drawn(world, settings, hours=hours)
    done(shoot, shoot.fence)
    assert shoot.state == State.CHOOSING
    assert (shoot.made_free_at is None) == bool(held)
    balance = ledger.balance(organisation=world.organisation)
    assert (balance.available, balance.held) == (100 - held, held)
    assert AuditEntry.objects.filter(action="shoot.made_free").count() == 1 - held
    assert promises.sweep() == 0


def test_a_worker_that_lost_its_claim_makes_nothing_free(world: World, settings: Any) -> None:
    shoot = drawn(world, settings, hours=6)
    done(shoot, shoot.fence - 1)
    assert (shoot.state, shoot.made_free_at) == (State.GENERATING, None)
    assert ledger.balance(organisation=world.organisation).held == 1
    assert Candidate.objects.filter(shoot=shoot).count() == 4

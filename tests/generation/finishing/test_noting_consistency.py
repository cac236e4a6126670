"""The figures of an order are noted when something of it has changed just now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from generation.finishing import consistency
from generation.models import Finishing, Headshot, Order, State
from tests.world import World


def test_orders_with_something_approved_or_rendered_just_now_and_no_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = timezone.now() - timedelta(hours=1)
    approved, rendered, both, _old = (world.shoot(State.DELIVERED) for _ in range(4))
    for shoot in (approved, rendered, both, _old):
        headshot = Headshot.objects.get(shoot=shoot)
        if headshot.finishing is None:
            finishing = Finishing.objects.filter(headshot=headshot).first()
            assert finishing is not None
            Headshot.objects.filter(pk=headshot.pk).update(finishing=finishing)
    Headshot.objects.update(approved_at=before)
    Finishing.objects.update(tried_at=before)
    noted: list[Order] = []
    monkeypatch.setattr(consistency, "note", lambda order: noted.append(order))
    assert consistency.note_changed() == 0
    assert noted == []
    Headshot.objects.filter(shoot__in=[approved, both]).update(approved_at=timezone.now())
    Finishing.objects.filter(headshot__shoot__in=[rendered, both]).update(tried_at=timezone.now())
    consistency.note_changed()
    assert len(noted) == 3
    assert set(noted) == {shoot.order for shoot in (approved, rendered, both)}

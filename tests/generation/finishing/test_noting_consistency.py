"""The figures of an order are noted when something of it has changed just now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from generation.engine import colour
from generation.finishing import consistency
from generation.models import Finishing, Headshot, Order, State
from tests.world import World, bring, give_files


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


@pytest.mark.parametrize(("tilt", "side"), [(3.2, "right"), (-3.2, "left")])
def test_a_head_that_leans_is_said_to_which_side(tilt: float, side: str) -> None:
    said = consistency.Beside(deviations={"tilt": tilt}, outlying=["tilt"]).reasons
    assert said == [f"The head leans 3.2° more to the {side} than the others’."]


def test_more_pictures_beside_a_roster_cost_no_more_comparisons(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wall, and its note, compare all colours at once."""
    order = world.order(5)
    for number, shoot in enumerate(order.shoots.all()):
        give_files(bring(shoot, State.APPROVING))
        measures = {
            "eye_line": 0.42 + number / 1000,
            "backdrop": [[70, 0, number], None, [60, 0, 0]],
            "brightness": 30.0,
        }
        Finishing.objects.filter(headshot__shoot=shoot).update(measures=measures)
    alike = consistency.compare(consistency.shown(order=order))
    assert alike.figure is not None
    noted = consistency.note(order=order)
    assert noted is not None
    assert (noted.figure, noted.people) == (alike.figure, 5)
    assert noted.spreads.keys() == alike.spreads.keys() == {"eye_line", "backdrop", "brightness"}
    like, lighter, covered = (
        {"backdrop": [[70, 0, 2], [1, 2, 3], [60, 0, 0]], "brightness": 30.0},
        {"backdrop": [[70, 0, 2], None, None], "brightness": 50.0},
        {"backdrop": [None, [1, 2, 3], None], "brightness": 30.0},
    )
    calls = []
    real = colour.delta_e
    monkeypatch.setattr(colour, "delta_e", lambda *said: calls.append(1) or real(*said))
    found = consistency.beside(alike, [like, None, lighter, covered] * 10)
    assert len(calls) == 1
    # What only it shows of the backdrop has nothing to be compared with.
    assert [one.deviations for one in found[:4]] == [
        {"brightness": 0.0, "backdrop": 0.0},
        {},
        {"brightness": 20.0, "backdrop": 0.0},
        {"brightness": 0.0},
    ]
    assert [one.outlying for one in found[:4]] == [[], [], ["brightness"], []]

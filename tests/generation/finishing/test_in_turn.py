"""A new plate for thousands leaves room in the queue for everything else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from accounts.actors import SYSTEM
from generation import tasks
from generation.dispatch import queue
from generation.finishing import finishes, in_turn, refinishing, rendition_table, renditions
from generation.models import Finish, Finishing, Order
from headshots.lib.vault import VaultUnavailable
from tests.browser.queue import forget
from tests.world import World, many_delivered

HOW_MANY = 12


def another_finish(world: World) -> Finish:
    plate = finishes.save_plate(
        actor=SYSTEM,
        organisation=world.organisation,
        name="Ours",
        kind="colour",
        colours=["#204060"],
    )
    return finishes.save_finish(
        actor=SYSTEM,
        organisation=world.organisation,
        look_name=world.look.name,
        plate=plate,
        renditions=[rendition_table.Row("portrait", 256, 320)],
    )


def funcs() -> list[str]:
    return [message.task["func"] for message in OrmQ.objects.order_by("pk")]


def done() -> int:
    new = Finishing.objects.filter(refinish__isnull=False)
    return new.filter(state=Finishing.State.DONE).count()


def late(seconds: float = renditions.LOST_S + 1) -> None:
    then = timezone.now() - timedelta(seconds=seconds)
    Finishing.objects.update(created_at=then)
    Finishing.objects.exclude(tried_at=None).update(tried_at=then)


@pytest.fixture
def order(world: World, monkeypatch: pytest.MonkeyPatch) -> Order:
    """Begun in a new finish; rendering one is noted, and takes its time."""
    order = many_delivered(world, HOW_MANY)
    finish = another_finish(world)
    Finishing.objects.update(state=Finishing.State.DONE)
    OrmQ.objects.all().delete()
    refinishing.start(actor=SYSTEM, order=order, finish=finish)

    def render(*, finishing_id: object) -> None:
        Finishing.objects.filter(pk=finishing_id).update(state=Finishing.State.DONE)

    monkeypatch.setattr(renditions, "render", render)
    monkeypatch.setattr(in_turn, "A_TURN_S", 0.0)
    return order


def test_mail_comes_between(order: Order) -> None:
    assert funcs() == ["generation.tasks.render_in_turn"] * in_turn.AT_ONCE
    async_task("generation.tasks.send_notices", "choose", [])
    for _ in range(HOW_MANY + in_turn.AT_ONCE):
        message = OrmQ.objects.order_by("pk").first()
        assert message is not None
        if message.task["func"].endswith("send_notices"):
            break
        message.delete()
        tasks.render_in_turn(*message.task["args"])
    # Whoever came later than two thousand renderings waits for one turn of them.
    assert done() == in_turn.AT_ONCE
    while (message := OrmQ.objects.order_by("pk").first()) is not None:
        message.delete()
        if "render" in message.task["func"]:
            tasks.render_in_turn(*message.task["args"])
    assert done() == HOW_MANY


def test_what_only_waits_is_not_queued_again(order: Order) -> None:
    late()
    assert in_turn.go_on() == 0
    assert len(funcs()) == in_turn.AT_ONCE
    forget("default")
    cache.clear()  # nobody has taken a turn for long
    assert in_turn.go_on() == HOW_MANY
    assert in_turn.go_on() == 0
    assert len(funcs()) == 1
    while funcs():
        message = OrmQ.objects.get()
        message.delete()
        tasks.render_in_turn(*message.task["args"])
    assert not Finishing.objects.filter(state=Finishing.State.WAITING).exists()


def test_a_long_queue_gets_no_longer(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    late()
    cache.clear()
    monkeypatch.setattr(queue, "LONG", in_turn.AT_ONCE)
    assert in_turn.go_on() == 0
    assert len(funcs()) == in_turn.AT_ONCE


def test_one_that_breaks_off_is_taken_up_again(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*, finishing_id: object) -> None:
        raise VaultUnavailable("The storage is away.")

    with monkeypatch.context() as broken:
        broken.setattr(renditions, "render", away)
        with pytest.raises(VaultUnavailable):
            tasks.render_in_turn(str(order.pk))
    assert Finishing.objects.exclude(tried_at=None).count() == 1
    forget("default")
    late()
    cache.clear()
    assert in_turn.go_on() == HOW_MANY
    while tasks.render_in_turn(str(order.pk)):
        pass
    assert not Finishing.objects.filter(state=Finishing.State.WAITING).exists()

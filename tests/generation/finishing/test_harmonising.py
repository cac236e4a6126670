"""Harmonising mends whom it can, once, and leaves alone what is none of its business."""

from __future__ import annotations

import io

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.actors import SYSTEM, employee_actor
from generation.approving import choosing
from generation.engine import finish as encoding
from generation.finishing import (
    consistency,
    finishes,
    harmonising,
    refinishing,
    rendition_table,
    renditions,
)
from generation.models import Finish, Finishing, Order, Refinish, Shoot, State
from generation.storage import vault
from headshots.lib.problems import Problem
from tests.browser.queue import drain
from tests.generation.sitters import headshot_of, sit_roster
from tests.world import World, bring, give_files

ONE = [rendition_table.Row("portrait", 256, 320)]


def saved(world: World, **more: object) -> Finish:
    return finishes.save_finish(
        actor=SYSTEM,
        organisation=world.organisation,
        look_name=world.look.name,
        plate=None,
        renditions=ONE,
        **more,
    )


def logo() -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (200, 200), (200, 30, 30, 128)).save(out, "PNG")
    return out.getvalue()


def measured(world: World, people: int, **odd: float) -> list[Shoot]:
    """People who await approval, with measures written by hand; the last one's are `odd`."""
    shoots = list(world.order(people).shoots.order_by("employee__employee_number"))
    for at, shoot in enumerate(shoots):
        give_files(bring(shoot, State.APPROVING))
        measures = {
            "eye_line": 0.42,
            "face_height": 0.48,
            "tilt": 0.0,
            "backdrop": [[50.0, 0.0, 0.0]],
            "brightness": 30.0,
            "side_light": 0.01 * at,
            "clothes": [30.0, 0.0, 0.0],
        }
        if at == people - 1:
            measures |= odd
        headshot_of(shoot).finishings.update(measures=measures)
    return shoots


def washed_out(shoot: Shoot) -> None:
    """The suit of a rendered person is far lighter; the face stays."""
    file = headshot_of(shoot).candidate.file
    with Image.open(vault().path(file)) as opened:
        pixels = np.asarray(opened.convert("RGB")).copy()
    low = round(pixels.shape[0] * 0.82)
    pixels[low:] = (pixels[low:] * 0.55 + 255 * 0.45).astype(np.uint8)
    vault().put(file, encoding.png(Image.fromarray(pixels)))


def test_a_newer_plate_of_the_look_and_the_orders_logo_are_left_alone(world: World) -> None:
    marked = saved(world, logo=logo())
    shoots = sit_roster(world, 4)
    washed_out(shoots[0])
    drain()
    order = Order.objects.get(pk=shoots[0].order_id)
    newer = saved(world, keep_logo=False, closer=10)
    done = harmonising.harmonise(actor=SYSTEM, order=order)
    assert done.refinish is not None
    used = done.refinish.finish
    assert (used.logo, used.closer) == (marked.logo, 0)
    assert used.clothes
    newest = finishes.newest(organisation=world.organisation, look_name=world.look.name)
    assert newest == newer
    # It is the order's alone: the others are not rendered by it, and a version is free after it.
    drain()
    refinishing.approve(actor=SYSTEM, refinish=done.refinish)
    drain()
    assert [headshot_of(s).finishing.finish_id == used.pk for s in shoots] == [True, *[False] * 3]
    assert list(refinishing.behind(look=world.look, finish=newer)) == [order]
    assert not refinishing.behind(look=world.look, finish=marked)
    assert saved(world).version == used.version + 1


def test_nothing_is_begun_while_a_rendering_is_undecided(world: World) -> None:
    shoots = measured(world, 4, side_light=0.6, eye_line=0.36)
    order = Order.objects.get(pk=shoots[0].order_id)
    Refinish.objects.create(order=order, finish=finishes.of_order(order))
    versions = Finish.objects.count()
    with pytest.raises(Problem) as raised:
        harmonising.harmonise(actor=world.actor, order=order)
    assert (raised.value.status, raised.value.code) == (409, "refinish_open")
    assert set(order.shoots.values_list("state", flat=True)) == {State.APPROVING}
    assert Finish.objects.count() == versions


def test_clothes_too_far_from_the_others_get_new_pictures(world: World) -> None:
    shoots = measured(world, 4, brightness=62.0)
    done = harmonising.harmonise(actor=world.actor, order=shoots[0].order)
    assert (done.refinish, done.refinished, done.again, done.left, done.spent) == (None, 0, 1, 0, 0)
    assert Shoot.objects.get(pk=shoots[-1].pk).state == State.QUEUED
    assert Shoot.objects.get(pk=shoots[-1].pk).redo_reason


@pytest.mark.parametrize(
    ("state", "changed", "left", "said"),
    [
        (State.DELIVERED, {}, (1, 0), "delivered already, so no new pictures"),
        (State.APPROVING, {"asked_again": 99}, (0, 1), "no new pictures can be made"),
        (State.APPROVING, {"inputs_destroyed_at": timezone.now()}, (0, 1), "no new pictures can"),
    ],
    ids=["delivered", "rounds spent", "photos destroyed"],
)
def test_of_whom_no_new_pictures_are_made_is_said_with_the_reason(
    world: World,
    client: Client,
    state: State,
    changed: dict[str, object],
    left: tuple[int, int],
    said: str,
) -> None:
    shoots = measured(world, 4, side_light=0.6)
    odd, order = shoots[-1], shoots[0].order
    if state == State.DELIVERED:
        choosing.approve(actor=world.actor, shoot=odd)
    Shoot.objects.filter(pk=odd.pk).update(**changed)
    client.force_login(world.owner)
    where = [world.organisation.slug, order.pk]
    client.post(reverse("wall_harmonise", args=where))
    page = client.get(reverse("order_wall", args=where)).content.decode()
    assert said in page
    assert ("delivered already" in page) is (state == State.DELIVERED)
    assert Shoot.objects.get(pk=odd.pk).state == state
    done = harmonising.harmonise(actor=world.actor, order=order)
    assert (done.refinish, done.refinished, done.again) == (None, 0, 0)
    assert (done.left, done.spent) == left


def test_the_wall_says_how_many_are_not_on_it_yet(world: World, client: Client) -> None:
    order = world.order(4)
    first, second, third, _fourth = order.shoots.order_by("employee__employee_number")
    give_files(bring(first, State.APPROVING))
    give_files(bring(second, State.DELIVERED))
    client.force_login(world.owner)
    where = reverse("order_wall", args=[world.organisation.slug, order.pk])
    assert "2 people of this order are not here yet" in client.get(where).content.decode()
    choosing.opt_out(actor=employee_actor(third.employee), shoot=third)
    assert "1 person of this order is not here yet" in client.get(where).content.decode()
    Shoot.objects.filter(order=order, state=State.INVITED).update(state=State.CANCELLED)
    assert "not here yet" not in client.get(where).content.decode()


def test_who_stands_out_after_it_gets_new_pictures_and_no_more_of_the_same(world: World) -> None:
    shoots = measured(world, 4, brightness=52.0)
    order = Order.objects.get(pk=shoots[0].order_id)
    done = harmonising.harmonise(actor=world.actor, order=order)
    assert (done.refinished, done.again) == (1, 0)
    assert done.refinish is not None
    # Rendered, and not enough: 44 is still more than 15 from 28.
    odd = headshot_of(shoots[-1])
    measures = {**odd.finishing.measures, "brightness": 47.0}
    done.refinish.finishings.update(state=Finishing.State.DONE, measures=measures)
    refinishing.approve(actor=world.actor, refinish=done.refinish)
    order.refresh_from_db()
    done = harmonising.harmonise(actor=world.actor, order=order)
    assert (done.refinish, done.refinished, done.again, done.left, done.spent) == (None, 0, 1, 0, 0)
    assert Shoot.objects.get(pk=shoots[-1].pk).state == State.QUEUED


def test_a_face_that_was_seen_elsewhere_than_it_was_put_is_put_right(world: World) -> None:
    saved(world)
    shoots = sit_roster(world, 4)
    order = Order.objects.get(pk=shoots[0].order_id)
    # As where the first look at a picture goes wrong: the eyes are taken for 20 pixels lower.
    drain()
    finishing = headshot_of(shoots[1]).finishing
    assert finishing is not None
    low = [[x, y + 20] for x, y in finishing.alignment["placed"]]
    Finishing.objects.filter(pk=finishing.pk).update(
        alignment={"placed": low, "seen": None}, state=Finishing.State.WAITING
    )
    renditions.render(finishing_id=finishing.pk)

    def off() -> float:
        alike = consistency.compare(consistency.shown(order=order))
        odd = next(s for s in alike.people if s.headshot.shoot_id == shoots[1].pk)
        return abs(odd.deviations["eye_line"])

    assert off() > 0.03
    order.refresh_from_db()
    done = harmonising.harmonise(actor=SYSTEM, order=order)
    assert done.refinish is not None
    drain()
    refinishing.approve(actor=SYSTEM, refinish=done.refinish)
    assert off() < consistency.BOUNDS["eye_line"] * consistency.OUTLYING

"""A new plate for headshots that are there: rendered beside the old files, used, undone."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import numpy as np
import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.actors import SYSTEM
from billing import ledger
from generation.engine import finish as encoding
from generation.engine import finishing
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
from tests.generation.sitters import headshot_of, seat, sit, sit_roster
from tests.world import World, bring, give_files, token

ONE = [rendition_table.Row("portrait", 256, 320)]


def finish_in(world: World, colour: str) -> Finish:
    plate = finishes.save_plate(
        actor=SYSTEM,
        organisation=world.organisation,
        name="Ours",
        kind="colour",
        colours=[colour],
    )
    return finishes.save_finish(
        actor=SYSTEM,
        organisation=world.organisation,
        look_name=world.look.name,
        plate=plate,
        renditions=ONE,
    )


def corner(world: World, headshot) -> tuple[int, ...]:
    with Image.open(io.BytesIO(vault().read(renditions.of(headshot)["portrait"].file))) as picture:
        return picture.convert("RGB").getpixel((3, 3))


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= 4


def test_a_new_plate_counts_when_it_is_approved_and_can_be_undone(world: World) -> None:
    finish_in(world, "#204060")
    shoot = sit(world, 0)
    drain()
    order = Order.objects.get(pk=shoot.order_id)
    assert near(corner(world, headshot_of(shoot)), (0x20, 0x40, 0x60))
    before = ledger.balance(organisation=world.organisation)

    made = refinishing.start(actor=SYSTEM, order=order, finish=finish_in(world, "#f0e0d0"))
    with pytest.raises(Problem, match="still being rendered"):
        refinishing.approve(actor=SYSTEM, refinish=made)
    drain()
    # Rendered, and yet the old files are in use.
    assert refinishing.progress(made).done == 1
    assert near(corner(world, headshot_of(shoot)), (0x20, 0x40, 0x60))
    assert refinishing.approve(actor=SYSTEM, refinish=made) == 1
    assert near(corner(world, headshot_of(shoot)), (0xF0, 0xE0, 0xD0))
    order.refresh_from_db()
    assert order.finish_id == made.finish_id
    assert refinishing.undo(actor=SYSTEM, refinish=made) == 1
    assert near(corner(world, headshot_of(shoot)), (0x20, 0x40, 0x60))
    assert ledger.balance(organisation=world.organisation) == before


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "of before it was kept"])
def test_a_new_plate_moves_nobody(world: World, kept: bool) -> None:
    """A small drawn face, which is found in another place on another plate, stays where it is."""
    finish_in(world, "#0d1b2a")
    shoot = sit(world, 1, size=96)
    drain()
    before = headshot_of(shoot).finishing
    assert before is not None
    was = shown(before)
    if not kept:
        Finishing.objects.filter(pk=before.pk).update(alignment=None)
    light = finish_in(world, "#f4f2ee")
    made = refinishing.start(actor=SYSTEM, order=shoot.order, finish=light)
    drain()
    after = made.finishings.get()
    stays = np.abs(middle(shown(after)) - middle(was)).mean()
    assert stays < 1.5
    for name in ("eye_line", "face_height", "tilt"):
        assert after.measures[name] == pytest.approx(before.measures[name], abs=0.02)
    # Placed by what is found on the light plate, it would have moved.
    with Image.open(vault().path(after.candidate.file)) as picture:
        cut = finishing.cut_out(picture)
    (moved,) = finishing.finish(cut, finishes.spec(light, shoot.order, generated=True))
    assert np.abs(middle(np.asarray(moved.picture, float)) - middle(was)).mean() > 3 * stays
    # A crop that is nearer brings the same face nearer, about the same eyes.
    refinishing.approve(actor=SYSTEM, refinish=made)
    near = finishes.save_finish(
        actor=SYSTEM,
        organisation=world.organisation,
        look_name=world.look.name,
        plate=light.plate,
        renditions=ONE,
        closer=20,
    )
    order = Order.objects.get(pk=shoot.order_id)
    closer = refinishing.start(actor=SYSTEM, order=order, finish=near)
    drain()
    found = closer.finishings.get().measures
    assert found["face_height"] == pytest.approx(1.2 * before.measures["face_height"], rel=0.01)
    assert found["eye_line"] == pytest.approx(before.measures["eye_line"], abs=0.005)


def shown(finishing: Finishing) -> np.ndarray:
    file = vault().read(finishing.renditions.get(kind="portrait").file)
    with Image.open(io.BytesIO(file)) as picture:
        return np.asarray(picture.convert("RGB"), float)


def middle(pixels: np.ndarray) -> np.ndarray:
    """The face alone, of which the plate is no part."""
    return pixels[110:190, 90:166]


def test_the_person_sees_before_and_after_and_is_asked_nothing(
    world: World, client: Client
) -> None:
    finish_in(world, "#204060")
    shoot, other = sit(world, 0), sit(world, 2)
    drain()

    def page() -> str:
        return client.get(reverse("employee:start", args=[token(shoot)])).content.decode()

    def pictures() -> list[HttpResponse]:
        return [
            client.get(address) for address in re.findall(r'src="(/i/[^"]+/plate/[^"]+)"', page())
        ]

    assert pictures() == []
    order = Order.objects.get(pk=shoot.order_id)
    made = refinishing.start(actor=SYSTEM, order=order, finish=finish_in(world, "#f0e0d0"))
    assert pictures() == [], "nothing is rendered yet"
    drain()
    assert "is trying another backdrop" in page()
    assert "nothing is asked of you" in page()
    before, after = pictures()
    for answer, colour in ((before, (0x20, 0x40, 0x60)), (after, (0xF0, 0xE0, 0xD0))):
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert near(picture.convert("RGB").getpixel((3, 3)), colour)
        assert answer["Cache-Control"] == "private, no-store"
    # It is theirs alone, and nothing else of theirs goes out at that address.
    rendition = made.finishings.get(headshot__shoot=shoot).renditions.get()
    theirs = reverse("employee:plate_picture", args=[token(other), rendition.pk])
    assert client.get(theirs).status_code == 404
    refinishing.approve(actor=SYSTEM, refinish=made)
    assert "has a new backdrop or crop" in page()
    assert len(pictures()) == 2
    Refinish.objects.filter(pk=made.pk).update(decided_at=timezone.now() - timedelta(days=40))
    assert pictures() == [], "it is no news any more"
    Refinish.objects.filter(pk=made.pk).update(decided_at=timezone.now())
    refinishing.undo(actor=SYSTEM, refinish=made)
    assert pictures() == []
    assert "has a new backdrop or crop" not in page()


def test_selfies_are_not_needed_for_it(world: World) -> None:
    from generation.leaving import retention

    shoot = sit(world, 1)
    drain()
    retention.destroy_inputs(actor=SYSTEM, shoot=shoot)
    made = refinishing.start(actor=SYSTEM, order=shoot.order, finish=finish_in(world, "#e0e0f0"))
    drain()
    refinishing.approve(actor=SYSTEM, refinish=made)
    assert near(corner(world, headshot_of(shoot)), (0xE0, 0xE0, 0xF0))


def test_one_that_fails_keeps_its_files_and_is_tried_again(world: World) -> None:
    shoot = sit(world, 2)
    drain()
    headshot = headshot_of(shoot)
    kept = headshot.finishing_id
    picture = vault().read(headshot.candidate.file)
    vault().delete(headshot.candidate.file)
    made = refinishing.start(actor=SYSTEM, order=shoot.order, finish=finish_in(world, "#e0e0f0"))
    drain()
    assert refinishing.progress(made).failed == 1
    with pytest.raises(Problem, match="None of the headshots"):
        refinishing.approve(actor=SYSTEM, refinish=made)
    assert headshot_of(shoot).finishing_id == kept
    vault().put(headshot.candidate.file, picture)
    assert refinishing.try_again(actor=SYSTEM, refinish=made) == 1
    drain()
    assert refinishing.approve(actor=SYSTEM, refinish=made) == 1


@pytest.mark.parametrize("rendered", [True, False], ids=["rendered", "still waiting"])
def test_who_picks_while_a_plate_is_tried_comes_onto_it_too(world: World, rendered: bool) -> None:
    finish_in(world, "#204060")
    early, late = world.order(2).shoots.order_by("pk")
    seat(early, 0)
    drain()
    order = Order.objects.get(pk=early.order_id)
    made = refinishing.start(actor=SYSTEM, order=order, finish=finish_in(world, "#f0e0d0"))
    seat(Shoot.objects.get(pk=late.pk), 1)
    if rendered:
        drain()
        assert near(corner(world, headshot_of(late)), (0x20, 0x40, 0x60))
    else:
        renditions.render(finishing_id=made.finishings.get().pk)
    assert refinishing.approve(actor=SYSTEM, refinish=made) == 1
    drain()
    for shoot in (early, late):
        assert near(corner(world, headshot_of(shoot)), (0xF0, 0xE0, 0xD0))
    order.refresh_from_db()
    with pytest.raises(Problem, match="in this finish already"):
        refinishing.start(actor=SYSTEM, order=order, finish=made.finish)
    assert refinishing.undo(actor=SYSTEM, refinish=made) == 1
    drain()
    for shoot in (early, late):
        assert near(corner(world, headshot_of(shoot)), (0x20, 0x40, 0x60))


def test_who_could_not_be_rendered_on_a_used_plate_can_be_later(world: World) -> None:
    finish_in(world, "#204060")
    good, bad = sit_roster(world, 2)
    drain()
    order = Order.objects.get(pk=good.order_id)
    candidate = headshot_of(bad).candidate
    picture = vault().read(candidate.file)
    vault().delete(candidate.file)
    light = finish_in(world, "#f0e0d0")
    made = refinishing.start(actor=SYSTEM, order=order, finish=light)
    drain()
    refinishing.approve(actor=SYSTEM, refinish=made)
    assert near(corner(world, headshot_of(bad)), (0x20, 0x40, 0x60))
    vault().put(candidate.file, picture)
    order.refresh_from_db()
    assert list(refinishing.behind(look=world.look, finish=light)) == [order]
    rest = refinishing.start(actor=SYSTEM, order=order, finish=light)
    assert rest.finishings.get().headshot.shoot_id == bad.pk
    drain()
    refinishing.approve(actor=SYSTEM, refinish=rest)
    assert near(corner(world, headshot_of(bad)), (0xF0, 0xE0, 0xD0))
    assert not refinishing.behind(look=world.look, finish=light)


def test_what_is_discarded_leaves_nothing(world: World, django_capture_on_commit_callbacks) -> None:
    shoot = sit(world, 3)
    drain()
    kept = set(vault().keys(shoot.folder))
    made = refinishing.start(actor=SYSTEM, order=shoot.order, finish=finish_in(world, "#e0e0f0"))
    drain()
    assert set(vault().keys(shoot.folder)) > kept
    with pytest.raises(Problem, match="Use or discard"):
        refinishing.start(actor=SYSTEM, order=shoot.order, finish=finish_in(world, "#101010"))
    with django_capture_on_commit_callbacks(execute=True):
        refinishing.discard(actor=SYSTEM, refinish=made)
    assert set(vault().keys(shoot.folder)) == kept
    assert not Finishing.objects.filter(refinish=made).exists()
    made.refresh_from_db()
    assert made.state == Refinish.State.DISCARDED


def test_the_figure_falls_when_one_stands_out_and_its_history_is_kept(
    world: World, client: Client
) -> None:
    finish_in(world, "#204060")
    shoots = sit_roster(world, 4)
    order = shoots[0].order
    drain()
    alike = consistency.compare(consistency.shown(order=order))
    assert alike.figure is not None
    first = consistency.note(order=order)
    assert first is not None
    assert consistency.note(order=order) == first, "nothing has changed"
    # The same pictures but for one of them, higher and on another backdrop.
    finishing = headshot_of(shoots[1]).finishing
    assert finishing is not None
    measures = dict(finishing.measures)
    measures["eye_line"] -= 0.05
    measures["backdrop"] = [lab and [lab[0] + 30, *lab[1:]] for lab in measures["backdrop"]]
    finishing.measures = measures
    finishing.save()
    worse = consistency.compare(consistency.shown(order=order))
    assert worse.figure is not None
    assert worse.figure < alike.figure
    odd = next(s for s in worse.people if s.headshot.shoot_id == shoots[1].pk)
    assert {"eye_line", "backdrop"} <= set(odd.outlying)
    assert any("higher than the others" in reason for reason in odd.reasons)
    second = consistency.note(order=order)
    assert second is not None
    assert second.pk != first.pk
    assert order.consistencies.count() == 2
    client.force_login(world.owner)
    page = client.get(reverse("order_wall", args=[world.organisation.slug, order.pk]))
    marks = page.content.decode().partition('aria-label="History"')[2].partition("</ol>")[0]
    shown = re.findall(r'class="number">([\d.]+)<', marks)
    assert shown == [f"{second.figure:.1f}", f"{first.figure:.1f}"]


def test_harmonising_brings_odd_clothes_to_the_others(world: World) -> None:
    finish_in(world, "#204060")
    shoots = sit_roster(world, 4)
    order = shoots[0].order
    odd = headshot_of(shoots[0])
    with Image.open(vault().path(odd.candidate.file)) as picture:
        pixels = np.asarray(picture.convert("RGB")).copy()
    # The suit is washed out; the face stays.
    low = round(pixels.shape[0] * 0.82)
    pixels[low:] = (pixels[low:] * 0.55 + 255 * 0.45).astype(np.uint8)
    vault().put(odd.candidate.file, encoding.png(Image.fromarray(pixels)))
    drain()
    order.refresh_from_db()

    def brightness() -> float:
        alike = consistency.compare(consistency.shown(order=order))
        found = next(s for s in alike.people if s.headshot.shoot_id == shoots[0].pk)
        return abs(found.deviations["brightness"])

    before = brightness()
    assert before > 15
    done = harmonising.harmonise(actor=SYSTEM, order=order)
    assert done.refinish is not None
    drain()
    refinishing.approve(actor=SYSTEM, refinish=done.refinish)
    assert brightness() < before - 3


def test_light_from_another_side_is_made_anew_where_it_is_not_delivered_yet(world: World) -> None:
    """It lies in the picture itself; no new plate mends it. Measures are written by hand here."""
    order = world.order(5)
    for at, shoot in enumerate(order.shoots.order_by("employee__employee_number")):
        give_files(bring(shoot, State.DELIVERED if at == 4 else State.APPROVING))
        light = 0.5 if at in (3, 4) else 0.01 * at
        headshot_of(shoot).finishings.update(
            measures={
                "eye_line": 0.42,
                "face_height": 0.48,
                "tilt": 0.0,
                "backdrop": [[50.0, 0.0, 0.0]],
                "brightness": 30.0,
                "side_light": light,
                "clothes": [30.0, 0.0, 0.0],
            }
        )
    done = harmonising.harmonise(actor=world.actor, order=order)
    assert (done.refinish, done.refinished, done.again, done.left) == (None, 0, 1, 1)
    states = list(
        order.shoots.order_by("employee__employee_number").values_list("state", flat=True)
    )
    assert states[3:] == [State.QUEUED, State.DELIVERED]
    assert set(states[:3]) == {State.APPROVING}
    # Whose pictures are made anew is told so, kindly, and not by what was measured.
    again = order.shoots.get(state=State.QUEUED)
    assert again.redo_reason == "We would like to find a picture that fits the others better."
    # The one that stays is the only one who still stands out, and it is said why.
    (left,) = standing_out(order)
    assert "more from the left than on the others" in left.reasons[0]
    alone = world.order(1)
    with pytest.raises(Problem, match="Nobody stands out"):
        harmonising.harmonise(actor=world.actor, order=alone)


def standing_out(order: Order) -> list[consistency.Standing]:
    return consistency.compare(consistency.shown(order=order)).outliers


def test_a_wall_of_many_asks_as_little_as_one_of_few(
    world: World, client, django_assert_max_num_queries
) -> None:
    client.force_login(world.owner)
    for people in (1, 5):
        order = world.order(people)
        for shoot in order.shoots.all():
            bring(shoot, State.APPROVING)
        address = reverse("order_wall", args=[world.organisation.slug, order.pk])
        with django_assert_max_num_queries(20):
            assert client.get(address).status_code == 200

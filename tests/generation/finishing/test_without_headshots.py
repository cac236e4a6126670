"""A new plate for an order in which nobody has a headshot: in use at once, and undone."""

from __future__ import annotations

import io

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.actors import SYSTEM
from accounts.models import AuditEntry
from generation.approving import alternatives, choosing, previews
from generation.finishing import finishes, refinishing
from generation.models import Alternative, Order, Refinish, Shoot, State
from generation.storage import vault
from headshots.lib.problems import Problem
from tests.browser.queue import drain, forget
from tests.generation.approving.test_previews import seen
from tests.generation.finishing.test_refinishing import corner, finish_in, near
from tests.generation.sitters import headshot_of, portrait
from tests.world import World, bring, give_initials

OLD, NEW = (0x20, 0x40, 0x60), (0xF0, 0xE0, 0xD0)


def choosing_one(world: World) -> Shoot:
    """Somebody who chooses among pictures with a face, which stand on the look's plate."""
    shoot = world.shoot(State.CHOOSING)
    for candidate in shoot.candidates.all():
        key = candidate.file.replace(".jpg", ".png")
        vault().put(key, portrait(candidate.number % 2))
        shoot.candidates.filter(pk=candidate.pk).update(file=key)
    previews.make(shoot_id=shoot.pk)
    return shoot


def on_plate(shoot: Shoot, colour: tuple[int, ...]) -> bool:
    listed = choosing.short_list(shoot=shoot)
    assert len(listed) == 4
    return all(near(seen(shoot, candidate).getpixel((5, 5)), colour) for candidate in listed)


def drawn(given: Alternative) -> bytes:
    given.refresh_from_db()
    return vault().read(given.finished)


def test_who_still_chooses_sees_the_new_plate_and_picks_on_it(world: World) -> None:
    finish_in(world, "#204060")
    shoot = choosing_one(world)
    assert on_plate(shoot, OLD)
    order = Order.objects.get(pk=shoot.order_id)
    new = finish_in(world, "#f0e0d0")
    assert list(refinishing.behind(look=world.look, finish=new)) == [order]
    made = refinishing.start(actor=SYSTEM, order=order, finish=new)
    assert (made.state, made.decided_at is None) == (Refinish.State.APPROVED, False)
    assert not refinishing.behind(look=world.look, finish=new)
    with pytest.raises(Problem, match="in the newest finish"):
        refinishing.start(actor=SYSTEM, order=order, finish=new)
    drain()
    assert on_plate(shoot, NEW)
    picked = choosing.short_list(shoot=shoot)[0]
    choosing.pick(actor=SYSTEM, shoot=shoot, candidate=picked)
    drain()
    assert near(corner(world, headshot_of(shoot)), NEW)
    # It can be taken back as any other, with whoever has picked since.
    refinishing.undo(actor=SYSTEM, refinish=made)
    drain()
    assert near(corner(world, headshot_of(shoot)), OLD)
    assert list(refinishing.behind(look=world.look, finish=new)) == [order]
    states = AuditEntry.objects.filter(action__startswith="order.refinish_").order_by("pk")
    assert [entry.action.rpartition("_")[2] for entry in states] == ["approved", "undone"]


def test_an_order_with_initials_alone_gets_another_plate(world: World) -> None:
    finish_in(world, "#204060")
    given = give_initials(world.shoot())
    before = drawn(given)
    order = Order.objects.get(pk=given.shoot.order_id)
    new = finish_in(world, "#f0e0d0")
    assert list(refinishing.behind(look=world.look, finish=new)) == [order]
    made = refinishing.start(actor=SYSTEM, order=order, finish=new)
    drain()
    after = drawn(given)
    assert after != before
    with Image.open(io.BytesIO(after)) as picture:
        assert near(picture.convert("RGB").getpixel((3, 3)), NEW)
    refinishing.undo(actor=SYSTEM, refinish=made)
    drain()
    with Image.open(io.BytesIO(drawn(given))) as picture:
        assert near(picture.convert("RGB").getpixel((3, 3)), OLD)


def test_what_was_given_does_not_stay_on_the_plate_of_before_where_a_message_is_lost(
    world: World,
) -> None:
    finish_in(world, "#204060")
    given = give_initials(world.shoot())
    order = Order.objects.get(pk=given.shoot.order_id)
    made = refinishing.start(actor=SYSTEM, order=order, finish=finish_in(world, "#f0e0d0"))
    for state, colour in (("approved", NEW), ("undone", OLD)):
        if state == "undone":
            refinishing.undo(actor=SYSTEM, refinish=made)
        forget("default")
        # So soon its message may still come.
        assert alternatives.finish_lost() == 0
        ago = timezone.now() - alternatives.LOST_AFTER * 2
        assert Refinish.objects.filter(state=state).update(decided_at=ago) == 1
        assert alternatives.finish_lost() == 1
        drain()
        with Image.open(io.BytesIO(drawn(given))) as picture:
            assert near(picture.convert("RGB").getpixel((3, 3)), colour)
        assert alternatives.finish_lost() == 0


def test_an_order_in_which_nothing_comes_any_more_is_not_offered(world: World) -> None:
    old, new = finish_in(world, "#204060"), finish_in(world, "#f0e0d0")
    waits, ended, other, fresh = (world.order() for _number in range(4))
    Order.objects.exclude(pk=fresh.pk).update(finish=old)
    Shoot.objects.filter(order=ended).update(state=State.CANCELLED)
    bring(other.shoots.get(), State.APPROVING)
    found = refinishing.behind(look=world.look, finish=new)
    # Of the one that has not begun nothing is in any finish yet.
    assert set(found) == {waits, other}
    with pytest.raises(Problem, match="no headshots to render yet"):
        refinishing.start(actor=SYSTEM, order=fresh, finish=new)


def test_the_page_says_that_there_was_nothing_to_compare(world: World, client: Client) -> None:
    old, _new = finish_in(world, "#204060"), finish_in(world, "#f0e0d0")
    order = world.order()
    Order.objects.filter(pk=order.pk).update(finish=old)
    client.force_login(world.owner)
    slug = world.organisation.slug
    answer = client.post(reverse("refinish_start", args=[slug, order.pk]), follow=True)
    said = answer.content.decode()
    assert "Nobody in this order has a headshot yet" in said
    assert "No headshot" not in said
    act = reverse("refinish_decide", args=[slug, order.refinishes.get().pk])
    assert "This was undone" in client.post(act, {"act": "undo"}, follow=True).content.decode()
    assert finishes.of_order(Order.objects.get(pk=order.pk)) == old

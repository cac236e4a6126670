"""A due day is a day where the organisation is at home: it begins, ends and is named there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import clocks
from generation.inviting import notices
from generation.models import JoinLink, Order, Shoot, State
from tests.world import World, token

# Seven in the evening of the 7th of May in Los Angeles; the 8th in London and Tokyo.
EVENING = datetime(2031, 5, 8, 2, tzinfo=UTC)
DUE = date(2031, 5, 7)
SAID = "Wednesday, 7 May 2031"


def at_home(world: World, zone: str) -> None:
    world.organisation.time_zone = zone
    world.organisation.save()


def now_is(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(timezone, "now", lambda: moment)


@pytest.fixture
def admin(world: World, client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """An administrator in Los Angeles, in the evening."""
    at_home(world, "America/Los_Angeles")
    now_is(monkeypatch, EVENING)
    client.force_login(world.owner)
    return client


def place(world: World, client: Client, day: date) -> Order:
    (person,) = world.hire()
    form = {
        "look": world.look.pk,
        "employees": person.pk.hex,
        "due": day.isoformat(),
        "remind_every": 3,
    }
    answer = client.post(reverse("order_new", args=[world.organisation.slug]), form)
    assert answer.status_code == 302, answer.context["problem"]
    return Order.objects.latest("created_at")


def page(client: Client, world: World, route: str, *more: Any, **words: Any) -> str:
    answer = client.get(reverse(route, args=[world.organisation.slug, *more]), words)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_order_can_be_due_today_until_the_evening_is_over(
    world: World, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    (late, later) = world.hire(2)
    form = page(admin, world, "order_new")
    assert 'min="2031-05-07"' in form
    assert 'value="2031-05-21"' in form
    order = place(world, admin, DUE)
    assert order.due_at == datetime(2031, 5, 8, 6, 59, tzinfo=UTC)
    more = reverse("order_add_people", args=[world.organisation.slug, order.pk])
    # At half past eleven at night somebody can still be brought in.
    now_is(monkeypatch, EVENING + timedelta(hours=4, minutes=30))
    assert admin.post(more, {"employees": late.pk.hex}).status_code == 302
    assert order.shoots.count() == 2
    now_is(monkeypatch, EVENING + timedelta(hours=5))
    assert admin.post(more, {"employees": later.pk.hex}).status_code == 409


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "UTC", "Pacific/Auckland"])
def test_the_same_day_is_said_everywhere(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    at_home(world, zone)
    now_is(monkeypatch, EVENING - timedelta(days=5))
    client.force_login(world.owner)
    order = place(world, client, DUE)
    assert clocks.day_of(order.due_at, organisation=world.organisation) == DUE
    for route in ("order", "order_add_people"):
        assert f"Due {SAID}." in page(client, world, route, order.pk)
    assert "due 7 May 2031" in page(client, world, "overview")
    assert f"by {SAID}" in page(client, world, "order_preview", due=DUE.isoformat())
    shoot = order.shoots.select_related("employee", "invitation", "order__organisation").get()
    assert "<b>Wednesday, 7 May</b>" in Client().get(f"/i/{token(shoot)}/").content.decode()
    for kind in ("invitation", "reminder"):
        assert notices.send(shoot=shoot, kind=kind)
        (sent,) = mail.outbox[-1:]
        assert f"by {SAID}" in str(sent.body)
        assert f"by {SAID}" in str(sent.alternatives[0][0])
    Shoot.objects.filter(pk=shoot.pk).update(state=State.APPROVING, release=signed(world))
    shoot.refresh_from_db()
    assert notices.send(shoot=shoot, kind="picked")
    assert "The day to choose, 7 May 2031," in str(mail.outbox[-1].body)


def signed(world: World) -> Any:
    return world.shoot(State.COLLECTING).release


def test_the_last_day_of_the_download_is_said_by_their_clock(world: World, client: Client) -> None:
    at_home(world, "America/Los_Angeles")
    shoot = world.shoot(State.DELIVERED)
    ends = clocks.end_of(date(2031, 5, 21), organisation=world.organisation)
    shoot.invitation.expires_at = ends
    shoot.invitation.save()
    assert "until 21 May 2031" in client.get(f"/i/{token(shoot)}/").content.decode()
    shoot = Shoot.objects.select_related("employee", "invitation", "order__organisation").get(
        pk=shoot.pk
    )
    assert notices.send(shoot=shoot, kind="delivered")
    assert "until 21 May 2031" in str(mail.outbox[-1].body)


@pytest.mark.parametrize("by", ["page", "program"])
def test_a_join_link_can_last_until_its_order_is_due(world: World, admin: Client, by: str) -> None:
    """A program may have said any moment of the day."""
    order = place(world, admin, DUE)
    if by == "program":
        Order.objects.filter(pk=order.pk).update(due_at=EVENING + timedelta(minutes=1))
    form = page(admin, world, "join_links", order.pk)
    assert 'value="2031-05-07"' in form
    made = {"domains": "", "cap": 10, "expires": DUE.isoformat()}
    where = reverse("join_links", args=[world.organisation.slug, order.pk])
    assert admin.post(where, made).status_code == 302
    order.refresh_from_db()
    assert JoinLink.objects.get().expires_at == order.due_at
    assert "until 7 May 2031" in page(admin, world, "join_links", order.pk)
    assert admin.post(where, {**made, "expires": "2031-05-08"}).status_code == 422


def test_the_organisations_own_link_ends_with_the_day_there(world: World, admin: Client) -> None:
    where = reverse("organisation_join_links", args=[world.organisation.slug])
    made = {"domains": "", "cap": 10, "expires": DUE.isoformat()}
    assert admin.post(where, made).status_code == 302
    assert JoinLink.objects.get().expires_at == datetime(2031, 5, 8, 6, 59, tzinfo=UTC)


@pytest.mark.parametrize("day", [date(9999, 12, 31), date(2042, 1, 1)])
def test_a_due_date_years_ahead_is_refused_in_a_sentence(
    admin: Client, world: World, day: date
) -> None:
    (person,) = world.hire()
    form = {"look": world.look.pk, "employees": person.pk.hex, "due": day, "remind_every": 3}
    answer = admin.post(reverse("order_new", args=[world.organisation.slug]), form)
    assert "within ten years" in answer.content.decode()
    assert not Order.objects.exists()

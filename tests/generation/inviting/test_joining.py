"""The organisation's own join link: into the open order, or onto the roster until there is one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from accounts.models import AuditEntry, Employee, Role
from generation.approving import choosing
from generation.inviting import join_links, joining
from generation.models import JoinCode, Joiner, JoinLink, Order, Shoot, State
from generation.ordering import orders
from headshots.lib.problems import Problem
from tests.generation.inviting.test_join_links import WHO, come, path
from tests.generation.inviting.test_reminders import run_queued
from tests.world import World, bring, make_world


@pytest.fixture
def link(world: World) -> JoinLink:
    return world.organisation_join_link()


def new() -> Employee:
    return Employee.objects.get(email="new@acme.example")


def test_it_leads_into_the_newest_open_order(world: World, client: Client, link: JoinLink) -> None:
    older, newest = world.order(1), world.order(1)
    over = world.order(1)
    Order.objects.filter(pk=over.pk).update(due_at=timezone.now() - timedelta(hours=1))
    finished = world.order(1)
    orders.cancel_order(actor=world.actor, order=finished)
    answer = come(client, link)
    assert answer["Location"].startswith("/i/")
    assert client.get(answer["Location"]).status_code == 200
    shoot = Shoot.objects.get(employee=new())
    assert shoot.order == newest != older
    # Again: the same page, and nobody is counted twice.
    mail.outbox.clear()
    come(client, link)
    link.refresh_from_db()
    assert (link.used, Shoot.objects.filter(employee=new()).count()) == (1, 1)
    used = AuditEntry.objects.get(action="join_link.used")
    assert (used.actor_kind, used.address) == ("employee", "127.0.0.1")
    added = AuditEntry.objects.get(action="order.people_added")
    assert (added.actor_id, added.address) == (str(shoot.employee_id), "127.0.0.1")


def test_who_comes_before_the_order_is_invited_when_it_is_launched(
    world: World, client: Client, link: JoinLink
) -> None:
    page = come(client, link)
    assert page.status_code == 200
    assert "You are on the list" in page.content.decode()
    come(client, link)
    link.refresh_from_db()
    assert (link.used, new().first_name) == (1, "Noa")
    world.hire(1)
    assert list(joining.waiting(world.organisation)) == [new()]
    desk = Client()
    desk.force_login(world.member(Role.ADMIN))
    place = reverse("order_new", args=[world.organisation.slug])
    form = desk.get(place)
    assert "1 person came by the join link and waits" in form.content.decode()
    assert form.context["chosen"] == {new().pk}
    OrmQ.objects.all().delete()
    mail.outbox.clear()
    day = (timezone.localdate() + timedelta(days=9)).isoformat()
    said = {
        "look": str(world.look.pk),
        "due": day,
        "employees": form.context["chosen_words"],
        "remind_every": "3",
    }
    assert desk.post(place, said).status_code == 302
    run_queued()
    assert [m.to for m in mail.outbox] == [["new@acme.example"]]
    assert not joining.waiting(world.organisation).exists()
    assert "came by the join link" not in desk.get(place).content.decode()
    # Whoever opens the link again comes to their own page now.
    assert come(Client(), link)["Location"].startswith("/i/")


def test_where_credits_are_missing_people_wait(client: Client, db: None) -> None:
    world = make_world(credits=1)
    world.order(1)
    link = world.organisation_join_link()
    assert "You are on the list" in come(client, link).content.decode()
    assert not Shoot.objects.filter(employee=new()).exists()
    assert joining.waiting(world.organisation).count() == 1


def test_who_has_a_headshot_comes_to_it_and_who_had_none_gets_another_chance(
    world: World, client: Client, link: JoinLink
) -> None:
    done, out = bring(world.shoot(), State.DELIVERED), world.shoot()
    choosing.opt_out(actor=world.actor, shoot=out)
    for shoot, email in ((done, "done@acme.example"), (out, "out@acme.example")):
        Employee.objects.filter(pk=shoot.employee_id).update(email=email)
    now = world.order(1)
    come(client, link, email="done@acme.example")
    assert not now.shoots.filter(employee=done.employee).exists()
    come(client, link, email="out@acme.example")
    assert now.shoots.filter(employee=out.employee).exists()
    # Out of the open order itself they stay: the page there says so.
    shoot = now.shoots.get(employee=out.employee)
    choosing.opt_out(actor=world.actor, shoot=shoot)
    come(client, link, email="out@acme.example")
    shoot.refresh_from_db()
    assert (shoot.state, out.employee.shoots.count()) == (State.OPTED_OUT, 2)


def test_its_bounds_hold(world: World, client: Client) -> None:
    used, revoked = world.organisation_join_link(cap=1), world.organisation_join_link()
    assert "for addresses of acme.example" in (
        client.post(path(used), {**WHO, "email": "x@evil.example"}).content.decode()
    )
    come(client, used)
    join_links.revoke_link(actor=world.actor, link=revoked)
    old = world.organisation_join_link()
    JoinLink.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    for link, words in ((used, "your own link comes"), (revoked, "taken back"), (old, "expired")):
        answer = client.get(path(link))
        assert (answer.status_code, words in answer.content.decode()) == (410, True)
    # A code that was mailed before the link was closed brings nobody in.
    late = JoinCode.objects.create(
        link=revoked, email="late@acme.example", code_hash="", expires_at=old.expires_at
    )
    with pytest.raises(Problem, match="taken back"):
        joining.join(proved=late)
    assert not Employee.objects.filter(email="late@acme.example").exists()
    assert Joiner.objects.count() == 1


def test_an_orders_own_link_counts_whoever_waits(world: World, client: Client) -> None:
    come(client, world.organisation_join_link())
    own = world.join_link(cap=1)
    assert come(client, own)["Location"].startswith("/i/")
    own.refresh_from_db()
    assert own.used == 1


def test_cancelling_an_order_closes_its_links_and_not_the_organisations(
    world: World, client: Client, link: JoinLink
) -> None:
    own = world.join_link()
    assert own.order
    orders.cancel_order(actor=world.actor, order=own.order)
    assert "taken back" in client.get(path(own)).content.decode()
    assert client.get(path(link)).status_code == 200
    assert AuditEntry.objects.filter(action="join_link.revoked").count() == 1


def test_an_administrator_makes_and_closes_them(world: World, client: Client) -> None:
    client.force_login(world.member(Role.ADMIN))
    slug = world.organisation.slug
    url = reverse("organisation_join_links", args=[slug])
    assert url in client.get(reverse("roster", args=[slug])).content.decode()
    far = (timezone.localdate() + timedelta(days=500)).isoformat()
    day = (timezone.localdate() + timedelta(days=200)).isoformat()
    form = {"domains": "acme.example", "cap": "700", "expires": day}
    assert "within a year" in client.post(url, {**form, "expires": far}).content.decode()
    assert client.post(url, form)["Location"] == url
    made = JoinLink.objects.get()
    assert (made.order, made.cap, made.domains) == (None, 700, ["acme.example"])
    shown = client.get(url).content.decode()
    assert join_links.address_of(made) in shown
    assert "No order is open now." in shown
    # An order's page lists its own alone.
    order = world.order(1)
    assert order.name in client.get(url).content.decode()
    assert join_links.address_of(made) not in (
        client.get(reverse("join_links", args=[slug, order.pk])).content.decode()
    )
    client.post(reverse("join_link_revoke", args=[slug, made.pk]))
    assert join_links.address_of(made) not in client.get(url).content.decode()

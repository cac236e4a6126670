"""An organisation that is closed lets nobody in and leaves nothing of its people behind."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from accounts.membership import member_invitations
from accounts.models import (
    AuditEntry,
    Employee,
    Event,
    Member,
    Organisation,
    Release,
    Role,
    RosterImport,
    WebhookEndpoint,
)
from billing import ledger
from generation import tasks
from generation.models import (
    Candidate,
    Directory,
    Headshot,
    PublishingRun,
    Selfie,
    Shoot,
    State,
)
from generation.publishing import runs
from generation.storage import vault
from tests.world import World, make_world, token


def signed_in(world: World) -> Client:
    client = Client()
    client.force_login(world.owner)
    return client


def close(world: World, client: Client) -> None:
    answer = client.post(
        reverse("organisation_close", args=[world.organisation.slug]),
        {"name": world.organisation.name},
    )
    assert answer.status_code == 302, answer.content.decode()


def test_what_will_be_destroyed_is_said_first(world: World) -> None:
    world.shoot(State.DELIVERED)
    world.shoot(State.CHOOSING)
    page = signed_in(world).get(reverse("organisation_close", args=[world.organisation.slug]))
    text = page.content.decode()
    assert "1 headshot and every picture" in text
    assert "12 photos" in text
    assert "of 2 people" in text
    assert "1 shoot will be cancelled" in text
    assert "99 credits" in text


def test_what_was_not_paid_and_connected_is_said_too(world: World) -> None:
    place = reverse("organisation_close", args=[world.organisation.slug])
    text = signed_in(world).get(place).content.decode()
    for words in ("not paid yet", "with its tokens", "monthly plan"):
        assert words not in text
    world.purchase()
    world.directory()
    text = signed_in(world).get(place).content.decode()
    assert "1 purchase or invoice that is not paid yet" in text
    assert "The connection to 1 directory, with its tokens" in text


def test_tokens_of_directories_go_at_once(world: World) -> None:
    mine, others = world.directory(), make_world("Other").directory()
    order = world.shoot(State.DELIVERED).order
    running = runs.start(
        actor=world.actor, order=order, directory=mine, aim=PublishingRun.Aim.PUBLISH
    )
    close(world, signed_in(world))
    tasks.finish_closing(str(world.organisation.pk))
    assert list(Directory.objects.all()) == [others]
    assert not PublishingRun.objects.exists()
    # The task that was queued for it finds nothing to do.
    assert not tasks.publish(str(running.pk))


def test_another_name_closes_nothing(world: World) -> None:
    client = signed_in(world)
    place = reverse("organisation_close", args=[world.organisation.slug])
    for name in ("", "Acm", "Another"):
        assert client.post(place, {"name": name}).status_code == 422
    world.organisation.refresh_from_db()
    assert world.organisation.closed_at is None
    assert client.get(place).status_code == 200


def test_doors_close_at_once_and_everything_is_destroyed(world: World) -> None:
    other = make_world("Other")
    others = other.shoot(State.CHOOSING)
    shoots = [world.shoot(state) for state in (State.DELIVERED, State.CHOOSING, State.QUEUED)]
    link = token(shoots[1])
    invitation = world.invite_member()
    world.roster_file()
    world.endpoint()
    admin = world.member(Role.ADMIN)
    assert list(vault().keys(str(world.organisation.pk)))
    client = signed_in(world)
    OrmQ.objects.all().delete()
    close(world, client)

    assert OrmQ.objects.count() == 1
    slug = world.organisation.slug
    colleague = Client()
    colleague.force_login(admin)
    for who in (client, colleague):
        assert who.get(reverse("overview", args=[slug])).status_code == 404
    assert Client().get(reverse("employee:start", args=[link])).status_code == 404
    path = member_invitations.link_of(invitation).split("/", 3)[3]
    assert Client().get(f"/{path}").status_code == 410

    assert not tasks.finish_closing(str(world.organisation.pk))
    mine = Shoot.objects.filter(order__organisation=world.organisation)
    assert {shoot.state for shoot in mine} == {State.DELIVERED, State.CANCELLED}
    for model in (Selfie, Candidate, Headshot):
        assert not model.objects.filter(shoot__in=mine).exists()
    assert not list(vault().keys(str(world.organisation.pk)))
    balance = ledger.balance(organisation=world.organisation)
    assert (balance.available, balance.held) == (99, 0)

    # A worker was still writing; its file goes when no lease can be left.
    vault().put(f"{shoots[2].folder}/candidates/late.jpg", b"late")
    Organisation.objects.filter(pk=world.organisation.pk).update(
        closed_at=timezone.now() - timedelta(hours=1)
    )
    assert tasks.sweep()["closed"] == 1
    assert tasks.finish_closing(str(world.organisation.pk))
    assert not list(vault().keys(str(world.organisation.pk)))
    for person in Employee.objects.filter(organisation=world.organisation):
        assert person.name.endswith("@closed.invalid")
        assert (person.first_name, person.employee_number, person.attributes) == ("", "", {})
    assert not RosterImport.objects.filter(organisation=world.organisation).exists()
    for model in (WebhookEndpoint, Event):
        assert not model.objects.filter(organisation=world.organisation).exists()
    assert Release.objects.filter(employee__organisation=world.organisation).count() == 3
    assert AuditEntry.objects.filter(action="organisation.destroyed").count() == 1
    assert tasks.finish_closing(str(world.organisation.pk))
    assert tasks.sweep()["closed"] == 0

    others.refresh_from_db()
    assert others.state == State.CHOOSING
    assert others.selfies.count() == 6
    assert Member.objects.filter(organisation=other.organisation).count() == 1
    assert list(vault().keys(str(other.organisation.pk)))


def test_nothing_is_destroyed_of_an_open_organisation(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    assert not tasks.finish_closing(str(world.organisation.pk))
    shoot.refresh_from_db()
    assert shoot.state == State.CHOOSING
    assert shoot.selfies.count() == 6

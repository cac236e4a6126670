"""A link that a mail brings opens, however late the mail is sent."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actors import employee_actor
from accounts.models import AuditEntry, Invitation
from generation.approving import choosing
from generation.inviting import notices, personal_links
from generation.leaving import withdrawals
from generation.models import Shoot, State
from generation.ordering import orders
from headshots.lib.problems import Problem
from tests.browser.queue import drain
from tests.world import World, make_world, token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def run_out(shoot: Shoot) -> Shoot:
    Invitation.objects.filter(pk=shoot.invitation_id).update(
        expires_at=timezone.now() - timedelta(days=1)
    )
    return Shoot.objects.select_related("invitation", "employee", "order__organisation").get(
        pk=shoot.pk
    )


def opened(client: Client) -> int:
    link = re.search(r"http://\S+/i/\S+", str(mail.outbox[-1].body))
    assert link is not None
    return client.get(urlsplit(link.group()).path).status_code


@pytest.mark.parametrize("state", [State.INVITED, State.COLLECTING, State.CHOOSING])
def test_a_link_that_has_run_out_can_be_sent_again(
    world: World, client: Client, state: State
) -> None:
    shoot = run_out(world.shoot(state))
    old = token(shoot)
    assert client.get(reverse("employee:start", args=[old])).status_code == 410
    client.force_login(world.owner)
    path = reverse("shoot_invite", args=[world.organisation.slug, shoot.pk])
    shown = client.get(reverse("shoot", args=[world.organisation.slug, shoot.pk])).content.decode()
    assert "Has run out" in shown
    assert path in shown
    assert client.post(path).status_code == 302
    drain()
    assert mail.outbox[-1].to == [shoot.employee.email]
    assert opened(client) == 200
    shoot.invitation.refresh_from_db()
    assert shoot.invitation.expires_at > timezone.now() + timedelta(days=13)
    noted = AuditEntry.objects.get(action="invitation.sent_again")
    assert (noted.actor_id, noted.address) == (str(world.owner.pk), "127.0.0.1")
    assert noted.object_id == str(shoot.pk)


def test_a_link_that_the_organisation_sends_is_not_said_to_be_asked_for(world: World) -> None:
    shoot = run_out(world.shoot(State.DELIVERED))
    personal_links.send_again(actor=world.actor, shoot=shoot)
    drain()
    body = str(mail.outbox[-1].body)
    assert "Acme sends you a new link" in body
    assert "You asked" not in body


@pytest.mark.parametrize("end", ["opted out", "withdrawn", "cancelled"])
@pytest.mark.parametrize("closed", ["run out", "revoked"])
def test_no_link_is_sent_to_whoever_has_ended_their_part(
    world: World, client: Client, end: str, closed: str
) -> None:
    shoot = world.shoot(State.CHOOSING)
    person = employee_actor(shoot.employee)
    if end == "opted out":
        choosing.opt_out(actor=person, shoot=shoot)
    elif end == "withdrawn":
        withdrawals.withdraw(actor=person, shoot=shoot)
    else:
        orders.cancel_shoot(actor=world.actor, shoot=shoot)
    drain()
    shoot = run_out(shoot)
    if closed == "revoked":
        personal_links.revoke(actor=world.actor, shoot=shoot)
    mail.outbox.clear()
    client.force_login(world.owner)
    place = [world.organisation.slug, shoot.pk]
    path = reverse("shoot_invite", args=place)
    assert path not in client.get(reverse("shoot", args=place)).content.decode()
    assert client.post(path).status_code == 409
    drain()
    assert not mail.outbox
    assert not AuditEntry.objects.filter(action="invitation.sent_again").exists()
    # Nor does one that was queued before go out.
    assert not notices.send(shoot=shoot, kind="link_again")


def test_a_good_link_is_not_sent_where_nothing_is_awaited(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    with pytest.raises(Problem):
        personal_links.send_again(actor=world.actor, shoot=shoot)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("choose", State.CHOOSING),
        ("choose_reminder", State.CHOOSING),
        ("picked", State.APPROVING),
        ("delivered", State.DELIVERED),
        ("reminder", State.INVITED),
    ],
)
def test_what_is_mailed_after_the_link_ran_out_leads_somewhere(
    world: World, client: Client, kind: str, state: State
) -> None:
    shoot = run_out(world.shoot(state))
    assert notices.send(shoot=shoot, kind=kind)
    assert opened(client) == 200


def test_a_mail_does_not_shorten_or_open_what_is_closed(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    before = shoot.invitation.expires_at
    notices.send(shoot=shoot, kind="choose")
    assert Invitation.objects.get(pk=shoot.invitation_id).expires_at == before
    shoot = run_out(shoot)
    personal_links.revoke(actor=world.actor, shoot=shoot)
    assert not notices.send(shoot=shoot, kind="choose")
    assert Invitation.objects.get(pk=shoot.invitation_id).expires_at < timezone.now()

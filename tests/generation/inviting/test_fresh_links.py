"""A link that is no longer good offers a new one to the address on file, and gives nothing away."""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ
from standardwebhooks import Webhook

from accounts import pace
from accounts.consent import invitations
from accounts.mail import bounces
from accounts.models import AuditEntry, Tally
from generation.inviting import notices, personal_links, reminders
from generation.models import Rendition, Shoot, State
from generation.ordering import funnel, orders
from tests.generation.inviting.test_reminders import run_queued
from tests.test_isolation import EMPLOYEE
from tests.world import World, token


def test_an_expired_link_brings_a_new_one_by_mail(world: World, client: Client) -> None:
    shoot = world.shoot()
    old = token(shoot)
    shoot.invitation.expires_at = timezone.now() - timedelta(days=1)
    shoot.invitation.save()
    page = client.get(f"/i/{old}/")
    assert page.status_code == 410
    assert shoot.employee.email not in page.content.decode()
    OrmQ.objects.all().delete()
    said = client.post(reverse("fresh_link", args=[old])).content.decode()
    nothing = client.post(reverse("fresh_link", args=["x" * 43])).content.decode()
    # Word for word the same, whether the link ever led anywhere or not.
    assert said == nothing
    renewed = AuditEntry.objects.get(action="invitation.renewed")
    assert (renewed.actor_id, renewed.address) == (str(shoot.employee_id), "127.0.0.1")
    run_queued()
    (sent,) = mail.outbox
    assert sent.to == [shoot.employee.email]
    link = re.search(r"/i/(\S+)/", str(sent.body))
    assert link
    assert link.group(1) != old
    # On any device, as often as one likes.
    for _ in range(2):
        assert Client().get(link.group()).status_code == 200
    assert client.get(f"/i/{old}/").status_code == 404


def test_a_replaced_link_may_ask(world: World, client: Client) -> None:
    replaced = world.shoot()
    old = token(replaced)
    invitations.renew(invitation=replaced.invitation)
    OrmQ.objects.all().delete()
    assert client.get(f"/i/{old}/").status_code == 404
    client.post(reverse("fresh_link", args=[old]))
    run_queued()
    assert [m.to for m in mail.outbox] == [[replaced.employee.email]]


def test_the_oldest_link_still_asks_and_the_newest_stays_good(world: World, client: Client) -> None:
    shoot = world.shoot()
    olds = []
    for _ in range(4):
        olds.append(token(shoot))
        invitations.renew(invitation=shoot.invitation)
    newest = token(shoot)
    OrmQ.objects.all().delete()
    for old in olds[:2]:
        client.post(reverse("fresh_link", args=[old]))
    run_queued()
    assert [f"/i/{newest}/" in str(m.body) for m in mail.outbox] == [True, True]
    # Two mails for a mailbox, too, which shows one of those that have the same name.
    assert len({m.extra_headers["Message-ID"] for m in mail.outbox}) == 2
    assert client.get(f"/i/{newest}/").status_code == 200


def test_a_link_of_an_earlier_secret_key_may_ask(world: World, client: Client, settings) -> None:
    shoot = world.shoot()
    old = token(shoot)
    settings.SECRET_KEY = "another key " * 5
    OrmQ.objects.all().delete()
    assert token(shoot) != old
    assert client.get(f"/i/{old}/").status_code == 404
    client.post(reverse("fresh_link", args=[old]))
    run_queued()
    assert f"/i/{token(shoot)}/" in str(mail.outbox[0].body)


def test_every_address_of_a_stale_link_makes_the_offer(world: World, client: Client) -> None:
    shoot = world.shoot(State.CHOOSING)
    old = token(shoot)
    shoot.invitation.expires_at = timezone.now() - timedelta(days=1)
    shoot.invitation.save()
    things = {
        "selfie": shoot.selfies.first(),
        "candidate": shoot.candidates.first(),
        "upload": shoot.uploads.create(mark="m", name="n", size=9),
        "rendition": Rendition(),
    }
    offer = reverse("fresh_link", args=[old])
    for name, method, needs in EMPLOYEE:
        more = {f"{needs}_id": things[needs].pk} if needs in things else {}
        if needs == "kind":
            more = {"kind": "portrait"}
        place = reverse(f"employee:{name}", kwargs={"token": old, **more})
        answer = getattr(client, method)(place)
        assert answer.status_code == 410, name
        if name.startswith("upload_"):
            # The script reloads the page, which makes the offer.
            assert answer.json()["code"] == "link_expired"
            continue
        said = answer.content.decode()
        assert offer in said, name
        assert shoot.employee.email not in said
        assert shoot.order.organisation.name not in said
    shoot.refresh_from_db()
    assert shoot.state == State.CHOOSING
    # A page that stood open meanwhile is loaded anew.
    polled = client.get(f"/i/{old}/live", headers={"hx-request": "true"})
    assert (polled.status_code, polled["HX-Refresh"]) == (410, "true")
    assert client.get(offer)["Location"] == f"/i/{old}/"


@pytest.mark.parametrize("state", [State.INVITED, State.DELIVERED])
def test_an_administrator_closes_a_link_and_sends_another(
    world: World, client: Client, state: State
) -> None:
    shoot = world.shoot(state)
    old = token(shoot)
    client.force_login(world.owner)
    where = [world.organisation.slug, shoot.pk]
    page = reverse("shoot", args=where)
    assert "Revoke the link" in client.get(page).content.decode()
    OrmQ.objects.all().delete()
    for _ in range(2):
        client.post(reverse("shoot_link_revoke", args=where))
    assert AuditEntry.objects.filter(action="invitation.revoked").count() == 1
    for address in (f"/i/{old}/", f"/i/{old}/data"):
        assert Client().get(address).status_code == 404
    # No mail leads there.
    shoot = Shoot.objects.get(pk=shoot.pk)
    for kind in notices.SUBJECTS:
        if kind != "withdrawn":
            assert not notices.send(shoot=shoot, kind=kind)
    assert not mail.outbox
    shown = client.get(page).content.decode()
    assert "Revoked" in shown
    assert "Revoke the link" not in shown
    assert not OrmQ.objects.exists()

    client.post(reverse("shoot_invite", args=where))
    run_queued()
    link = re.search(r"/i/(\S+)/", str(mail.outbox[-1].body))
    assert link
    assert link.group(1) != old
    assert Client().get(link.group()).status_code == 200
    assert Client().get(f"/i/{old}/").status_code == 404
    assert "Revoke the link" in client.get(page).content.decode()


def test_a_link_is_not_said_to_be_on_its_way_where_mail_comes_back(
    world: World, client: Client
) -> None:
    shoot = world.shoot()
    bounces.mark(address=shoot.employee.email, reason="550 gone")
    OrmQ.objects.all().delete()
    client.force_login(world.owner)
    where = [world.organisation.slug, shoot.pk]
    page = client.post(reverse("shoot_invite", args=where), follow=True).content.decode()
    assert f"{shoot.employee.email} cannot be reached: mail comes back." in page
    assert "on its way" not in page
    assert not OrmQ.objects.exists()


def test_nobody_is_reminded_by_a_link_that_is_closed(world: World) -> None:
    order = world.order(2)
    closed, other = order.shoots.all()
    Shoot.objects.update(invited_at=timezone.now() - timedelta(days=4))
    Shoot.objects.update(state_since=timezone.now() - timedelta(days=4))
    personal_links.revoke(actor=world.actor, shoot=closed)
    assert [s.pk for s in reminders.due(timezone.now())] == [other.pk]
    done = reminders.nudge(actor=world.actor, order=order, wanted=funnel.Wanted())
    assert (done.sent, done.lately, done.unreached) == (1, 0, 0)


def test_asking_again_and_again_mails_three_times_a_day(world: World, client: Client) -> None:
    shoot = world.shoot()
    OrmQ.objects.all().delete()
    current = token(shoot)
    for _ in range(6):
        assert client.post(reverse("fresh_link", args=[current])).status_code == 200
        shoot.invitation.refresh_from_db()
        current = token(shoot)
    assert OrmQ.objects.count() == 3
    assert client.post(reverse("fresh_link", args=["y" * 43])).status_code == 200


def test_guessing_links_is_slowed_down(world: World, client: Client) -> None:
    answers = [client.get(f"/i/{n:043}/").status_code for n in range(102)]
    assert answers[:100] == [404] * 100
    assert answers[-1] == 429
    assert Tally.objects.count() == 1
    Tally.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert pace.forget() == 1


def test_a_link_is_good_until_the_due_date_and_the_grace(world: World) -> None:
    shoot = world.shoot()
    assert shoot.invitation.expires_at == shoot.order.due_at + orders.GRACE


def test_a_signed_bounce_marks_the_address_everywhere(
    world: World, client: Client, settings
) -> None:
    person = world.shoot().employee
    url = reverse("mail_bounces")
    body = json.dumps({"address": person.email.upper(), "kind": "hard", "reason": "550 gone"})
    assert client.post(url, body, content_type="application/json").status_code == 404
    settings.BOUNCE_SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()

    def tell(text: str, at=None, secret: str = settings.BOUNCE_SECRET):
        at = at or timezone.now()
        return client.post(
            url,
            text,
            content_type="application/json",
            headers={
                "webhook-id": "b1",
                "webhook-timestamp": str(int(at.timestamp())),
                "webhook-signature": Webhook(secret).sign("b1", at, text),
            },
        )

    stranger = "whsec_" + base64.b64encode(b"t" * 32).decode()
    assert tell(body, secret=stranger).status_code == 401
    assert tell(body, at=timezone.now() - timedelta(hours=1)).status_code == 401
    assert tell("[]").status_code == 422
    soft = body.replace("hard", "soft")
    assert tell(soft).json() == {"marked": 0}
    assert tell(body).json() == {"marked": 1}
    assert tell(body).json() == {"marked": 0}
    person.refresh_from_db()
    assert person.bounce_reason == "550 gone"
    client.force_login(world.owner)
    slug = world.organisation.slug
    assert "Mail comes back" in client.get(reverse("roster", args=[slug])).content.decode()
    page = reverse("employee", args=[slug, person.pk])
    assert "550 gone" in client.get(page).content.decode()
    client.post(reverse("mail_again", args=[slug, person.pk]))
    assert "550 gone" not in client.get(page).content.decode()


def test_clocks_are_set_on_their_page(world: World, client: Client) -> None:
    person = world.hire(1)[0]
    person.location = "Tokyo"
    person.save()
    client.force_login(world.owner)
    url = reverse("organisation_clocks", args=[world.organisation.slug])
    form = {
        "time_zone": "Europe/Berlin",
        "quiet_from": "18",
        "quiet_until": "9",
        "location": ["Tokyo", "Nowhere"],
        "zone": ["Asia/Tokyo", "Asia/Tokyo"],
    }
    assert client.post(url, {**form, "time_zone": "Berlin"}).status_code == 422
    assert client.post(url, {**form, "quiet_until": "18"}).status_code == 422
    assert client.post(url, form).status_code == 302
    places = world.organisation.locations.values_list("name", "time_zone")
    assert list(places) == [("Tokyo", "Asia/Tokyo")]
    world.organisation.refresh_from_db()
    assert world.organisation.time_zone == "Europe/Berlin"

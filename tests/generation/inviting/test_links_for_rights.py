"""A revoked link opens nothing; the one asked for then leads to its person's rights alone."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from accounts.consent import invitations
from accounts.developers import embedding
from accounts.membership.organisations import allow_framing
from accounts.models import Invitation, Organisation
from generation.inviting import notices, personal_links
from generation.models import Rendition, Shoot, State
from headshots.lib.problems import Problem
from tests.generation.inviting.test_reminders import run_queued
from tests.test_isolation import EMPLOYEE
from tests.world import World, token

NEW = "anna@right.example"
RIGHTS = {"data", "take_along", "withdraw", "certificate", "language"}


def ask(link: str) -> list[str]:
    """The tokens in the mails that asking by a link brings."""
    OrmQ.objects.all().delete()
    mail.outbox.clear()
    Client().post(reverse("fresh_link", args=[link]))
    run_queued()
    return re.findall(r"/i/(\S+)/", " ".join(str(sent.body) for sent in mail.outbox))


def closed(world: World, state: State = State.CHOOSING) -> tuple[Shoot, str]:
    """A shoot whose link was revoked, and that link."""
    shoot = world.shoot(state)
    old = token(shoot)
    personal_links.revoke(actor=world.actor, shoot=shoot)
    return shoot, old


def limited(world: World, state: State = State.CHOOSING) -> tuple[Shoot, str, str]:
    """The same with the link that its person asked for."""
    shoot, old = closed(world, state)
    (new,) = ask(old)
    return Shoot.objects.get(pk=shoot.pk), old, new


def test_a_revoked_link_opens_nothing_before_and_after_another_is_mailed(world: World) -> None:
    shoot, old = closed(world)
    for step in range(2):
        for name in ("start", "data", "certificate", "files_zip"):
            assert Client().get(reverse(f"employee:{name}", args=[old])).status_code == 404
        for name in ("take_along", "withdraw", "opt_out"):
            assert Client().post(reverse(f"employee:{name}", args=[old])).status_code == 404
        if not step:
            (new,) = ask(old)
            assert new != old
    assert [sent.to for sent in mail.outbox] == [[shoot.employee.email]]
    assert "Your way there has been closed." in str(mail.outbox[0].body)
    shoot.refresh_from_db()
    assert shoot.state == State.CHOOSING


def test_nothing_of_the_way_is_behind_it(world: World, client: Client) -> None:
    shoot, _old, new = limited(world)
    things = {
        "selfie": shoot.selfies.first(),
        "candidate": shoot.candidates.first(),
        "upload": shoot.uploads.create(mark="m", name="n", size=9),
        "rendition": Rendition(),
    }
    for name, method, needs in EMPLOYEE:
        if name in RIGHTS:
            continue
        more = {f"{needs}_id": things[needs].pk} if needs in things else {}
        if needs == "kind":
            more = {"kind": "portrait"}
        place = reverse(f"employee:{name}", kwargs={"token": new, **more})
        answer = getattr(client, method)(place)
        if name.startswith("upload_"):
            assert (answer.status_code, answer.json()["code"]) == (403, invitations.RIGHTS_ONLY)
        else:
            led = (answer.status_code, answer.headers.get("Location"))
            assert led == (302, f"/i/{new}/data"), name
    shoot.refresh_from_db()
    assert (shoot.state, shoot.selfies.count()) == (State.CHOOSING, 6)
    assert not hasattr(shoot, "headshot")
    allow_framing(
        actor=world.actor, organisation=world.organisation, origins=["https://hr.example.com"]
    )
    with pytest.raises(Problem) as refused:
        embedding.make_link(
            actor=world.actor,
            invitation=shoot.invitation,
            return_url="https://hr.example.com/done",
        )
    assert refused.value.code == "link_closed"


def test_what_is_held_is_shown_and_taken_along(world: World, client: Client) -> None:
    _shoot, _old, new = limited(world)
    page = client.get(f"/i/{new}/", follow=True)
    said = page.content.decode()
    assert page.status_code == 200
    assert f"{world.organisation.name} has closed the way to your headshot." in said
    assert "Your page" not in said
    taken = client.post(f"/i/{new}/data.zip")
    with zipfile.ZipFile(io.BytesIO(b"".join(taken.streaming_content))) as found:
        assert len([name for name in found.namelist() if "photos/" in name]) == 6
    client.post(f"/i/{new}/language", {"language": "de"})
    assert client.get(f"/i/{new}/data").headers["Content-Language"] == "de"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", [State.COLLECTING, State.TRAINING, State.DELIVERED])
def test_its_person_withdraws_and_has_the_certificate(world: World, state: State) -> None:
    shoot, _old, new = limited(world, state)
    client = Client()
    assert "Withdraw and destroy everything" in client.get(f"/i/{new}/data").content.decode()
    after = client.post(f"/i/{new}/withdraw", follow=True)
    assert "You have withdrawn" in after.content.decode()
    shoot.refresh_from_db()
    assert shoot.state == State.WITHDRAWN
    assert "SHA-256" in client.get(f"/i/{new}/certificate").content.decode()


def test_it_is_mailed_as_seldom_and_kept_as_long_as_any(world: World) -> None:
    shoot, old = closed(world)
    sent = [ask(old) for _ in range(4)]
    assert sent[0] == sent[1] == sent[2] != []
    assert sent[3] == []
    end = Invitation.objects.get(pk=shoot.invitation_id).expires_at
    assert end >= timezone.now() + notices.LINK_LIFE - timedelta(minutes=1)
    for kind in notices.SUBJECTS:
        if kind not in ("withdrawn", "fresh_link"):
            assert not notices.send(shoot=Shoot.objects.get(pk=shoot.pk), kind=kind)


def test_one_that_has_run_out_brings_another_of_its_kind(world: World, client: Client) -> None:
    _shoot, _old, new = limited(world)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(f"/i/{new}/data").status_code == 410
    (newer,) = ask(new)
    assert newer != new
    assert client.get(f"/i/{newer}/data").status_code == 200
    assert client.get(f"/i/{newer}/").status_code == 302
    assert client.get(f"/i/{new}/data").status_code == 404


def test_an_administrator_opens_the_whole_way_again(world: World, client: Client) -> None:
    shoot, old, new = limited(world)
    client.force_login(world.owner)
    page = reverse("shoot", args=[world.organisation.slug, shoot.pk])
    said = client.get(page).content.decode()
    assert "got one that shows what is held about them" in said
    assert "Revoke the link" not in said
    client.post(reverse("shoot_invite", args=[world.organisation.slug, shoot.pk]))
    shoot = Shoot.objects.get(pk=shoot.pk)
    assert shoot.invitation.opens
    assert not shoot.invitation.rights_only
    whole = token(shoot)
    assert whole not in (old, new)
    assert Client().get(f"/i/{whole}/").status_code == 200
    for one in (old, new):
        assert Client().get(f"/i/{one}/data").status_code == 404
    # Revoked again, it is as closed as at first.
    personal_links.revoke(actor=world.actor, shoot=shoot)
    assert Client().get(f"/i/{whole}/data").status_code == 404


def test_it_ends_with_the_address_that_it_went_to(world: World, client: Client) -> None:
    shoot, _old, new = limited(world)
    person = shoot.employee
    client.force_login(world.owner)
    where = reverse("employee", args=[world.organisation.slug, person.pk])
    client.post(where, {"email": NEW, "employee_number": person.employee_number})
    assert client.get(f"/i/{new}/data").status_code == 404
    shoot = Shoot.objects.get(pk=shoot.pk)
    assert shoot.invitation.revoked_at
    assert not shoot.invitation.rights_only
    (newer,) = ask(new)
    assert [sent.to for sent in mail.outbox] == [[NEW]]
    assert client.get(f"/i/{newer}/data").status_code == 200


def test_it_ends_with_the_organisation(world: World, client: Client) -> None:
    _shoot, _old, new = limited(world)
    Organisation.objects.filter(pk=world.organisation.pk).update(closed_at=timezone.now())
    assert client.get(f"/i/{new}/data").status_code == 404
    assert ask(new) == []

"""One link for many: whoever proves an address of the right domain comes into the order, once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, Employee
from generation.inviting import join_links, joining
from generation.models import JoinCode, JoinLink, Shoot
from headshots.lib.problems import Problem
from tests.api.program import Program
from tests.world import World, make_world

WHO = {"email": "New@Acme.example", "first_name": "Noa", "last_name": "New"}


def path(link: JoinLink) -> str:
    return "/start/" + join_links.address_of(link).rpartition("/")[2]


def code_in_mail() -> str:
    found = re.search(r"\b\d{6}\b", str(mail.outbox[-1].body))
    assert found
    return found.group()


def come(client: Client, link: JoinLink, **who: str):
    client.post(path(link), {**WHO, **who})
    return client.post(path(link) + "/code", {"code": code_in_mail()})


def test_whoever_proves_an_address_gets_a_page_of_their_own(world: World, client: Client) -> None:
    link = world.join_link()
    assert "Acme" in client.get(path(link)).content.decode()
    answer = client.post(path(link), WHO)
    assert answer["Location"] == path(link) + "/code"
    assert mail.outbox[-1].to == ["new@acme.example"]
    # Nothing is on the roster before the code is right.
    assert not Employee.objects.filter(email="new@acme.example").exists()
    wrong = client.post(path(link) + "/code", {"code": "000000x"})
    assert "not the code" in wrong.content.decode()
    answer = client.post(path(link) + "/code", {"code": code_in_mail()})
    page = client.get(answer["Location"])
    assert page.status_code == 200
    assert "Noa" in page.content.decode() or "release" in page.content.decode().lower()
    employee = Employee.objects.get(email="new@acme.example")
    assert (employee.first_name, employee.last_name) == ("Noa", "New")
    assert Shoot.objects.get(employee=employee).order == link.order
    link.refresh_from_db()
    assert link.used == 1
    assert AuditEntry.objects.filter(action="join_link.used").exists()


def test_the_same_person_again_comes_to_the_same_page_and_counts_once(
    world: World, client: Client
) -> None:
    link = world.join_link(cap=1)
    first = come(client, link)["Location"]
    link.refresh_from_db()
    assert link.used == 1
    code = JoinCode.objects.get()
    JoinCode.objects.filter(pk=code.pk).update(used_at=None)
    assert f"/i/{first.split('/i/')[1]}" == first
    assert joining.join(proved=code).employee.email == "new@acme.example"
    assert Shoot.objects.filter(order=link.order).count() == 2


def test_the_sandboxs_link_mails_nobody(world: World, client: Client) -> None:
    tester = Program.of(world.organisation, test=True)
    assert tester.post("join-links", {"cap": 5}).status_code == 201
    link = JoinLink.objects.get()
    answer = client.post(path(link), {**WHO, "email": "stranger@elsewhere.example"})
    assert answer.status_code == 409
    assert "the sandbox’s, which mails nobody" in answer.content.decode()
    assert mail.outbox == []
    assert not JoinCode.objects.exists()


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("x@evil.example", "for addresses of acme.example"),
        ("x@acme.example.evil.example", "for addresses of"),
        ("x@sub.acme.example", "for addresses of"),
        ("nobody", "no e-mail address"),
    ],
)
def test_another_domain_is_refused_and_gets_no_mail(
    world: World, client: Client, email: str, words: str
) -> None:
    link = world.join_link()
    answer = client.post(path(link), {**WHO, "email": email})
    assert words in answer.content.decode()
    assert not mail.outbox


def test_a_link_that_is_over_says_why(world: World, client: Client) -> None:
    used, revoked, old = world.join_link(cap=1), world.join_link(), world.join_link()
    come(client, used)
    join_links.revoke_link(actor=world.actor, link=revoked)
    JoinLink.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    for link, words in (
        (used, "As many people as were meant"),
        (revoked, "taken back"),
        (old, "expired"),
    ):
        for answer in (client.get(path(link)), client.post(path(link), WHO)):
            assert answer.status_code == 410
            assert words in answer.content.decode()
    assert client.get("/start/" + "x" * 43).status_code == 404
    # Somebody who had the code before the link was closed comes too late as well.
    assert AuditEntry.objects.filter(action="join_link.revoked").count() == 1


def test_a_code_is_good_once_for_its_link_and_few_tries(world: World, client: Client) -> None:
    link, other = world.join_link(), world.join_link()
    client.post(path(link), WHO)
    code, row = code_in_mail(), JoinCode.objects.get()
    token, foreign = path(link).rpartition("/")[2], path(other).rpartition("/")[2]
    with pytest.raises(Problem):
        join_links.prove(token=foreign, code_id=row.pk, code=code)
    join_links.prove(token=token, code_id=row.pk, code=code)
    with pytest.raises(Problem, match="no longer good"):
        join_links.prove(token=token, code_id=row.pk, code=code)
    client.post(path(link), WHO)
    row, code = JoinCode.objects.latest("created_at"), code_in_mail()
    for _ in range(join_links.MOST_TRIES):
        with pytest.raises(Problem, match="not the code"):
            join_links.prove(token=token, code_id=row.pk, code="000000x")
    with pytest.raises(Problem, match="no longer good"):
        join_links.prove(token=token, code_id=row.pk, code=code)


def test_codes_are_not_mailed_without_end(world: World, client: Client) -> None:
    link = world.join_link()
    for _ in range(5):
        assert client.post(path(link), WHO).status_code == 302
    assert client.post(path(link), WHO).status_code == 429
    assert len(mail.outbox) == 5


def test_who_left_and_missing_credits_are_said(client: Client, db: None) -> None:
    world = make_world(credits=1)
    link = world.join_link()
    answer = come(client, link)
    assert "no places left" in answer.content.decode()
    assert not Employee.objects.filter(email="new@acme.example").exists()
    gone = world.hire(1)[0]
    Employee.objects.filter(pk=gone.pk).update(email="gone@acme.example", status="left")
    assert "you have left" in come(client, link, email="gone@acme.example").content.decode()


def test_an_administrator_makes_and_closes_links(world: World, client: Client) -> None:
    client.force_login(world.owner)
    order = world.order(1)
    url = reverse("join_links", args=[world.organisation.slug, order.pk])
    day = (timezone.localdate() + timedelta(days=3)).isoformat()
    form = {"domains": "@Acme.example, bücher.example", "cap": "7", "expires": day}
    for wrong in ({"domains": "no domain!"}, {"cap": "0"}, {"expires": "2020-01-01"}):
        assert client.post(url, {**form, **wrong}).status_code == 422
    assert client.post(url, form).status_code == 302
    link = JoinLink.objects.get()
    assert link.domains == ["acme.example", "xn--bcher-kva.example"]
    page = client.get(url).content.decode()
    assert join_links.address_of(link) in page
    client.post(reverse("join_link_revoke", args=[world.organisation.slug, link.pk]))
    assert join_links.address_of(link) not in client.get(url).content.decode()


def test_a_whole_office_can_come_from_one_address(world: World) -> None:
    link = world.join_link(cap=100)
    for number in range(100):
        who = {**WHO, "email": f"n{number}@acme.example"}
        assert Client().post(path(link), who).status_code == 302
    assert JoinCode.objects.count() == 100


def test_one_address_cannot_ask_for_codes_without_end(world: World, client: Client) -> None:
    link = world.join_link(cap=5)
    answers = [
        client.post(path(link), {**WHO, "email": f"n{number}@acme.example"}).status_code
        for number in range(62)
    ]
    assert answers[:60] == [302] * 60
    assert answers[-1] == 429


def test_a_link_is_the_same_after_the_key_was_changed(
    world: World, client: Client, settings: Any
) -> None:
    link = world.join_link()
    before = join_links.address_of(link)
    former = settings.SECRET_KEY
    settings.SECRET_KEY = "another key " * 4
    settings.SECRET_KEY_FALLBACKS = ["one more " * 4, former]
    assert join_links.address_of(link) == before
    assert client.get(path(link)).status_code == 200
    # Where the former key is gone, what the page shows opens all the same.
    settings.SECRET_KEY_FALLBACKS = []
    assert join_links.address_of(link) != before
    assert client.get(path(link)).status_code == 200

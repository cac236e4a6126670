"""What an employee says in a partner's product and a program passes on: opting out, withdrawing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail

from accounts.developers import partners
from accounts.models import AuditEntry, Event, Release
from generation.leaving import certificates
from generation.models import Certificate, Headshot, Selfie, Shoot, State
from generation.storage import vault
from tests.api.program import Program, problem
from tests.browser.queue import drain, forget
from tests.world import World, bring, make_world

SAID = {"irrevocable": True, "evidence": "Withdrew in our app, event 20417"}


def ordered_twice(world: World) -> list[Shoot]:
    """A delivered shoot, and one of the same person whose photos are in."""
    first = world.shoot(State.DELIVERED)
    second = world.order(employees=[first.employee]).shoots.get()
    return [first, bring(second, State.QUEUED)]


def test_a_withdrawal_that_is_passed_on_is_the_one_of_the_page(
    program: Program, world: World, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    first, second = ordered_twice(world)
    headshot = first.headshot.pk
    forget("default")
    with django_capture_on_commit_callbacks(execute=True):
        answer = program.post(f"shoots/{first.pk}/withdraw", SAID)
    assert answer.status_code == 200, answer.content
    certificate = Certificate.objects.get()
    releases = {str(pk) for pk in Release.objects.values_list("pk", flat=True)}
    assert len(releases) == 2
    said = answer.json()
    assert said["certificate"] == str(certificate.pk)
    assert said["document"] == certificates.document(certificate)
    assert "Ed25519 " in said["document"]
    assert set(said["releases"]) == releases
    # Everything is gone, in both orders.
    for shoot in (first, second):
        shown = program.get(f"shoots/{shoot.pk}").json()
        assert (shown["state"], shown["headshot"]) == ("withdrawn", None)
        assert list(vault().keys(shoot.folder)) == []
    assert not Selfie.objects.exists()
    problem(program.get(f"headshots/{headshot}"), 404, "not_found")
    assert all(program.get(f"releases/{pk}").json()["withdrawn_at"] for pk in releases)
    # Partners are told, and so is the person.
    told = Event.objects.filter(type__in=["shoot.withdrawn", "release.withdrawn"])
    assert {event.object_id for event in told} == {str(first.pk), str(second.pk), *releases}
    drain()
    assert [first.employee.email] in [message.to for message in mail.outbox]
    # The log says who passed it on, and how it can be proved.
    entry = AuditEntry.objects.get(action="release.withdrawal_passed_on")
    assert entry.details["evidence"] == SAID["evidence"]
    assert entry.actor_kind == "key"
    assert entry.actor_id == str(program.key.pk)


def test_twice_is_once(program: Program, world: World) -> None:
    shoot = world.shoot(State.DELIVERED)
    first = program.post(f"shoots/{shoot.pk}/withdraw", SAID)
    again = program.post(f"shoots/{shoot.pk}/withdraw", SAID)
    assert first.status_code == again.status_code == 200
    assert again.json() == first.json()
    assert Certificate.objects.count() == 1
    assert AuditEntry.objects.filter(action="release.withdrawal_passed_on").count() == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**SAID, "irrevocable": False}, "not_confirmed"),
        ({"evidence": "There"}, "invalid"),
        ({"irrevocable": True}, "invalid"),
        ({"irrevocable": True, "evidence": " "}, "invalid"),
        ({}, "invalid"),
    ],
)
def test_nothing_is_destroyed_unless_it_is_said(
    program: Program, world: World, body: dict[str, Any], code: str
) -> None:
    shoot = world.shoot(State.DELIVERED)
    problem(program.post(f"shoots/{shoot.pk}/withdraw", body), 422, code)
    assert Headshot.objects.filter(shoot=shoot).exists()
    shoot.refresh_from_db()
    assert shoot.state == State.DELIVERED


def test_it_is_not_done_upon_an_old_reading(program: Program, world: World) -> None:
    shoot = world.shoot(State.APPROVING)
    read = program.get(f"shoots/{shoot.pk}")["ETag"]
    program.post(f"shoots/{shoot.pk}/approve")
    problem(program.post(f"shoots/{shoot.pk}/withdraw", SAID, If_Match=read), 412, "changed")
    assert Headshot.objects.filter(shoot=shoot).exists()


def test_it_takes_a_scope_of_its_own(world: World) -> None:
    shoot = world.shoot(State.DELIVERED)
    wide = ["shoots:write", "releases:write", "employees:write", "orders:write"]
    refused = Program.of(world.organisation, wide).post(f"shoots/{shoot.pk}/withdraw", SAID)
    assert "withdrawals:write" in problem(refused, 403, "scope_missing")["detail"]
    alone = Program.of(world.organisation, ["withdrawals:write"])
    assert alone.post(f"shoots/{shoot.pk}/withdraw", SAID).status_code == 200


def test_a_partner_passes_it_on_where_the_customer_lets_it(world: World) -> None:
    partner = make_world("Partner").organisation
    shoot = world.shoot(State.DELIVERED)

    def let(*wanted: str) -> Any:
        return partners.grant(
            actor=world.actor,
            organisation=world.organisation,
            partner_id=str(partner.pk),
            wanted=wanted,
        )

    acting = Program.of(partner, ["withdrawals:write", "shoots:write"])
    acting.headers["Headshots-Organisation"] = str(world.organisation.pk)
    place = f"shoots/{shoot.pk}/withdraw"
    let("shoots:write", "releases:write")
    problem(acting.post(place, SAID), 403, "scope_missing")
    partners.withdraw(actor=world.actor, grant=let("withdrawals:write"))
    problem(acting.post(place, SAID), 404, "not_found")
    assert Headshot.objects.filter(shoot=shoot).exists()
    let("withdrawals:write")
    assert acting.post(place, SAID).status_code == 200
    entry = AuditEntry.objects.get(action="release.withdrawal_passed_on")
    assert entry.organisation_id == world.organisation.pk
    assert entry.actor_id == str(acting.key.pk)


def test_opting_out_that_is_passed_on(
    program: Program, world: World, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    shoot = world.shoot(State.CHOOSING)
    read = program.get(f"shoots/{shoot.pk}")["ETag"]
    with django_capture_on_commit_callbacks(execute=True):
        answer = program.post(f"shoots/{shoot.pk}/opt-out", If_Match=read)
    assert answer.json()["state"] == "opted_out"
    assert not Selfie.objects.exists()
    assert list(vault().keys(shoot.folder)) == []
    assert program.get("credits").json()["held"] == 0
    problem(program.post(f"shoots/{shoot.pk}/opt-out"), 409, "transition")

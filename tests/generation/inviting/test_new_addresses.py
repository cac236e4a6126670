"""An address that is corrected: who reads the mailbox before is shut out, the person is invited."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from accounts.mail import bounces
from accounts.models import Employee
from accounts.staff import roster_edits, roster_imports, roster_sync
from generation.inviting import personal_links, reminders
from generation.models import Shoot, State
from generation.ordering import funnel
from tests.generation.inviting.test_reminders import run_queued
from tests.world import World, token

NEW = "anna@right.example"


def by_page(world: World, person: Employee) -> None:
    client = Client()
    client.force_login(world.owner)
    form = {"email": NEW, "employee_number": person.employee_number}
    where = reverse("employee", args=[world.organisation.slug, person.pk])
    page = client.post(where, form, follow=True).content.decode()
    assert "Links sent to the address before open nothing any more." in page


def by_file(world: World, person: Employee) -> None:
    found = world.roster_file(f"Email,Employee number\n{NEW},{person.employee_number}\n")
    roster_imports.map_columns(
        actor=world.actor, roster_import=found, meanings=found.meanings, mark_leavers=False
    )
    assert roster_imports.apply_import(actor=world.actor, roster_import=found).done


def by_sync(world: World, person: Employee) -> None:
    Employee.objects.filter(pk=person.pk).update(external_id="hr-1")
    rows = [{"external_id": "hr-1", "email": NEW}]
    (outcome,) = roster_sync.upsert(actor=world.actor, organisation=world.organisation, rows=rows)
    assert (outcome.result, outcome.employee_id) == ("changed", person.pk)


WAYS = pytest.mark.parametrize("correct", [by_page, by_file, by_sync])
Way = Callable[[World, Employee], None]


def invited(world: World, state: State = State.INVITED) -> Shoot:
    shoot = world.shoot(state)
    run_queued()
    mail.outbox.clear()
    return shoot


@WAYS
@pytest.mark.parametrize(
    ("state", "subject"),
    [
        (State.INVITED, "Your headshot for Acme"),
        (State.COLLECTING, "Your headshot for Acme"),
        (State.CHOOSING, "Your headshots are ready to choose from"),
    ],
)
def test_the_link_before_is_worthless_and_the_person_gets_theirs(
    world: World, client: Client, correct: Way, state: State, subject: str
) -> None:
    shoot = invited(world, state)
    old = token(shoot)
    assert client.get(f"/i/{old}/").status_code == 200
    correct(world, shoot.employee)
    for address in (f"/i/{old}/", f"/i/{old}/data"):
        assert client.get(address).status_code == 404
    run_queued()
    assert [(m.to, m.subject) for m in mail.outbox] == [([NEW], subject)]
    link = re.search(r"/i/(\S+)/", str(mail.outbox[0].body))
    assert link
    assert link.group(1) != old
    assert client.get(link.group()).status_code == 200


@WAYS
def test_what_has_nothing_to_do_is_shut_as_well_and_brings_no_mail(
    world: World, client: Client, correct: Way
) -> None:
    shoot = invited(world, State.DELIVERED)
    old = token(shoot)
    assert client.get(f"/i/{old}/").status_code == 200
    correct(world, shoot.employee)
    assert client.get(f"/i/{old}/").status_code == 404
    run_queued()
    assert mail.outbox == []
    # Whoever kept the old link may have the new one mailed: to the person's own mailbox.
    client.post(reverse("fresh_link", args=[old]))
    run_queued()
    assert [m.to for m in mail.outbox] == [[NEW]]


@WAYS
@pytest.mark.parametrize("told", ["at once", "later"])
def test_an_address_that_is_mended_gets_mail_again(world: World, correct: Way, told: str) -> None:
    """`told`: the mail server refused the invitation itself, or the provider told us later."""
    shoot = world.shoot()
    if told == "later":
        run_queued()
    bounces.mark(address=shoot.employee.email, reason="550 no such user")
    run_queued()
    mail.outbox.clear()
    correct(world, shoot.employee)
    run_queued()
    assert [m.to for m in mail.outbox] == [[NEW]]
    client = Client()
    client.force_login(world.owner)
    roster = reverse("roster", args=[world.organisation.slug])
    assert "Mail comes back" not in client.get(roster).content.decode()
    # What else is to be said reaches them, too.
    nudged = reminders.nudge(actor=world.actor, order=shoot.order, wanted=funnel.Wanted())
    assert (nudged.sent, nudged.unreached) == (1, 0)
    run_queued()
    assert [m.to for m in mail.outbox] == [[NEW], [NEW]]


def test_another_cell_of_a_file_leaves_a_bounce_as_it_is(world: World) -> None:
    shoot = world.shoot()
    bounces.mark(address=shoot.employee.email, reason="550 no such user")
    found = world.roster_file(f"Email,Title\n{shoot.employee.email},Counsel\n")
    roster_imports.map_columns(
        actor=world.actor, roster_import=found, meanings=found.meanings, mark_leavers=False
    )
    assert roster_imports.apply_import(actor=world.actor, roster_import=found).done
    shoot.employee.refresh_from_db()
    assert (shoot.employee.title, shoot.employee.bounce_reason) == ("Counsel", "550 no such user")


def test_who_was_not_to_be_mailed_or_has_a_closed_link_stays_so(world: World) -> None:
    (silent,) = world.order(1, invite=False).shoots.all()
    closed = invited(world)
    personal_links.revoke(actor=world.actor, shoot=closed)
    OrmQ.objects.all().delete()
    rows = []
    for number, shoot in enumerate((silent, closed)):
        Employee.objects.filter(pk=shoot.employee_id).update(external_id=f"hr-{number}")
        rows.append({"external_id": f"hr-{number}", "email": f"{number}@right.example"})
    roster_sync.upsert(actor=world.actor, organisation=world.organisation, rows=rows)
    run_queued()
    assert mail.outbox == []
    closed.invitation.refresh_from_db()
    assert closed.invitation.revoked_at


def test_another_name_or_the_same_address_leaves_the_link_alone(
    world: World, client: Client
) -> None:
    shoot = invited(world)
    person = shoot.employee
    said = {"email": person.email.upper(), "employee_number": "1", "first_name": "Anna"}
    roster_edits.change_employee(
        actor=world.actor, employee=person, person=roster_edits.read_person(said, [], [])
    )
    person.refresh_from_db()
    assert person.first_name == "Anna"
    assert client.get(f"/i/{token(shoot)}/").status_code == 200
    assert not OrmQ.objects.exists()

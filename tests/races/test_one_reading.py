"""Many changes upon the same reading at the same moment: one is made, the others are told."""

from __future__ import annotations

import pytest

from accounts.developers import partners
from accounts.models import AuditEntry, WebhookEndpoint, WebhookSecret
from tests.api.program import Program
from tests.races.together import together
from tests.world import make_world

pytestmark = pytest.mark.transactional
MANY = 12


def change_together(*, matching: bool) -> list[int]:
    """MANY other titles for the same person, all read before the first is written."""
    world = make_world()
    (person,) = world.hire()
    secret = Program.of(world.organisation).secret
    address = f"employees/{person.pk}"
    read = Program(secret).get(address)["ETag"]
    headers = {"If_Match": read} if matching else {}

    def change(number: int) -> int:
        body = {"title": f"Title {number}"}
        return Program(secret).patch(address, body, **headers).status_code

    answers = together([lambda number=number: change(number) for number in range(MANY)])  # type: ignore[misc]
    assert all(isinstance(answer, int) for answer in answers), answers
    return sorted(answers)  # type: ignore[type-var,return-value]


def changes() -> int:
    return AuditEntry.objects.filter(action="employee.changed").count()


@pytest.mark.django_db(transaction=True)
def test_one_of_many_changes_upon_one_reading_is_made() -> None:
    assert change_together(matching=True) == [200] + [412] * (MANY - 1)
    assert changes() == 1


@pytest.mark.django_db(transaction=True)
def test_without_if_match_the_last_one_wins() -> None:
    """The twin: what If-Match keeps from happening."""
    assert change_together(matching=False) == [200] * MANY
    assert changes() == MANY


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["keys", "webhook-endpoints"])
def test_one_of_many_rotations_upon_one_reading_is_made(what: str) -> None:
    world = make_world()
    program = Program.of(world.organisation)
    thing = program.key if what == "keys" else world.endpoint()
    address = f"{what}/{thing.pk}"
    read = program.get(address)["ETag"]
    secret = Program.of(world.organisation).secret

    def rotate() -> int:
        return Program(secret).post(f"{address}/rotate", If_Match=read).status_code

    answers = together([rotate] * MANY)
    assert sorted(answers, key=str) == [200] + [412] * (MANY - 1)


@pytest.mark.django_db(transaction=True)
def test_rotations_without_a_reading_come_one_after_the_other() -> None:
    """By the customer, by the partner, and as the partner's grant ends: none of them is a 500."""
    customer, partner = make_world("Customer"), make_world("Partner")
    grant = partners.grant(
        actor=customer.actor,
        organisation=customer.organisation,
        partner_id=str(partner.organisation.pk),
        wanted=["webhooks:write"],
    )
    named = {"Headshots_Organisation": str(customer.organisation.pk)}
    theirs = Program.of(partner.organisation)
    made = [
        theirs.post("webhook-endpoints", {"url": "https://192.0.1.1/x"}, **named).json()["id"]
        for _ in range(4)
    ]
    secret, own = theirs.secret, Program.of(customer.organisation).secret

    def by_partner(number: int) -> int:
        program = Program(secret)
        return program.post(f"webhook-endpoints/{made[number]}/rotate", **named).status_code

    def by_customer(number: int) -> int:
        return Program(own).post(f"webhook-endpoints/{made[number]}/rotate").status_code

    def end() -> int:
        partners.withdraw(actor=customer.actor, grant=grant)
        return 200

    answers = together(
        [
            end,
            *(lambda n=n: by_customer(n) for n in (0, 1, 2, 3, 0, 1, 2, 3)),  # type: ignore[misc]
            *(lambda n=n: by_partner(n) for n in (0, 1, 2, 3)),  # type: ignore[misc]
        ]
    )
    # The partner's come before its grant ends, or not at all.
    assert set(answers) <= {200, 404}, answers
    assert answers[:9] == [200] * 9
    assert WebhookSecret.objects.filter(expires_at=None).count() == 4
    for number in made:
        endpoint = customer.organisation.webhook_endpoints.get(pk=number)
        assert endpoint.disabled_because == WebhookEndpoint.Disabled.PARTNER

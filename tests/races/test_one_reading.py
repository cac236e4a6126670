"""Many changes upon the same reading at the same moment: one is made, the others are told."""

from __future__ import annotations

import pytest

from accounts.models import AuditEntry
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

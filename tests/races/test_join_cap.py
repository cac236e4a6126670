"""However many come by a join link at the same moment, no more than its cap get in."""

from __future__ import annotations

import pytest

from generation.inviting import joining
from generation.models import JoinCode, JoinLink, Shoot
from headshots.lib.problems import Problem
from tests.races.together import together
from tests.world import make_world

pytestmark = pytest.mark.django_db(transaction=True)


def proved(link: JoinLink, number: int) -> JoinCode:
    return JoinCode.objects.create(
        link=link,
        email=f"racer{number}@acme.example",
        code_hash="",
        expires_at=link.expires_at,
        used_at=link.created_at,
    )


def test_no_more_than_the_cap() -> None:
    link = make_world().join_link(cap=3)
    codes = [proved(link, number) for number in range(8)]
    results = together([lambda code=code: joining.join(proved=code) for code in codes])
    assert sum(isinstance(result, Shoot) for result in results) == 3
    refused = [result for result in results if not isinstance(result, Shoot)]
    assert all(isinstance(r, Problem) and r.code == "link_over" for r in refused)
    link.refresh_from_db()
    assert link.used == 3
    assert Shoot.objects.filter(order=link.order).count() == 4


def test_the_same_person_twice_at_once_is_one() -> None:
    link = make_world().join_link(cap=5)
    code = proved(link, 1)
    results = together([lambda: joining.join(proved=code) for _ in range(4)])
    assert {r.pk for r in results if isinstance(r, Shoot)} == {
        Shoot.objects.get(employee__email="racer1@acme.example").pk
    }
    link.refresh_from_db()
    assert link.used == 1

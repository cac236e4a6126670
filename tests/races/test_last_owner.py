"""Two owners who go at the same moment do not leave an organisation without one."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import transaction

from accounts.actors import user_actor
from accounts.membership import members
from accounts.models import Member, Organisation, Role, User
from headshots.lib.problems import Problem
from tests.races.together import together
from tests.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)


def owners(world: World) -> int:
    return Member.objects.filter(organisation=world.organisation, role=Role.OWNER).count()


def test_two_owners_leave_at_once() -> None:
    for _ in range(5):
        world = make_world()
        both = [world.owner, world.member(Role.OWNER)]
        results = together(
            [
                lambda user=user, world=world: members.leave(
                    actor=user_actor(user), organisation=world.organisation, user=user
                )
                for user in both
            ]
        )
        refused = [result for result in results if isinstance(result, Problem)]
        assert [problem.code for problem in refused] == ["last_owner"]
        assert owners(world) == 1


def test_two_owners_demote_each_other_at_once() -> None:
    for _ in range(5):
        world = make_world()
        one, two = world.owner, world.member(Role.OWNER)
        rows = {m.user_id: m for m in Member.objects.filter(organisation=world.organisation)}
        results = together(
            [
                lambda me=me, them=them, rows=rows: members.change_role(
                    actor=user_actor(me), member=rows[them.pk], role=Role.VIEWER
                )
                for me, them in ((one, two), (two, one))
            ]
        )
        # The slower one is no owner any more once it is their turn.
        refused = [result for result in results if isinstance(result, Problem)]
        assert [problem.code for problem in refused] == ["not_owner"]
        assert owners(world) == 1


def leave_without_the_lock(
    organisation: Organisation, user: User, read: threading.Barrier
) -> Callable[[], None]:
    """The twin of `members.leave`: the same steps and no lock before them."""

    def leave() -> None:
        with transaction.atomic():
            rows = Member.objects.filter(organisation=organisation, role=Role.OWNER)
            others = rows.exclude(user=user).exists()
            read.wait(timeout=30)
            if not others:
                raise Problem("The last owner.")
            rows.filter(user=user).delete()

    return leave


def test_without_the_lock_nobody_is_left() -> None:
    world = make_world()
    read = threading.Barrier(2)
    together(
        [
            leave_without_the_lock(world.organisation, user, read)
            for user in (world.owner, world.member(Role.OWNER))
        ]
    )
    assert owners(world) == 0

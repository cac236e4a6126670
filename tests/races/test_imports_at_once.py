"""Two administrators who apply a file at the same moment: one is first, the other sees it."""

from __future__ import annotations

import pytest

from accounts.actors import user_actor
from accounts.models import AuditEntry, Employee, Role, RosterImport
from accounts.staff import roster_imports
from tests.races.together import together
from tests.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)


def file_of(world: World, title: str) -> RosterImport:
    found = world.roster_file(f"Email,Title\nada@x.example,{title}\n{title}@x.example,New\n")
    return roster_imports.map_columns(
        actor=world.actor,
        roster_import=found,
        meanings=["email", "title"],
        mark_leavers=False,
    )


def test_one_of_two_files_is_applied_and_the_other_is_previewed_anew() -> None:
    for _ in range(3):
        world = make_world()
        files = {title: file_of(world, title) for title in ("chief", "boss")}
        people = dict(zip(files, (world.owner, world.member(Role.ADMIN)), strict=True))
        results = together(
            [
                lambda title=title, file=file, people=people: roster_imports.apply_import(
                    actor=user_actor(people[title]), roster_import=file
                )
                for title, file in files.items()
            ]
        )
        done = dict(zip(files, results, strict=True))
        (first,) = [title for title, result in done.items() if result.done]  # type: ignore[union-attr]
        (second,) = files.keys() - {first}
        # Of the second file nothing is written: neither its change nor its new person.
        staff = Employee.objects.filter(organisation=world.organisation)
        assert set(staff.values_list("email", "title")) == {
            ("ada@x.example", first),
            (f"{first}@x.example", "New"),
        }
        late = files[second]
        late.refresh_from_db()
        assert late.state == RosterImport.State.READY
        assert str(people[first]) in late.message
        assert late.lines.get(moved=True).before == {"title": first}
        # Having seen it they go on.
        assert roster_imports.apply_import(
            actor=user_actor(people[second]), roster_import=late
        ).done
        assert staff.get(email="ada@x.example").title == second
        assert (
            AuditEntry.objects.filter(
                organisation=world.organisation, action="roster.imported"
            ).count()
            == 2
        )


def test_one_file_from_two_tabs_is_applied_once() -> None:
    world = make_world()
    file = file_of(world, "chief")
    calls = [
        lambda: roster_imports.apply_import(actor=world.actor, roster_import=file) for _ in range(2)
    ]
    results = together(calls)
    assert sorted(getattr(result, "code", "done") for result in results) == ["applied", "done"]
    assert Employee.objects.filter(organisation=world.organisation).count() == 2

"""That a person's picture was looked at is written down where it is sent, and only there."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry
from generation.models import Candidate, Refinish, State
from generation.storage import vault
from tests.api.program import Program
from tests.api.test_refinished_headshots import refinish, rows
from tests.world import World, bring, give_files, give_initials, jpeg

__all__ = ["refinish"]


def looked() -> int:
    return AuditEntry.objects.filter(action="picture.viewed").count()


def candidate(world: World) -> Candidate:
    found = world.shoot(State.CHOOSING).candidates.exclude(finished="").first()
    assert found is not None
    return found


def asked_in_all_ways(program: Program, path: str) -> None:
    before = looked()
    head = program.send("HEAD", path)
    assert (head.status_code, looked()) == (200, before)
    whole = program.get(path)
    assert (whole.status_code, looked()) == (200, before + 1)
    known = program.get(path, If_None_Match=whole["ETag"])
    assert (known.status_code, looked()) == (304, before + 1)
    other = program.get(path, If_None_Match='"other"')
    assert (other.content, looked()) == (whole.content, before + 2)


def test_a_candidate(program: Program, world: World) -> None:
    asked_in_all_ways(program, f"candidates/{candidate(world).pk}/picture")


def test_a_file_of_a_headshot(program: Program, world: World) -> None:
    shoot = bring(world.shoot(), State.DELIVERED)
    stored = give_files(shoot).file
    vault().put(stored, jpeg())
    path = f"headshots/{shoot.headshot.pk}/renditions/portrait"
    asked_in_all_ways(program, path)
    # Nobody has seen what is not there any more.
    before = looked()
    vault().delete(stored)
    assert (program.get(path).status_code, looked()) == (404, before)


def test_what_was_given_instead(program: Program, world: World) -> None:
    asked_in_all_ways(program, f"alternatives/{give_initials(world.shoot()).pk}/picture")


def test_before_and_after_a_rendering(program: Program, refinish: Refinish) -> None:
    (row, *_others) = rows(program, refinish)
    for side in ("before", "after"):
        asked_in_all_ways(program, row[side])


@pytest.mark.parametrize("kind", ["candidate", "rendition", "alternative"])
def test_on_the_pages(world: World, client: Client, kind: str) -> None:
    client.force_login(world.owner)
    if kind == "candidate":
        pk = candidate(world).pk
    elif kind == "rendition":
        found = give_files(bring(world.shoot(), State.DELIVERED))
        vault().put(found.file, jpeg())
        pk = found.pk
    else:
        pk = give_initials(world.shoot()).pk
    place = "rendition" if kind == "rendition" else f"{kind}_picture"
    path = reverse(place, args=[world.organisation.slug, pk])
    assert (client.head(path).status_code, looked()) == (200, 0)
    assert (client.get(path).status_code, looked()) == (200, 1)

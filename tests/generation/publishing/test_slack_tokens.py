"""Slack’s tokens, one a person: given line by line, kept, taken away, and never shown."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import Employee
from generation.models import Directory
from generation.publishing import directories
from generation.publishing.directories import PURPOSE
from headshots.lib import sealed
from headshots.lib.problems import Problem
from tests.generation.publishing.steps import publish, ready, said
from tests.generation.publishing.vendors import Vendors
from tests.world import World


def give(world: World, text: str, *, actor: Actor | None = None, closer: int = 0) -> Directory:
    return directories.connect(
        actor=actor or world.actor,
        organisation=world.organisation,
        kind="slack",
        values={"tokens": text},
        closer=closer,
    )


def kept(directory: Directory) -> list[str]:
    found = json.loads(sealed.unseal(directory.sealed, purpose=PURPOSE))
    return str(found["tokens"]).splitlines()


def test_one_line_renews_one_token_and_the_others_stay(world: World, vendors: Vendors) -> None:
    order = ready(world, 2)
    one, other = world.people
    vendors.know(one, other)
    give(world, f"{one.email}, xoxp-old\n{other.email}, xoxp-person1")
    directory = give(world, f"{one.email.upper()}, xoxp-person0")
    assert kept(directory) == [f"{one.email}, xoxp-person0", f"{other.email}, xoxp-person1"]
    run = publish(world, order, directory)
    assert [state for state, _sentence in said(run).values()] == ["done", "done"]
    # Nothing but the crop.
    directory = give(world, "", closer=20)
    assert (len(kept(directory)), directory.closer) == (2, 20)
    directory = give(world, f"{other.email}, -")
    assert kept(directory) == [f"{one.email}, xoxp-person0"]
    assert "no token of this person" in said(publish(world, order, directory))[other.email][1]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("a@b.example, xoxp-1\n\nA@b.example, xoxp-2", "Lines 1 and 3 are both of a@b.example"),
        ("c@b.example, -", "Line 1: there is no token of c@b.example"),
        ("a@b.example, -", "Give at least one"),
        ("a@b.example", "Line 1: write an address"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    world: World, text: str, match: str
) -> None:
    directory = give(world, "a@b.example, xoxp-1")
    before = directory.sealed
    with pytest.raises(Problem, match=match):
        give(world, text)
    directory.refresh_from_db()
    assert directory.sealed == before


def test_tokens_that_somebody_else_gave_are_not_kept_under_another_name(world: World) -> None:
    directory = give(world, "a@b.example, xoxp-partner")
    grant = world.partner_grant()
    Directory.objects.filter(pk=directory.pk).update(grant=grant)
    directory = give(world, "c@b.example, xoxp-own")
    assert directory.grant is None
    assert kept(directory) == ["c@b.example, xoxp-own"]
    Directory.objects.filter(pk=directory.pk).update(grant=grant)
    with pytest.raises(Problem, match="Fill in"):
        give(world, "")


def test_the_page_says_how_many_are_kept_and_who_has_none(world: World, client: Client) -> None:
    people = world.hire(13)
    Employee.objects.filter(pk=people[12].pk).update(status=Employee.Status.LEFT)
    give(world, f"{people[0].email}, xoxp-secret-0")
    client.force_login(world.owner)
    where = reverse("directories", args=[world.organisation.slug])
    page = client.get(where).content.decode()
    assert "The token of 1 person is kept." in page
    assert "secret-0" not in page
    assert people[0].email not in page
    for person in people[1:11]:
        assert f"{person.name} ({person.email})" in page
    assert people[11].email not in page
    assert people[12].email not in page
    assert "and 1 more" in page
    give(world, "\n".join(f"{person.email}, xoxp-1" for person in people[1:12]))
    page = client.get(where).content.decode()
    assert "The tokens of 12 people are kept." in page
    assert "Everybody on the roster has one." in page


def test_tokens_under_another_key_of_the_installation_are_given_anew(
    world: World, client: Client, settings: object
) -> None:
    give(world, "a@b.example, xoxp-1")
    settings.SECRET_KEY = "another key, of an installation that changed it"  # type: ignore[attr-defined]
    assert directories.tokens(Directory.objects.get()) is None
    assert kept(give(world, "c@b.example, xoxp-2")) == ["c@b.example, xoxp-2"]

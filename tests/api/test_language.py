"""The API speaks English whoever asks, so that ETags name states and not languages."""

from __future__ import annotations

import pytest

from accounts.models import Employee
from generation.models import State
from tests.api.program import Program, problem
from tests.world import World, many_delivered


@pytest.mark.parametrize(
    "path", ["consistency", "standings", "credits/costs", "orders/{order}/consistency", "looks"]
)
def test_an_answer_and_its_etag_are_the_same_in_every_language(
    program: Program, world: World, path: str
) -> None:
    path = path.format(order=many_delivered(world, 2).pk)
    english, german = (program.get(path, Accept_Language=code) for code in ("en", "de"))
    assert english.status_code == 200
    assert english["ETag"] == german["ETag"]
    assert english.content == german.content
    assert german["Content-Language"] == "en"
    assert "Accept-Language" not in german.get("Vary", "")


def test_what_was_read_in_one_language_can_be_changed_in_another(
    program: Program, world: World
) -> None:
    order = many_delivered(world, 2)
    tag = program.get(f"orders/{order.pk}/consistency", Accept_Language="de")["ETag"]
    answer = program.post(f"orders/{order.pk}/harmonise", {}, If_Match=tag, Accept_Language="en")
    assert answer.status_code != 412, answer.content


def test_refusals_are_english_in_every_part(program: Program, world: World) -> None:
    (person,) = world.hire()
    path = f"employees/{person.pk}"
    said = program.patch(path, {"email": "x", "nope": 1}, Accept_Language="de")
    assert "Enter a valid email address." in problem(said, 422, "invalid")["detail"]
    shoot = world.shoot(State.DELIVERED)
    refused = program.post(f"shoots/{shoot.pk}/cancel", Accept_Language="fr")
    assert "cannot become cancelled" in problem(refused, 409, "transition")["detail"]


def test_a_field_counts_once(program: Program, world: World) -> None:
    (person,) = world.hire()
    for query, field in (
        ("shoots?state=invited&state=choosing", "state"),
        ("employees?limit=1&limit=2", "limit"),
        ("employees?fields=id&fields=email", "fields"),
    ):
        refused = problem(program.get(query), 422, "invalid")
        assert refused["field"] == field
        assert "more than once" in refused["detail"]
    for raw in (
        b'{"title": "a", "title": "b"}',
        b'{"title": "a", "last_name": "c", "title": "a"}',
    ):
        refused = problem(program.send("PATCH", f"employees/{person.pk}", raw=raw), 422, "invalid")
        assert refused["field"] == "title"
    assert Employee.objects.get(pk=person.pk).title == person.title
    nested = b'{"employees": [{"email": "a@b.example", "email": "c@b.example"}]}'
    assert (
        problem(program.send("POST", "employees/upsert", raw=nested), 422, "invalid")["field"]
        == "email"
    )


def test_a_tag_that_a_proxy_weakened_names_the_same_state(program: Program, world: World) -> None:
    (person,) = world.hire()
    path = f"employees/{person.pk}"
    tag = program.get(path)["ETag"]
    assert program.patch(path, {"title": "a"}, If_Match=f"W/{tag}").status_code == 200
    problem(program.patch(path, {"title": "b"}, If_Match=f"W/{tag}"), 412, "changed")


def test_every_401_says_how_to_show_a_key(program: Program) -> None:
    asked = {"key_missing": "", "key_unknown": "Bearer hs_live_0000000000000000_x"}
    for code, header in asked.items():
        answer = program.get("looks", Authorization=header)
        problem(answer, 401, code)
        assert answer["WWW-Authenticate"].startswith("Bearer")
    assert "invalid_token" in answer["WWW-Authenticate"]
    program.key.__class__.objects.update(revoked_at="2026-01-01T00:00:00Z")
    answer = program.get("looks")
    problem(answer, 401, "key_revoked")
    assert answer["WWW-Authenticate"].startswith("Bearer")

"""Administrators find in the log who did what and when, and take it along as a file."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import audit
from accounts.actors import Actor, user_actor
from accounts.audit_log import Filter, search
from accounts.audit_words import ACTS, said
from accounts.models import AuditEntry, Role
from generation.leaving import held
from generation.models import State
from headshots.lib.tables import read_table
from tests.world import World, make_world


def note(world: World, actor: Actor, action: str, day: int = 1, **details: str) -> AuditEntry:
    """An entry of noon on that day of March."""
    with transaction.atomic():
        entry = audit.record(actor=actor, organisation=world.organisation, action=action, **details)
    at = datetime(2026, 3, day, 12, tzinfo=UTC)
    AuditEntry.objects.filter(pk=entry.pk).update(created_at=at)
    return entry


def signed_in(world: World) -> Client:
    client = Client()
    client.force_login(world.owner)
    return client


def test_who_what_and_when(world: World) -> None:
    AuditEntry.objects.all().delete()
    mira = world.member(Role.ADMIN)
    AuditEntry.objects.all().delete()
    mira.name = "Mira Okafor"
    mira.save()
    by_mira = note(world, user_actor(mira), "order.placed", day=1)
    by_ip = note(world, Actor("user", "Jon", address="203.0.113.9"), "look.saved", day=2)
    late = note(world, Actor("system", "Headshots"), "order.placed", day=3)
    everything = AuditEntry.objects.filter(organisation=world.organisation)

    def found(**words: str) -> set[object]:
        return {entry.pk for entry in search(everything, Filter.read(words), zone=ZoneInfo("UTC"))}

    assert found(who="okafor") == {by_mira.pk}
    assert found(who=mira.email) == {by_mira.pk}
    assert found(who="203.0.113.9") == {by_ip.pk}
    assert found(who="nobody") == set()
    assert found(what="order.placed") == {by_mira.pk, late.pk}
    assert found(since="2026-03-02") == {by_ip.pk, late.pk}
    assert found(until="2026-03-02") == {by_mira.pk, by_ip.pk}
    assert found(since="2026-03-02", until="2026-03-02") == {by_ip.pk}
    assert found(what="order.placed", since="2026-03-02") == {late.pk}


def test_a_log_of_any_length_is_opened_without_reading_it_all(world: World) -> None:
    """Every kind of act can be chosen by its name, in the order of those; no entry is asked."""
    with CaptureQueriesContext(connection) as asked:
        page = signed_in(world).get(reverse("audit_log", args=[world.organisation.slug]))
    assert not [q for q in asked.captured_queries if "DISTINCT" in q["sql"]]
    options = re.findall(r'<option value="([a-z_]+\.[a-z_]+)"', page.content.decode())
    assert len(options) == len(set(options)) == len(ACTS)
    names = [said(action).casefold() for action in options]
    assert names == sorted(names)


def test_what_was_done_about_somebody_is_found_by_an_index(world: World) -> None:
    shoot = world.shoot(State.COLLECTING)
    AuditEntry.objects.bulk_create(
        AuditEntry(
            organisation=world.organisation,
            actor_kind="user",
            action="picture.viewed",
            object_type="shoot",
            object_id=str(uuid4()),
        )
        for _ in range(5000)
    )
    with CaptureQueriesContext(connection) as asked:
        assert held.entries(shoot)
    about = asked.captured_queries[-1]["sql"]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_auditentry")
        cursor.execute(f"EXPLAIN {about}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "audit_about" in plan, plan


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "9999-12-31", "0000-01-01"])
def test_a_day_that_is_none_is_named(world: World, day: str) -> None:
    answer = signed_in(world).get(
        reverse("audit_log", args=[world.organisation.slug]), {"until": day}
    )
    assert answer.status_code == 422
    assert "is not a day" in answer.content.decode()


def test_the_file_holds_what_was_found_and_runs_nothing(world: World) -> None:
    evil = '=HYPERLINK("http://evil.example","x")'
    note(world, Actor("user", evil), "look.saved", name="@SUM(A1)")
    note(world, Actor("user", "Jon"), "order.placed")
    other = make_world("Other")
    note(other, Actor("user", "Foreign"), "look.saved")
    answer = signed_in(world).post(
        reverse("audit_export", args=[world.organisation.slug]),
        {"what": "look.saved", "until": "2026-03-31"},
    )
    assert answer["Content-Type"].startswith("text/csv")
    assert "no-store" in answer["Cache-Control"]
    text = answer.content.decode("utf-8-sig")
    assert "Foreign" not in text
    assert "order.placed" not in text
    assert '"=' not in text
    (row,) = read_table(answer.content, "log.csv").rows
    assert row.cells[0] == "2026-03-01T12:00:00+00:00"
    assert row.cells[1] == evil
    exported = AuditEntry.objects.get(action="log.exported")
    assert exported.details == {
        "entries": 1,
        "filter": {"what": "look.saved", "until": "2026-03-31"},
    }


def test_the_page_keeps_what_was_looked_for(world: World) -> None:
    for _ in range(60):
        note(world, Actor("user", "Jon"), "look.saved")
    page = signed_in(world).get(
        reverse("audit_log", args=[world.organisation.slug]), {"who": "Jon", "page": "2"}
    )
    text = page.content.decode()
    assert "51–60" in text
    assert "?who=Jon&amp;page=1" in text
    assert 'name="who" value="Jon"' in text

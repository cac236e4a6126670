"""Indexes that are made aside are made in the end, whatever broke off before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models
from django.db.migrations.state import ProjectState

from headshots.lib.indexes import AddIndexAside
from tests.world import make_world

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "made_aside"


@pytest.fixture(autouse=True)
def removed() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {NAME}")


def make() -> None:
    before = ProjectState.from_apps(apps)
    after = before.clone()
    adds = AddIndexAside("shoot", models.Index(fields=["round"], name=NAME))
    adds.state_forwards("generation", after)
    with connection.schema_editor(atomic=False) as editor:
        adds.database_forwards("generation", editor, before, after)


def valid() -> list[bool]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " WHERE relname = %s",
            [NAME],
        )
        return [good for (good,) in cursor.fetchall()]


def test_a_migration_that_was_killed_can_be_run_again() -> None:
    make()
    assert valid() == [True]
    # Killed behind it, before the migration was noted.
    make()
    assert valid() == [True]
    # Broken off while it was made: PostgreSQL leaves it, and uses it for nothing.
    make_world().order(2)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {NAME}")
        with pytest.raises(IntegrityError):
            cursor.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {NAME} ON generation_shoot (round)")
    assert valid() == [False]
    make()
    assert valid() == [True]

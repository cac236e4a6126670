"""A migration runs while web hosts and clusters of the release before go on writing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

from headshots.lib.indexes import AddIndexAside

# The last migration of each app from before this was kept.
BEFORE = {"accounts": 17, "billing": 9, "generation": 24}
# Columns and tables, “model.field” or “model”, that the release before does not ask for any more.
UNUSED: set[str] = set()


def breaks(migration: migrations.Migration) -> Iterator[str]:
    """What the release before cannot live with, or waits for."""
    made = set()
    for operation in migration.operations:
        if isinstance(operation, migrations.CreateModel):
            made.add(operation.name_lower)
        elif isinstance(operation, migrations.AddField):
            field = operation.field
            missing = not field.null and field.db_default is NOT_PROVIDED
            if missing and not field.many_to_many and operation.model_name_lower not in made:
                yield f"{operation.name} is NOT NULL and has no db_default: old INSERTs fail"
        elif isinstance(operation, AddIndexAside):
            if migration.atomic:
                yield f"{operation.index.name} is made in a transaction"
        elif isinstance(operation, migrations.AddIndex):
            if operation.model_name_lower not in made:
                yield f"{operation.index.name} locks its table: use AddIndexAside"
        elif isinstance(operation, migrations.RenameField | migrations.RenameModel):
            yield f"{operation.describe()}: old code asks for the former name"
        elif isinstance(operation, migrations.RemoveField | migrations.DeleteModel):
            of = getattr(operation, "model_name_lower", "")
            gone = ".".join(filter(None, [of, operation.name.lower()]))
            if gone not in UNUSED:
                yield f"{gone} goes: old code asks for it, unless it is among UNUSED"


def test_old_code_goes_on_while_new_code_migrates() -> None:
    found = {
        f"{app}.{name}": faults
        for (app, name), migration in MigrationLoader(None).disk_migrations.items()
        if app in BEFORE and int(name[:4]) > BEFORE[app] and (faults := list(breaks(migration)))
    }
    assert not found


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        (migrations.AddField("shoot", "n", models.IntegerField(default=0)), "no db_default"),
        (migrations.AddField("shoot", "n", models.IntegerField(null=True)), ""),
        (migrations.AddField("shoot", "n", models.IntegerField(db_default=0)), ""),
        (migrations.AddIndex("shoot", models.Index(fields=["n"], name="i")), "locks its table"),
        (AddIndexAside("shoot", models.Index(fields=["n"], name="i")), "in a transaction"),
        (migrations.RenameField("shoot", "n", "m"), "former name"),
        (migrations.RemoveField("shoot", "n"), "shoot.n goes"),
        (migrations.DeleteModel("shoot"), "shoot goes"),
    ],
)
def test_what_breaks_old_code_is_seen(operation: object, fault: str) -> None:
    migration = migrations.Migration("one", "generation")
    migration.operations = [operation]
    assert [fault in said for said in breaks(migration)] == ([True] if fault else [])

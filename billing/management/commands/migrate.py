"""`manage.py migrate`, which lays dj-stripe's tables in one go where there are none.

Its migrations walk through years of its own history and took 37 s of processor time; the tables
as its models describe them take one. Lint keeps that its migrations end at its models. A database
that has the tables gets later migrations in the usual way.

The table of the shared cache, which is no model's, is made here, too. Of web hosts that start
together one migrates, and the others wait for it.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from headshots.lib import locks

APP = "djstripe"
LOCK = 7_302_114_096
LONGEST_S = 1800


class Command(migrate.Command):
    """As Django's own, for the rest."""

    def handle(self, *args: Any, **options: Any) -> None:
        partial = ("app_label", "migration_name", "fake", "plan", "check_unapplied", "prune")
        if any(options.get(name) for name in partial):
            super().handle(*args, **options)
            return
        database = options["database"]
        try:
            with locks.in_turn(LOCK, longest_s=LONGEST_S, database=database):
                self._lay_tables(database)
                super().handle(*args, **options)
                call_command("createcachetable", database=database, verbosity=0)
        except TimeoutError as waited:
            raise CommandError(
                f"Another process has been migrating this database for {LONGEST_S // 60} minutes. "
                "See what it does, then start again."
            ) from waited

    def _lay_tables(self, database: str) -> None:
        connection = connections[database]
        recorder = MigrationRecorder(connection)
        if any(app == APP for app, _name in recorder.applied_migrations()):
            return
        executor = MigrationExecutor(connection)
        history = [key for key in executor.loader.disk_migrations if key[0] == APP]
        # Its customers refer to our organisations, so everything else comes first.
        executor.migrate([key for key in executor.loader.graph.leaf_nodes() if key[0] != APP])
        with transaction.atomic(using=database), connection.schema_editor() as editor:
            for model in apps.get_app_config(APP).get_models():
                editor.create_model(model)
            for app, name in sorted(history):
                recorder.record_applied(app, name)

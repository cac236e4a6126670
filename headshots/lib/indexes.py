"""Indexes that are made while others work."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently


class AddIndexAside(AddIndexConcurrently):
    """Adds an index without locking its table, in a migration that is not atomic.

    Such a migration may be broken off, and then begins anew: an index that is there is left, and
    what an index that was broken off has left behind is dropped first.
    """

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        self._ensure_not_in_transaction(schema_editor)
        name = self.index.name
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
                " WHERE relname = %s AND pg_table_is_visible(indexrelid)",
                [name],
            )
            row = cursor.fetchone()
        if row and row[0]:
            return
        if row:
            quoted = schema_editor.quote_name(name)
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)

"""The ledger's operations and the checks at every commit. The SQL beside it is frozen with it."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


def _script(name: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        (SQL / f"0002_{name}.sql").read_text(), (SQL / f"0002_{name}_undo.sql").read_text()
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [_script("operations"), _script("checks")]

"""What comes back to a grant after it has expired expires as well, and locks no account."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("billing", "0009_when_stripe_was_asked")]

    operations = [
        migrations.RunSQL(
            (SQL / "0010_grants_expire_again.sql").read_text(),
            (SQL / "0010_grants_expire_again_undo.sql").read_text(),
        ),
    ]

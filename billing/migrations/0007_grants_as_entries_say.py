"""Each grant is checked by its own entries at every commit, and no table of the ledger emptied."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_vat_number_is_kept")]

    operations = [
        migrations.AddField(
            model_name="creditgrant",
            name="last_number",
            field=models.PositiveBigIntegerField(db_default=0),
        ),
        migrations.RunSQL(
            (SQL / "0007_grants_as_entries_say.sql").read_text(),
            (SQL / "0007_grants_as_entries_say_undo.sql").read_text(),
        ),
    ]

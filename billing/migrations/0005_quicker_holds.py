"""Checks and operations of the ledger for less work under its lock; what holds is the same."""

from pathlib import Path

import django.db.models.lookups
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0004_terms_and_price_tables"),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / "0005_quicker_holds.sql").read_text(),
            (SQL / "0005_quicker_holds_undo.sql").read_text(),
        ),
        migrations.RemoveConstraint(
            model_name="creditentry",
            name="entry_of_a_hold",
        ),
        migrations.RemoveConstraint(
            model_name="credithold",
            name="hold_state_fits_parts",
        ),
        migrations.AlterField(
            model_name="creditaccount",
            name="available",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="creditaccount",
            name="debt",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="creditaccount",
            name="held",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="creditentry",
            name="amount",
            field=models.IntegerField(),
        ),
        migrations.AlterField(
            model_name="creditgrant",
            name="amount",
            field=models.IntegerField(),
        ),
        migrations.AlterField(
            model_name="creditgrant",
            name="remaining",
            field=models.IntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="credithold",
            name="amount",
            field=models.IntegerField(),
        ),
        migrations.AlterField(
            model_name="credithold",
            name="captured",
            field=models.IntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="credithold",
            name="open",
            field=models.IntegerField(),
        ),
        migrations.AddConstraint(
            model_name="creditentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.Exact(
                        models.Func(
                            models.F("kind"),
                            function="credit_is_of_a_hold",
                            output_field=models.BooleanField(),
                        ),
                        django.db.models.lookups.IsNull(models.F("hold"), False),
                    )
                ),
                name="entry_of_a_hold",
            ),
        ),
        migrations.AddConstraint(
            model_name="credithold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state",
                        models.Func(
                            models.F("open"),
                            models.F("captured"),
                            function="credit_hold_state",
                            output_field=models.TextField(),
                        ),
                    ),
                    django.db.models.lookups.Exact(
                        django.db.models.lookups.IsNull(models.F("settled_at"), True),
                        django.db.models.lookups.GreaterThan(models.F("open"), 0),
                    ),
                ),
                name="hold_state_fits_parts",
            ),
        ),
    ]

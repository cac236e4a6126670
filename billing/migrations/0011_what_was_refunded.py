"""What of a purchase went back by refunds."""

from typing import Any

from django.db import migrations, models


def whole_ones(apps: Any, schema: Any) -> None:
    """How much went back in part is known to Stripe alone: the nightly reconcile asks it."""
    purchases = apps.get_model("billing", "Purchase").objects
    purchases.filter(state="refunded").update(refunded_cents=models.F("cents"))


class Migration(migrations.Migration):
    dependencies = [("billing", "0010_grants_expire_again")]

    operations = [
        migrations.AddField(
            model_name="purchase",
            name="refunded_cents",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name="purchase",
            constraint=models.CheckConstraint(
                condition=models.Q(("refunded_cents__lte", models.F("cents"))),
                name="refunded_at_most_paid",
            ),
        ),
        migrations.RunPython(whole_ones, migrations.RunPython.noop),
    ]

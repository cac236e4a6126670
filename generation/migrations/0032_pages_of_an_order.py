from django.db import migrations, models

from headshots.lib.indexes import AddIndexAside


class Migration(migrations.Migration):
    # Whoever works meanwhile is not kept waiting.
    atomic = False

    dependencies = [("generation", "0031_why_an_order_is_placed")]

    operations = [
        AddIndexAside(
            model_name="shoot",
            index=models.Index(fields=["order", "-id"], name="shoot_of_order"),
        ),
    ]

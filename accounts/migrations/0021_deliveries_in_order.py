from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

from headshots.lib.indexes import AddIndexAside


class Migration(migrations.Migration):
    # Whoever works meanwhile is not kept waiting.
    atomic = False

    dependencies = [
        ("accounts", "0020_links_for_rights_alone"),
    ]

    operations = [
        AddIndexAside(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["endpoint", "next_at", "id"],
                name="webhook_delivery_next",
            ),
        ),
        RemoveIndexConcurrently(model_name="webhookdelivery", name="webhook_delivery_due"),
    ]

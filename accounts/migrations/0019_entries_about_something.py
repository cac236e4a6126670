from django.db import migrations, models

from headshots.lib.indexes import AddIndexAside


class Migration(migrations.Migration):
    # Whoever works meanwhile is not kept waiting.
    atomic = False

    dependencies = [
        ("accounts", "0018_sandboxes_without_members"),
    ]

    operations = [
        AddIndexAside(
            model_name="auditentry",
            index=models.Index(
                fields=["organisation", "object_type", "object_id"], name="audit_about"
            ),
        ),
    ]

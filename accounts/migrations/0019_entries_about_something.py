from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Whoever works meanwhile is not kept waiting. One index a migration: one that broke off can be
    # gone on with.
    atomic = False

    dependencies = [
        ("accounts", "0018_sandboxes_without_members"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(
                fields=["organisation", "object_type", "object_id"], name="audit_about"
            ),
        ),
    ]

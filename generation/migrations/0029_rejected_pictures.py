from typing import Any

from django.db import migrations, models
from django.db.models.functions import Now


def mark_open_ones(apps: Any, schema: Any) -> None:
    """What was rejected and has not been followed by another pick yet."""
    apps.get_model("generation", "Candidate").objects.filter(
        headshots__shoot__in=apps.get_model("generation", "Shoot").objects.exclude(redo_reason="")
    ).update(rejected_at=Now())


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0028_team_pages_of_partners"),
    ]

    operations = [
        migrations.AddField(
            model_name="candidate",
            name="rejected_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(mark_open_ones, migrations.RunPython.noop),
    ]

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def count_rounds(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Until now each round after the first counted as asked for."""
    apps.get_model("generation", "Shoot").objects.filter(round__gt=1).update(
        asked_again=F("round") - 1
    )


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0021_what_partners_make"),
    ]

    operations = [
        migrations.AddField(
            model_name="shoot",
            name="asked_again",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.RunPython(count_rounds, migrations.RunPython.noop),
    ]

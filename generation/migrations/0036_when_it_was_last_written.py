from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models.functions import Coalesce


def note_writes(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What was read back was written right before; of the rest it is not kept when, and nothing
    that was put back counts as written since."""
    written = apps.get_model("generation", "Publication").objects.filter(wrote=True)
    written.update(wrote_at=Coalesce("done_at", "created_at"))


class Migration(migrations.Migration):
    dependencies = [("generation", "0035_who_picked_and_what_is_packed")]

    operations = [
        migrations.AddField(
            model_name="publication",
            name="wrote_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(note_writes, migrations.RunPython.noop, elidable=True),
    ]

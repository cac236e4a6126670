from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def note_members(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Members have never picked but in somebody's place; of programs it was not kept."""
    headshots = apps.get_model("generation", "Headshot").objects.exclude(picked_by=None)
    headshots.update(picked_in_their_place=True)


class Migration(migrations.Migration):
    dependencies = [("generation", "0034_what_lists_tell")]

    operations = [
        migrations.AddField(
            model_name="export",
            name="kinds",
            field=ArrayField(
                models.CharField(max_length=40), blank=True, db_default=[], default=list
            ),
        ),
        migrations.AddField(
            model_name="headshot",
            name="picked_in_their_place",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunPython(note_members, migrations.RunPython.noop, elidable=True),
    ]

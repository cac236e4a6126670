from django.db import migrations


def forget_tokens(apps, schema_editor):
    """Tokens that were given to sandboxes are destroyed: a stand-in takes the vendor's place."""
    directories = apps.get_model("generation", "Directory").objects
    directories.filter(organisation__sandbox_of__isnull=False).exclude(sealed="").update(
        sealed="sandbox:1"
    )


class Migration(migrations.Migration):
    dependencies = [("generation", "0032_pages_of_an_order")]

    operations = [migrations.RunPython(forget_tokens, migrations.RunPython.noop)]

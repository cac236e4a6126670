"""When copying the photos for another look was queued last, so that nobody keeps others waiting."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0025_columns_that_old_code_leaves_out"),
    ]

    operations = [
        migrations.AddField(
            model_name="shoot",
            name="begun_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]

"""When a top-up that broke off is gone on with at the earliest."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0007_grants_as_entries_say"),
    ]

    operations = [
        migrations.AddField(
            model_name="topup",
            name="go_on_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]

"""When Stripe was asked for what a purchase says, so that a later answer is kept."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0008_top_ups_pause"),
    ]

    operations = [
        migrations.AddField(
            model_name="purchase",
            name="asked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]

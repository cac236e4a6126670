from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0022_requests_for_new_pictures"),
    ]

    operations = [
        migrations.AddField(
            model_name="selfie",
            name="attempts",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="selfie",
            name="tried_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0026_other_looks_take_turns"),
    ]

    operations = [
        migrations.AddField(
            model_name="candidate",
            name="compared_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]

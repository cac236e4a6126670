from django.db import migrations, models

from headshots.lib.indexes import AddIndexAside


class Migration(migrations.Migration):
    # Whoever works meanwhile is not kept waiting.
    atomic = False

    dependencies = [
        ("generation", "0023_judging_is_counted"),
    ]

    operations = [
        AddIndexAside(
            model_name="finishing",
            index=models.Index(fields=["tried_at"], name="finishing_by_try"),
        ),
        AddIndexAside(
            model_name="headshot",
            index=models.Index(fields=["approved_at"], name="headshot_by_approval"),
        ),
        AddIndexAside(
            model_name="selfie",
            index=models.Index(
                condition=models.Q(("verdict", "checking")),
                fields=["created_at"],
                name="selfie_checking",
            ),
        ),
        AddIndexAside(
            model_name="selfie",
            index=models.Index(fields=["created_at"], name="selfie_by_age"),
        ),
        AddIndexAside(
            model_name="shoot",
            index=models.Index(
                condition=models.Q(
                    (
                        "state__in",
                        ["cancelled", "delivered", "failed", "opted_out", "withdrawn"],
                    ),
                    _negated=True,
                ),
                fields=["state", "state_since"],
                name="shoot_open",
            ),
        ),
        AddIndexAside(
            model_name="shoot",
            index=models.Index(
                condition=models.Q(("state__in", ["opted_out", "withdrawn"])),
                fields=["state_since"],
                name="shoot_left",
            ),
        ),
    ]

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class GenerationConfig(AppConfig):
    name = "generation"

    def ready(self) -> None:
        from generation.dispatch import canary  # noqa: F401  has a cluster's workers report
        from generation.inviting import (
            new_addresses,  # noqa: F401  invites there
            partners_shut_out,  # noqa: F401  ends what they were given
        )
        from generation.own_vault import make_one
        from generation.sandbox import opening  # noqa: F401  furnishes sandboxes that are opened
        from generation.schedules import make_schedules

        post_migrate.connect(make_schedules, sender=self)
        post_migrate.connect(make_one, sender=self)

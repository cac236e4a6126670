from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from billing import price_tables, schedules
        from billing.payments import receivers  # noqa: F401  connects them to dj-stripe's signals

        post_migrate.connect(schedules.make_schedules, sender=self)
        post_migrate.connect(price_tables.update, sender=self)

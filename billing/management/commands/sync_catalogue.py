"""`manage.py sync_catalogue`: what we sell and where events go, at Stripe."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.payments.catalogue_sync import sync_catalogue
from billing.payments.endpoint import ensure_endpoint
from headshots.lib.problems import Problem


class Command(BaseCommand):
    help = (
        "Make or update products, prices and the webhook endpoint at Stripe. Run it again freely."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = [*sync_catalogue(), *ensure_endpoint()]
        except Problem as problem:
            raise CommandError(problem.sentence) from problem
        for line in done or ["everything stands"]:
            self.stdout.write(line)

"""Play the demo's story."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from headshots.demo.story import play


class Command(BaseCommand):
    help = "Place the demo's order and see it through (used by `make demo`)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This makes invented people; it runs with HEADSHOTS_DEMO=1 alone.")
        if not play():
            raise CommandError("Not everybody has a headshot.")

"""`manage.py stripe_sandbox`: the local stand-in for Stripe, until Ctrl-C."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from billing.sandbox import __main__ as stand_in


class Command(BaseCommand):
    help = "Serve a stand-in for Stripe on this machine. No money moves."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, help="the site's setting, else 12111")
        parser.add_argument("--settle-after", type=float, metavar="SECONDS", default=20)

    def handle(self, *args: Any, **options: Any) -> None:
        # Also where the key is in no variable, but in what the settings were read from.
        if settings.STRIPE_LIVE_MODE:
            raise CommandError(stand_in.BESIDE_A_LIVE_KEY)
        port = options["port"]
        if port is None:
            port = urlsplit(settings.STRIPE_SANDBOX).port or stand_in.PORT
        state = settings.VAR_DIR / "stripe-sandbox.sqlite"
        arguments = ["--port", str(port), "--state", str(state)]
        if stand_in.main([*arguments, "--settle-after", str(options["settle_after"])]):
            raise CommandError("The stand-in did not start.")

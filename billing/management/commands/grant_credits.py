"""Give credits to an organisation by hand."""

from __future__ import annotations

import argparse
import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.actors import Actor
from accounts.models import Organisation
from billing import ledger
from headshots.lib.problems import Problem


class Command(BaseCommand):
    help = "Grant credits to an organisation, with the reason."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("organisation", help="its slug, as in its pages' addresses")
        parser.add_argument("amount", type=int)
        parser.add_argument("--reason", required=True)
        parser.add_argument(
            "--key", help="the same key grants once, however often the command runs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        organisation = Organisation.objects.filter(slug=options["organisation"]).first()
        if organisation is None:
            raise CommandError(f"There is no organisation “{options['organisation']}”.")
        try:
            done = ledger.grant(
                actor=Actor(kind="command", name="grant_credits"),
                organisation=organisation,
                amount=options["amount"],
                source_key=f"command:{options['key'] or secrets.token_hex(8)}",
                note=options["reason"],
            )
        except Problem as problem:
            raise CommandError(problem.sentence) from problem
        balance = ledger.balance(organisation=organisation)
        self.stdout.write(
            f"{'Granted' if done else 'Already granted'}. {organisation}: "
            f"{balance.available} available, {balance.held} held."
        )

"""Correct an organisation's credits by hand, up or down."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.actors import Actor
from accounts.models import Organisation
from billing import ledger
from headshots.lib.problems import Problem


class Command(BaseCommand):
    help = "Add credits to an organisation or take free ones away, with the reason and who says so."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("organisation", help="its slug, as in its pages' addresses")
        parser.add_argument("amount", type=int, help="below nought to take credits away")
        parser.add_argument("--reason", required=True, help="stands in the ledger and audit log")
        parser.add_argument("--by", required=True, metavar="NAME", help="who has it adjusted")
        parser.add_argument(
            "--key", default="", help="the same key adjusts once, however often the command runs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        organisation = Organisation.objects.filter(slug=options["organisation"]).first()
        if organisation is None:
            raise CommandError(f"There is no organisation “{options['organisation']}”.")
        by = " ".join(options["by"].split())
        if not by:
            raise CommandError("Say who has the credits adjusted.")
        try:
            done = ledger.adjust(
                actor=Actor(kind="command", name=by),
                organisation=organisation,
                amount=options["amount"],
                reason=options["reason"],
                source_key=options["key"],
            )
        except Problem as problem:
            raise CommandError(problem.sentence) from problem
        balance = ledger.balance(organisation=organisation)
        self.stdout.write(
            f"{'Adjusted' if done else 'Already adjusted'}. {organisation}: "
            f"{balance.available} available, {balance.held} held."
        )

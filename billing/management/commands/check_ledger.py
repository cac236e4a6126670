"""Count the credit ledger again from its entries."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.models import CreditAccount, CreditEntry
from billing.recount import recount


class Command(BaseCommand):
    help = "Recompute every account, grant and hold from the entries; fails on any difference."

    def handle(self, *args: Any, **options: Any) -> None:
        differences = 0
        for difference in recount():
            self.stderr.write(str(difference))
            differences += 1
        if differences:
            raise CommandError(f"{differences} differences.")
        self.stdout.write(
            f"{CreditAccount.objects.count()} accounts, {CreditEntry.objects.count()} entries: "
            "all adds up."
        )

"""Compare the vault with the database, as after a backup was brought back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation import own_vault
from generation.leaving import looking_over
from headshots.lib.problems import Problem

_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Say what rows and private files miss of each other; changes nothing without an option. "
        "See docs/operations.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--adopt",
            action="store_true",
            help="take the folder that HEADSHOTS_PRIVATE_DIR names for this database's vault",
        )
        parser.add_argument(
            "--mend",
            action="store_true",
            help="withdraw again whoever had withdrawn, and let the search for strays go on",
        )
        parser.add_argument("--all", action="store_true", help=f"name more than {_SHOWN} files")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["adopt"]:
            own_vault.adopt()
        try:
            found = looking_over.look()
            self._list("that rows know are missing", found.missing, options["all"])
            self._list("belong to no row, and go with the strays", found.unknown, options["all"])
            for name in found.strangers:
                self.stdout.write(f"A folder belongs to no organisation of this database: {name}")
            if found.older:
                self.stdout.write(
                    "The database is older than the vault; no stray is destroyed until --mend."
                )
            for shoot in found.undone:
                self.stdout.write(f"Withdrawn, and here again: {shoot.pk} in {shoot.order.name}")
            if options["mend"]:
                left = looking_over.mend(found)
                self.stdout.write(f"{len(found.undone) - len(left)} withdrawn again.")
                for shoot in left:
                    self.stdout.write(f"No release is signed here, so nothing ends: {shoot.pk}")
                found.undone, found.older = left, False
        except Problem as problem:
            raise CommandError(problem.sentence) from problem
        if not found.good:
            raise CommandError("Something is to be done; see above and docs/operations.md.")
        self.stdout.write("Rows and files agree.")

    def _list(self, what: str, keys: Sequence[str], everything: bool) -> None:
        if not keys:
            return
        self.stdout.write(f"{len(keys)} files {what}:")
        shown = keys if everything else keys[:_SHOWN]
        for key in shown:
            self.stdout.write(f"  {key}")
        if len(shown) < len(keys):
            self.stdout.write(f"  and {len(keys) - len(shown)} more (--all)")

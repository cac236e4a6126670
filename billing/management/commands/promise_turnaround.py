"""Promise an organisation a turnaround of its own."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor
from accounts.models import Organisation
from billing import terms
from headshots.lib.problems import Problem


class Command(BaseCommand):
    help = "Promise an organisation pictures within so many hours of photos handed in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organisation", help="its address, as in /o/ADDRESS/")
        parser.add_argument("hours", help="hours; 0 promises none, “usual” what everybody gets")

    def handle(self, *args: Any, **options: Any) -> None:
        organisation = Organisation.objects.filter(slug=options["organisation"]).first()
        if organisation is None:
            raise CommandError(f"There is no organisation at /o/{options['organisation']}/.")
        said = options["hours"]
        if said != "usual" and not said.isdecimal():
            raise CommandError("Give the hours as a whole number, or “usual”.")
        try:
            terms.promise(
                actor=Actor(kind="command", name="promise_turnaround"),
                organisation=organisation,
                hours=None if said == "usual" else int(said),
            )
        except Problem as problem:
            raise CommandError(problem.sentence) from None
        hours = terms.promised_hours(organisation)
        self.stdout.write(
            f"{organisation.name}: pictures within {hours} hours."
            if hours
            else f"{organisation.name}: nothing is promised."
        )

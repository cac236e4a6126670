"""Say what this worker host can do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.dispatch import base_model
from headshots.lib.problems import Problem


class Command(BaseCommand):
    help = (
        "Load the base model, train a full batch of people for two steps, draw a batch of "
        "pictures, and print what this host can do."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--force", action="store_true", help="try a base model that needs a GPU without one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            base_model.refuse_unusable()
        except Problem as problem:
            raise CommandError(problem.sentence) from problem
        from generation.engine.check import gpu_check

        found = gpu_check(
            base_model.folder(),
            device=settings.GPU_DEVICE,
            people=settings.PEOPLE_AT_ONCE,
            force=options["force"],
            say=self._say,
        )
        for name, value in found.items():
            if name not in ("ok", "sentences"):
                self.stdout.write(f"{name:24} {value}")
        if not found.get("ok"):
            raise CommandError("This host cannot work as a worker; the reason stands above.")

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()

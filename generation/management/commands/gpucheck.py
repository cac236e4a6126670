"""Say what this worker host can do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from generation.dispatch import base_model
from headshots.lib.problems import Problem


class Command(BaseCommand):
    help = "Load the base model, train two steps, draw one image, and print what this host can do."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            base_model.refuse_unusable()
        except Problem as problem:
            raise CommandError(problem.sentence) from problem
        from generation.engine.check import gpu_check

        found = gpu_check(base_model.folder(), device=settings.GPU_DEVICE)
        for name, value in found.items():
            if name not in ("ok", "sentences"):
                self.stdout.write(f"{name:24} {value}")
        sentences = found.get("sentences")
        if isinstance(sentences, list):
            for sentence in sentences:
                self.stdout.write(str(sentence))
        if not found.get("ok"):
            raise CommandError("This host cannot work as a worker; the reason stands above.")

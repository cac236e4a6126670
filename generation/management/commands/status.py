"""Say how this installation does."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from generation.dispatch import watch


class Command(BaseCommand):
    help = "Say how each part does; ends with an error where one does not do well."

    def handle(self, *args: Any, **options: Any) -> None:
        parts = watch.look()
        for part in parts:
            self.stdout.write(f"{'ok ' if part.good else 'BAD'} {part.name:<17}{part.said}")
        if bad := [part.name for part in parts if not part.good]:
            raise CommandError(f"Not well: {', '.join(bad)}.")

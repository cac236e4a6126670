"""Bring the catalogues up to what the code marks, and compile them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from headshots.lib import catalogues

CODE = ("accounts", "billing", "generation", "headshots")
TEMPLATES = ("templates",)
SCRIPTS = "headshots/static/js"


class Command(BaseCommand):
    help = "Collect what is to be translated, update locale/, compile it, and say what is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        root = settings.BASE_DIR
        collected = catalogues.collect(root, CODE, TEMPLATES)
        scripts = catalogues.collect_scripts(root, SCRIPTS)
        for language, name in settings.LANGUAGES:
            if language == settings.LANGUAGE_CODE:
                continue
            folder = root / "locale" / language / "LC_MESSAGES"
            catalogues.update(folder / "django.po", language, collected)
            catalog = catalogues.read(folder / "django.po", language)
            (folder / "django.mo").write_bytes(catalogues.compiled(catalog))
            catalogues.update(folder / "scripts.po", language, scripts)
            own = catalogues.read(folder / "scripts.po", language)
            (root / SCRIPTS / "words" / f"{language}.js").write_text(
                catalogues.script(own), "utf-8"
            )
            left = catalogues.missing(catalog) + catalogues.missing(own)
            self.stdout.write(f"{name}: {len(catalog) + len(own)} sentences, {len(left)} to do")
            for words in left:
                self.stdout.write(f"  {words}")

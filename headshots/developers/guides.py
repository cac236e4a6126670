"""Guides for partners: pages of docs/, served by the site itself with its own address in them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from headshots.lib.markdown import Guide, render

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs"
# What stands in the files for the address of the site.
PLACEHOLDER = "http://127.0.0.1:8000"
# The guides in their order: the name of the page and of the file.
NAMES = ("quick-start", "api", "webhooks", "python-client")


def guide(name: str) -> Guide:
    """One of NAMES."""
    return _render(FOLDER / f"{name}.md", settings.SITE_URL)


@lru_cache(maxsize=16)
def _render(file: Path, site: str) -> Guide:
    return render(file.read_text(encoding="utf-8").replace(PLACEHOLDER, site))


def titles() -> list[tuple[str, str]]:
    """Name and title of each guide."""
    return [(name, guide(name).title) for name in NAMES]

"""What every page knows."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """Whether this is the demo, and whether people in pictures are drawn."""
    return {
        # By their own names, whatever the page speaks.
        "site_languages": settings.LANGUAGES,
        "demo": settings.DEMO,
        "illustrated": settings.BASE_MODEL == "embedded",
    }

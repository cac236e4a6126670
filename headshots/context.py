"""What every page knows."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """Whether this is the demo, and whether people in pictures are drawn."""
    return {"demo": settings.DEMO, "illustrated": settings.BASE_MODEL == "embedded"}

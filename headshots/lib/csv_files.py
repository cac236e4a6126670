"""Answers that a browser saves as a CSV file."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone


def csv_file(data: bytes, *, name: str) -> HttpResponse:
    """A file NAME-DAY.csv of UTF-8, by the day where the request stands; kept by nobody between."""
    named = f"{name}-{timezone.localdate():%Y-%m-%d}.csv"
    return HttpResponse(
        data,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{named}"',
            "Cache-Control": "private, no-store",
        },
    )

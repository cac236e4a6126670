"""CSV files that a browser saves."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from headshots.lib.csv_files import csv_file


@pytest.mark.parametrize(("zone", "day"), [("UTC", "28"), ("Europe/Berlin", "29")])
def test_a_file_is_named_by_the_day_there_and_kept_by_nobody(
    monkeypatch: pytest.MonkeyPatch, zone: str, day: str
) -> None:
    late = datetime(2026, 11, 28, 23, 30, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: late)
    with timezone.override(zone):
        answer = csv_file("Müller".encode(), name="log")
    assert answer["Content-Disposition"] == f'attachment; filename="log-2026-11-{day}.csv"'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer.content.decode() == "Müller"

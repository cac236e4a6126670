"""Whole numbers, typed and read."""

from __future__ import annotations

import pytest
from django.utils import translation

from headshots.lib import numbers


@pytest.mark.parametrize(
    ("language", "typed", "meant"),
    [
        ("en", "1200", 1200),
        ("en", " 7 ", 7),
        ("en", "1,200", 1200),
        ("en", "1,234,567", 1_234_567),
        ("en", "1 200", 1200),
        ("de", "1.200", 1200),
        ("fr", "1\u202f200", 1200),
        ("es", "1\u00a0200", 1200),
        ("en", "0", 0),
        # A fraction is not taken for a thousand times as much.
        ("en", "1.200", -1),
        ("de", "1,200", -1),
        ("en", "1,20", -1),
        ("en", "1.5", -1),
        ("en", "-3", -1),
        ("en", "", -1),
        ("en", "many", -1),
        ("en", "²", -1),
        ("en", "٣", -1),
        ("en", "9" * 13, -1),
        ("en", "9" * 5000, -1),
        ("en", "1" + ",000" * 2000, -1),
    ],
)
def test_what_somebody_types(language: str, typed: str, meant: int) -> None:
    with translation.override(language):
        assert numbers.whole(typed) == meant


@pytest.mark.parametrize(
    ("language", "read"),
    [("en", "12,345"), ("de", "12.345"), ("fr", "12\u00a0345"), ("es", "12\u00a0345")],
)
def test_thousands_are_parted_as_the_reader_is_used_to(language: str, read: str) -> None:
    with translation.override(language):
        assert numbers.grouped(12_345) == read
        assert numbers.grouped(999) == "999"

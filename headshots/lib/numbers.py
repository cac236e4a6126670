"""Whole numbers as people type them and as they read them."""

from __future__ import annotations

import re

from django.utils.formats import get_format, number_format

# No more than a column of PostgreSQL holds, whatever somebody sends.
_MOST_DIGITS = 12
_BLANKS = " \u00a0\u2009\u202f"


def whole(text: str) -> int:
    """The whole number that somebody typed, its thousands parted as in the language that is active,
    by blanks or not at all. Anything else is -1, which no bound takes: a sign, a fraction, words,
    more than twelve digits."""
    parting = re.escape(str(get_format("THOUSAND_SEPARATOR")))
    typed = text.strip()
    if re.fullmatch(rf"[0-9]{{1,3}}(?:(?:{parting}|[{_BLANKS}])[0-9]{{3}})+", typed):
        typed = re.sub("[^0-9]", "", typed)
    if not re.fullmatch(rf"[0-9]{{1,{_MOST_DIGITS}}}", typed):
        return -1
    return int(typed)


def grouped(number: int) -> str:
    """A whole number to be read, in the language that is active: “1,200”, in German “1.200”."""
    return number_format(number, force_grouping=True)

"""Small sums: what making something costs is often less than a cent."""

from __future__ import annotations

from babel import UnknownLocaleError
from babel.numbers import format_decimal
from django import template
from django.utils.translation import get_language, to_locale

from headshots.lib.money import money

register = template.Library()


@register.filter
def cost(cents: float | None) -> str:
    """Cents as “0.42 ¢”, from a dollar on as “$1.20”."""
    value = float(cents or 0.0)
    if abs(value) >= 100:
        return money(round(value))
    digits = "0.##" if abs(value) < 10 else "0.#"
    if 0 < abs(value) < 0.005:
        return "< 0.01 ¢"
    try:
        written = format_decimal(value, format=digits, locale=to_locale(get_language() or "en"))
    except UnknownLocaleError:
        written = format_decimal(value, format=digits, locale="en")
    return f"{written} ¢"

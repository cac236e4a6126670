"""Sums of money in the reader's language."""

from __future__ import annotations

from babel import UnknownLocaleError
from babel.numbers import format_currency
from django.utils.translation import get_language, to_locale


def money(cents: int | None, currency: str = "usd") -> str:
    """Cents as “$1,234.00”, whole sums as “$1,234”."""
    amount = (cents or 0) / 100
    whole = amount == int(amount)
    try:
        return str(_written(amount, currency, whole, to_locale(get_language() or "en")))
    except UnknownLocaleError:
        return str(_written(amount, currency, whole, "en"))


def _written(amount: float, currency: str, whole: bool, locale: str) -> str:
    if not whole:
        return format_currency(amount, currency.upper(), locale=locale)
    return (
        format_currency(
            amount, currency.upper(), locale=locale, currency_digits=False, format="¤#,##0"
        )
        if locale.startswith("en")
        else format_currency(amount, currency.upper(), locale=locale)
    )

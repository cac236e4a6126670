"""Which law somebody signs under: what their release has to say besides what all say."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from babel import Locale
from babel.core import get_global
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy, to_locale

from accounts.models import Employee


class Jurisdiction(models.TextChoices):
    EUROPE = "eu", gettext_lazy("European Union, EEA, United Kingdom or Switzerland")
    AMERICA = "us", gettext_lazy("United States")
    OTHER = "other", gettext_lazy("Elsewhere")


_EUROPE = re.compile(
    "AT|BE|BG|CH|CY|CZ|DE|DK|EE|ES|FI|FR|GB|GR|HR|HU|IE|IS|IT|LI|LT|LU|LV|MT|NL|NO|PL|PT|RO|SE|SI|SK"
)


def guess(employee: Employee) -> Jurisdiction:
    """Where somebody likely works, by the location on the roster: a country in one of our
    languages, or a city that a time zone is named after.

    It is what the page begins with; the employee says it themselves.
    """
    words = _plain(employee.location)
    places = _places()
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length + 1):
            code = places.get(" ".join(words[start : start + length]))
            if code:
                return _of(code)
    return Jurisdiction.OTHER


def _of(country: str) -> Jurisdiction:
    if _EUROPE.fullmatch(country):
        return Jurisdiction.EUROPE
    return Jurisdiction.AMERICA if country == "US" else Jurisdiction.OTHER


def _plain(text: str) -> list[str]:
    letters = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.findall(r"[a-z]+", letters)


@cache
def _places() -> dict[str, str]:
    """Plain names of countries and cities, and the country's code."""
    found = {"usa": "US", "uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB"}
    for zone, country in get_global("zone_territories").items():
        city = zone.rsplit("/", 1)[-1].replace("_", " ")
        found.setdefault(" ".join(_plain(city)), country)
    for language, _ in settings.LANGUAGES:
        for code, name in Locale.parse(to_locale(language)).territories.items():
            if len(code) == 2 and code.isalpha():
                found[" ".join(_plain(name))] = code
    return found

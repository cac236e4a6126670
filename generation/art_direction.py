"""The words a look is made of. The embedded base model knows exactly these."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

CHOICES: dict[str, tuple[str, ...]] = {
    gettext_noop("attire"): (
        gettext_noop("navy suit"),
        gettext_noop("charcoal suit"),
        gettext_noop("black suit"),
        gettext_noop("dark blazer"),
        gettext_noop("white shirt"),
        gettext_noop("light blue shirt"),
        gettext_noop("black turtleneck"),
        gettext_noop("green sweater"),
    ),
    gettext_noop("backdrop"): (
        gettext_noop("studio grey"),
        gettext_noop("studio white"),
        gettext_noop("studio blue"),
        gettext_noop("warm beige"),
        gettext_noop("office"),
        gettext_noop("outdoors"),
    ),
    gettext_noop("expression"): (
        gettext_noop("slight smile"),
        gettext_noop("neutral"),
        gettext_noop("smile"),
    ),
    gettext_noop("light"): (
        gettext_noop("soft light"),
        gettext_noop("side light"),
        gettext_noop("bright light"),
    ),
    gettext_noop("framing"): (gettext_noop("head and shoulders"), gettext_noop("close")),
}
FIELDS = tuple(CHOICES)


@dataclass(frozen=True)
class ArtDirection:
    """A look frozen for an order."""

    attire: str
    backdrop: str
    expression: str
    light: str
    framing: str
    # What an employee may wear instead of `attire`, if they wish.
    attire_choices: tuple[str, ...] = ()

    def words(self) -> str:
        """The look in a line: “navy suit, studio grey, slight smile, soft light”."""
        return ", ".join(
            gettext(word) for word in (self.attire, self.backdrop, self.expression, self.light)
        )


def choices(field: str) -> list[tuple[str, str]]:
    """The choices of a field as pairs for a model or a form."""
    return [(value, value.capitalize()) for value in CHOICES[field]]

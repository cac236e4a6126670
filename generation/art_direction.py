"""The words a look is made of. The embedded base model knows exactly these."""

from __future__ import annotations

from dataclasses import dataclass

CHOICES: dict[str, tuple[str, ...]] = {
    "attire": (
        "navy suit",
        "charcoal suit",
        "black suit",
        "dark blazer",
        "white shirt",
        "light blue shirt",
        "black turtleneck",
        "green sweater",
    ),
    "backdrop": (
        "studio grey",
        "studio white",
        "studio blue",
        "warm beige",
        "office",
        "outdoors",
    ),
    "expression": ("slight smile", "neutral", "smile"),
    "light": ("soft light", "side light", "bright light"),
    "framing": ("head and shoulders", "close"),
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
        return ", ".join((self.attire, self.backdrop, self.expression, self.light))


def choices(field: str) -> list[tuple[str, str]]:
    """The choices of a field as pairs for a model or a form."""
    return [(value, value.capitalize()) for value in CHOICES[field]]

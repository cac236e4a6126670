"""What things cost in credits: the one table, for orders, add-ons, pages and the API."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CREDITS_A_SHOOT = 1


@dataclass(frozen=True)
class AddOn:
    """Something that can be had besides a headshot, for so many credits a person."""

    key: str
    name: str | Promise
    says: str | Promise
    credits: int


MORE_PICTURES = AddOn(
    "more_pictures",
    _("More pictures to choose from"),
    _("Eight or more pictures that passed the check of likeness, instead of four."),
    1,
)
ANOTHER_LOOK = AddOn(
    "another_look",
    _("Another look"),
    _("A second headshot of the same photos in another look. Nobody has to send photos again."),
    1,
)
ADD_ONS = (MORE_PICTURES, ANOTHER_LOOK)


def credits_a_shoot(*, more_pictures: bool = False) -> int:
    """What is held for one person when their photos are handed in."""
    return CREDITS_A_SHOOT + (MORE_PICTURES.credits if more_pictures else 0)

"""What shows in finished files and wants a look, in words; by the codes that are kept of it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

# Of a headshot's files. That they were enlarged stands beside each of them.
_OF_HEADSHOTS = {
    "hair_missing": gettext_noop(
        "The upper edge of the picture cuts much of the hair, so that the head looks flat."
    ),
    "hair_cut": gettext_noop(
        "The upper edge of the picture cuts the hair, which was rounded off there."
    ),
    "shoulders_cut": gettext_noop(
        "The side of the picture cuts a shoulder, which fades out there in wide files."
    ),
    "busy_backdrop": gettext_noop(
        "The picture that this is made from has no plain backdrop, so something behind the person "
        "may show at the outline."
    ),
}
# Of a photo that somebody gave instead, for who is in charge.
_OF_PHOTOS = {
    "hair_missing": gettext_noop(
        "The upper edge of this photo cuts much of the hair, so that the head looks flat; one with "
        "some room above the hair is needed. They are told, too."
    ),
    "hair_cut": gettext_noop(
        "The upper edge of this photo cuts the hair; one with some room above the hair is better. "
        "They are told, too."
    ),
    "shoulders_cut": gettext_noop(
        "The side of this photo cuts a shoulder; one taken from a little further away is better. "
        "They are told, too."
    ),
    "busy_backdrop": gettext_noop(
        "The backdrop of this photo is not plain, so something behind the person may show at the "
        "outline; a plain wall is better. They are told, too."
    ),
}
# A busy backdrop is how some looks are drawn; with these nobody should be delivered unseen.
_FLAWS = ("hair_missing", "hair_cut", "shoulders_cut")


def of_headshot(notes: Iterable[str]) -> list[str]:
    """Everything, in sentences."""
    return _words(_OF_HEADSHOTS, notes)


def flaws(notes: Iterable[str]) -> list[str]:
    """What keeps a headshot from being delivered unseen, in sentences."""
    return of_headshot([note for note in notes if note in _FLAWS])


def of_photo(notes: Iterable[str]) -> list[str]:
    """Everything about a photo that was given instead of a headshot, in sentences."""
    return _words(_OF_PHOTOS, notes)


def _words(sentences: dict[str, str], notes: Iterable[str]) -> list[str]:
    return [_(sentences[note]) for note in notes if note in sentences]

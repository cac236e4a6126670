"""Pictures beside the short list, folded: no more of them are seen at a time than of the list."""

from __future__ import annotations

from dataclasses import dataclass

from generation.approving.choosing import MOST_SHOWN, Choice
from generation.models import Candidate


@dataclass(frozen=True)
class Fold:
    """Pictures that are unfolded together, each with its number, counted on from the short list.
    `first` and `last` are their places among the `of` others."""

    pictures: list[tuple[int, Candidate]]
    first: int
    last: int
    of: int


def of_others(choice: Choice) -> list[Fold]:
    """The others of a choice, likest first, MOST_SHOWN to a fold."""
    others, before = choice.others, len(choice.short_list)
    return [
        Fold(
            pictures=list(enumerate(others[start : start + MOST_SHOWN], before + start + 1)),
            first=start + 1,
            last=min(start + MOST_SHOWN, len(others)),
            of=len(others),
        )
        for start in range(0, len(others), MOST_SHOWN)
    ]

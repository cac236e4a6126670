"""How much the list that goes along with files says of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generation.models.lists import WithList

_CONTACTS = ("employee number", "email")


@dataclass(frozen=True)
class Told:
    """What may be told: `contacts` are addresses and numbers; `everybody` is listed, also who has
    no file, with their state."""

    contacts: bool = True
    everybody: bool = True

    def columns(self, known: Sequence[str]) -> list[str]:
        """Those of the list's columns that may be told."""
        return [each for each in known if self.contacts or each not in _CONTACTS]

    @classmethod
    def of(cls, holder: WithList) -> Told:
        """What the list of an export or a download link tells."""
        return cls(contacts=holder.contacts, everybody=holder.everybody)


EVERYTHING = Told()

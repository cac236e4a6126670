"""What one person alone may have, settled over many rows at once: by how all of them end up, so
that two people can swap an address and a chain of moves works in any order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Employee
from headshots.lib.problems import Problem

# The name of a field and what it says.
Key = tuple[str, str]


def keys(email: str, employee_number: str) -> frozenset[Key]:
    """What nobody else of the organisation may have."""
    said = (("email", email.lower()), ("employee_number", employee_number))
    return frozenset(key for key in said if key[1])


@dataclass(eq=False)
class Claim:
    """What a person has (nothing, for somebody new) and what a row would have them have; where it
    is refused, why."""

    person: Employee
    had: frozenset[Key]
    wants: frozenset[Key]
    problem: Problem | None = None


def settle(claims: Sequence[Claim], others: Iterable[Employee]) -> None:
    """Refuse the claims to what somebody else has in the end, `others` being people whom no claim
    is about; of two that newly want the same the first gets it. Whoever is refused keeps what
    they had, which may refuse another.
    """
    settling = _Settling(claims, others)
    # What is kept goes first: it does not hang on the order of the rows.
    for claim in claims:
        settling.look_at(claim)
    for claim in claims:
        if settling.look_at(claim):
            settling.give(claim)


def in_the_way(claims: Sequence[Claim]) -> list[Employee]:
    """Whoever gives up what another gets by these claims, none of which is refused."""
    given = frozenset[Key]().union(*(claim.wants - claim.had for claim in claims))
    return [claim.person for claim in claims if (claim.had - claim.wants) & given]


class _Settling:
    def __init__(self, claims: Sequence[Claim], others: Iterable[Employee]) -> None:
        self.held: dict[Key, Employee] = {
            key: person for person in others for key in keys(person.email, person.employee_number)
        }
        self.wanted: dict[Key, list[Claim]] = defaultdict(list)
        for claim in claims:
            self.held |= dict.fromkeys(claim.had & claim.wants, claim.person)
            for key in claim.wants - claim.had:
                self.wanted[key].append(claim)

    def look_at(self, claim: Claim) -> bool:
        """Refuse it where somebody else holds what it wants; returns whether it stands."""
        for key in sorted(claim.wants - claim.had):
            holder = self.held.get(key)
            if holder is not None and holder is not claim.person:
                self._refuse(claim, key, holder)
                break
        return claim.problem is None

    def give(self, claim: Claim) -> None:
        self.held |= dict.fromkeys(claim.wants, claim.person)

    def _refuse(self, claim: Claim, key: Key, holder: Employee) -> None:
        waiting = [(claim, key, holder)]
        while waiting:
            claim, key, holder = waiting.pop()
            if claim.problem is not None:
                continue
            claim.problem = _taken(key[0], holder)
            for wanted in claim.wants - claim.had:
                if self.held.get(wanted) is claim.person:
                    del self.held[wanted]
            for kept in sorted(claim.had - claim.wants):
                self.held[kept] = claim.person
                waiting += [(other, kept, claim.person) for other in self.wanted[kept]]


def _taken(name: str, holder: Employee) -> Problem:
    return Problem(
        _("{name} has this {name2} already.").format(
            name=holder.name, name2=name.replace("_", " ")
        ),
        code=f"{name}_taken",
        field=name,
    )

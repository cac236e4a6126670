"""What happens to somebody in the sandbox: told by their e-mail address.

`fail+gate@example.com` fails at the gate, `wait+choosing@example.com` waits there for whoever
tests; anything may follow the word (`fail+gate.2@…`), as addresses are unique. Everybody else goes
the whole way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import Q

from generation.models import ENDED, State

FAILS: dict[str, str] = {
    "noface": "The photos are refused, as no face is in them; photos are awaited.",
    "gate": "No picture passes the likeness gate; other photos are asked for.",
    "worker": "The work breaks off again and again; the shoot fails, the credit comes back.",
    "optout": "The employee opts out at once.",
    "withdraw": "The employee withdraws as soon as the headshot is delivered.",
    "credits": "No credit is left for them when they are ordered for; nothing is ordered.",
    "handin": "No credit is left when their photos are handed in; a minute later there is.",
    "directory": "They are delivered, and no directory knows them.",
    "forbidden": "They are delivered, and no directory lets the token change their photo.",
    "tokens": "They are delivered; a directory's first tokens run out when a run comes to them.",
}
WAITS: dict[str, frozenset[State]] = {
    "invited": frozenset({State.INVITED}),
    "collecting": frozenset({State.COLLECTING}),
    "choosing": frozenset({State.CHOOSING}),
    "approving": frozenset({State.APPROVING}),
    # For products with pages of their own, which do all of it themselves.
    "everywhere": frozenset({State.INVITED, State.COLLECTING, State.CHOOSING, State.APPROVING}),
}
# Whose way is not at its end.
GOES_ON = ~Q(state__in=ENDED) | Q(
    state=State.DELIVERED, employee__email__iregex=r"^fail\+withdraw([^a-z]|$)"
)
_WORD = re.compile(r"(fail|wait)\+([a-z]+)")


@dataclass(frozen=True)
class Script:
    """How somebody's shoot goes: where it fails, if it does, and in which states it waits."""

    fail: str = ""
    waits: frozenset[State] = frozenset()


def read(email: str) -> Script:
    """The script that an address tells."""
    found = _WORD.match(email.lower())
    if found is None:
        return Script()
    kind, word = found.groups()
    if kind == "fail":
        return Script(fail=word if word in FAILS else "")
    return Script(waits=WAITS.get(word, frozenset()))

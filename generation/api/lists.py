"""What the list that goes along with files may tell: what a key may read of people elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from accounts.api.base import TenantView
from generation.delivering.told import Told

_CONTACTS, _EVERYBODY = "employees:read", "shoots:read"


def told_to(view: TenantView) -> Told:
    """As much as may be told to whoever asks."""
    return Told(contacts=view.may(_CONTACTS), everybody=view.may(_EVERYBODY))


def needed(told: Told) -> Iterator[str]:
    """The scopes that a list takes to be read."""
    if told.contacts:
        yield _CONTACTS
    if told.everybody:
        yield _EVERYBODY

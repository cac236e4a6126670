"""What rows and files miss of each other, as after a backup was brought back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from accounts.actors import SYSTEM
from accounts.models import Organisation
from generation import own_vault
from generation.leaving import journal, strays, withdrawals
from generation.models import (
    Alternative,
    Candidate,
    Export,
    Finish,
    Plate,
    Rendition,
    Selfie,
    Shoot,
)
from generation.storage import vault
from headshots.lib.problems import Problem

_FIELDS: tuple[tuple[type[Model], str, dict[str, Any]], ...] = (
    (Organisation, "logo", {"destroyed_at": None}),
    (Plate, "file", {"organisation__destroyed_at": None}),
    (Finish, "logo", {"organisation__destroyed_at": None}),
    (Selfie, "file", {}),
    (Shoot, "adapter", {}),
    (Candidate, "file", {}),
    (Candidate, "finished", {}),
    (Rendition, "file", {}),
    (Alternative, "file", {}),
    (Alternative, "finished", {}),
    (Export, "file", {}),
)


@dataclass
class Found:
    """Keys that rows know and the vault lacks; keys that no row knows; folders of organisations
    that this database does not have; shoots that were withdrawn and are not; whether the database
    is older than the vault."""

    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    undone: list[Shoot] = field(default_factory=list)
    older: bool = False

    @property
    def good(self) -> bool:
        """Whether nobody has to do anything; strays are cleared by themselves."""
        return not (self.missing or self.strangers or self.undone or self.older)


def look() -> Found:
    """Compare; changes nothing. Takes a look at each file. Raises VaultUnavailable."""
    vault().confirm()
    organisations = {str(pk) for pk in Organisation.objects.values_list("pk", flat=True)}
    return Found(
        missing=[key for key in _named() if not vault().exists(key)],
        unknown=[
            key
            for pk in Organisation.objects.order_by("pk").values_list("pk", flat=True)
            for _place, keys in strays.find(organisation_id=pk)
            for key in keys
        ],
        strangers=[name for name in vault().folders() if name not in organisations],
        undone=journal.undone(),
        older=own_vault.is_older(),
    )


def mend(found: Found) -> list[Shoot]:
    """Withdraw again whoever had withdrawn, which destroys what came back of them, and let the
    search for strays go on. Returns the shoots that could not be withdrawn, as no release is
    signed in this database."""
    left = []
    for shoot in found.undone:
        try:
            withdrawals.withdraw(actor=SYSTEM, shoot=shoot)
        except Problem as problem:
            if problem.code != "no_release":
                raise
            left.append(shoot)
    own_vault.catch_up()
    return left


def _named() -> Iterator[str]:
    for model, name, which in _FIELDS:
        rows = model._default_manager.filter(**which).exclude(**{name: ""}).order_by()
        yield from rows.values_list(name, flat=True).iterator()
    for files in Alternative.objects.values_list("files", flat=True).iterator():
        yield from (file["file"] for file in files)

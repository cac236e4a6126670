"""What rows and files miss of each other, as after a backup was brought back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

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

# Fields that hold a key, and by what way their organisation is found: of one that was closed rows
# stay, and no file.
_OF_SHOOT = "shoot__order__organisation__"
_FIELDS: tuple[tuple[type[Model], str, str], ...] = (
    (Organisation, "logo", ""),
    (Plate, "file", "organisation__"),
    (Finish, "logo", "organisation__"),
    (Selfie, "file", _OF_SHOOT),
    (Shoot, "adapter", "order__organisation__"),
    (Candidate, "file", _OF_SHOOT),
    (Candidate, "finished", _OF_SHOOT),
    (Rendition, "file", f"finishing__headshot__{_OF_SHOOT}"),
    (Alternative, "file", _OF_SHOOT),
    (Alternative, "finished", _OF_SHOOT),
    (Export, "file", "organisation__"),
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
    for model, name, way in _FIELDS:
        rows = model._default_manager.filter(**{f"{way}closed_at": None})
        named = rows.exclude(**{name: ""}).order_by().values_list(name, flat=True)
        yield from named.iterator()
    given = Alternative.objects.filter(**{f"{_OF_SHOOT}closed_at": None})
    for files in given.values_list("files", flat=True).iterator():
        yield from (file["file"] for file in files)

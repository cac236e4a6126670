"""The vault of this installation: the door through which private files go in and out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings

from headshots.lib import vault_mark
from headshots.lib.vault import Vault


@cache
def _vault(root: Path) -> Vault:
    return Vault(root, mark=vault_mark.known)


def vault() -> Vault:
    """The vault under PRIVATE_ROOT, which does nothing where it is not the database's own."""
    return _vault(settings.PRIVATE_ROOT)

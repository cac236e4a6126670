"""Files of people that no row knows any more: looked for once a day, and destroyed.

A process that dies between a file and its row, or a storage that is away when a file should go,
leaves one behind; by the rows nobody would ever find it again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from uuid import UUID

from django_q.tasks import async_task

from accounts.models import Organisation
from generation import own_vault, states
from generation.models import Alternative, Export, Selfie, Shoot, State, Upload
from generation.models.shoots import INSTEAD
from generation.storage import vault
from headshots.lib import stopping
from headshots.lib.vault import FileMissing

# Younger files may yet get their row.
OLD_ENOUGH_S = 3600
# A task goes on in another one after this, before its own limit.
LONGEST_S = 120.0
_AT_ONCE = 500
_EXPORTS = "exports"
# Of whom nothing is kept, pictures neither.
_LEFT = (State.OPTED_OUT, State.WITHDRAWN)


def begin() -> int:
    """Queue the search, organisation by organisation; returns how many.

    Only what lies under an organisation of this database is looked at. Raises OlderDatabase where
    rows may be missing of files that are nobody's strays.
    """
    own_vault.refuse_older()
    count = 0
    for key in Organisation.objects.order_by("pk").values_list("pk", flat=True).iterator():
        async_task("generation.tasks.clear_strays_of", str(key))
        count += 1
    return count


def clear(*, organisation_id: UUID, after: str = "") -> int:
    """Destroy an organisation's strays: photos, trained models, pieces of uploads, ZIPs, pictures
    given instead, and whatever lies there of somebody who opted out or withdrew. Returns how many.

    Begins behind the folder `after`, and queues going on from where LONGEST_S ends it. Raises
    OlderDatabase.
    """
    own_vault.refuse_older()
    until = time.monotonic() + LONGEST_S
    cleared = 0
    for place, keys in find(organisation_id=organisation_id, after=after):
        cleared += sum(vault().delete(key) for key in keys)
        if time.monotonic() > until or stopping.asked():
            async_task("generation.tasks.clear_strays_of", str(organisation_id), place)
            break
    return cleared


def find(*, organisation_id: UUID, after: str = "") -> Iterator[tuple[str, list[str]]]:
    """An organisation's strays, each time with the last of the folders that were looked through,
    in their order, behind the folder `after`."""
    looked: list[str] = []
    place = ""
    for place in vault().folders(str(organisation_id)):
        if place <= after or (place != _EXPORTS and _shoot_of(f"_/{place}") is None):
            continue
        looked += _old(f"{organisation_id}/{place}")
        if len(looked) >= _AT_ONCE:
            yield place, _strays(organisation_id, looked)
            looked = []
    if looked:
        yield place, _strays(organisation_id, looked)


def _strays(organisation_id: UUID, keys: Sequence[str]) -> list[str]:
    known = _known(organisation_id, keys)
    return [key for key in keys if key not in known]


def _old(folder: str) -> Iterator[str]:
    """Keys of a folder that are old enough to be strays."""
    limit = time.time() - OLD_ENOUGH_S
    for key in vault().keys(folder):
        try:
            if vault().changed_at(key) < limit:
                yield key
        except FileMissing:
            continue


def _shoot_of(key: str) -> UUID | None:
    """The shoot in whose folder a file lies."""
    try:
        return UUID(key.split("/")[1].removesuffix(INSTEAD))
    except ValueError:
        return None


def _known(organisation_id: UUID, keys: Sequence[str]) -> set[str]:
    """Those of the keys that are no strays."""
    ids = {found for key in keys if (found := _shoot_of(key))}
    shoots = {shoot.pk: shoot for shoot in Shoot.objects.filter(pk__in=ids)}
    mine = {"shoot__in": ids}
    named = set(Selfie.objects.filter(**mine).values_list("file", flat=True))
    named |= {shoot.adapter for shoot in shoots.values()}
    exports = Export.objects.filter(organisation=organisation_id, file__in=keys)
    named |= set(exports.values_list("file", flat=True))
    for given in Alternative.objects.filter(**mine):
        named |= {given.file, given.finished, *(file["file"] for file in given.files)}
    uploads = {str(pk) for pk in Upload.objects.filter(**mine).values_list("pk", flat=True)}

    at_work = {str(pk) for pk, shoot in shoots.items() if shoot.state in states.WORKING}
    left = {str(pk) for pk, shoot in shoots.items() if shoot.state in _LEFT}

    def known(key: str) -> bool:
        _organisation, place, kind, *rest = key.split("/")
        if key in named or place == _EXPORTS or place.endswith(INSTEAD):
            return key in named
        if kind == "uploads":
            return rest[0] in uploads
        if kind == "adapter":
            # A training keeps its checkpoints there.
            return place in at_work
        return kind != "selfies" and place not in left

    return {key for key in keys if known(key)}

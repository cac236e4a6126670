"""The directory of a sandbox: a stand-in here for every vendor's, so that publishing can be built
and tried, and no photo or token ever leaves.

Everybody of the sandbox's roster is known there, and about half of them, the same ones each time,
have a photo already. Addresses tell what goes wrong (generation.sandbox.script).
"""

from __future__ import annotations

import hashlib
import io
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Employee
from generation.models import Directory, Shoot
from generation.publishing import bamboo
from generation.publishing.interface import Forbidden, Photo, Refusal, TokenDead, UnknownPerson
from generation.sandbox import calls, script
from generation.storage import destroy, vault
from headshots.lib.vault import FileMissing

_MARK = "sandbox:"
# In place of a photo, once somebody's was taken away.
_NONE = b""


class StandIn:
    """What `interface.Target` names, kept in the vault by the id of an employee."""

    def __init__(self, directory: Directory, photo: Photo) -> None:
        self.photo = photo
        self._directory = directory
        self._renewed = _given(directory.sealed) > 1

    def find(self, person: Employee) -> str:
        told = script.read(person.email).fail
        if told == "tokens" and not self._renewed:
            raise TokenDead(_("The directory does not take the token any more. Give a new one."))
        if told == "directory":
            raise UnknownPerson(_("The directory does not know this person."))
        return str(person.pk)

    def read(self, remote_id: str) -> bytes | None:
        try:
            return vault().read(_key(self._directory, UUID(remote_id))) or None
        except FileMissing:
            return _photo_before(self._email(remote_id))

    def write(self, remote_id: str, jpeg: bytes) -> None:
        if script.read(self._email(remote_id)).fail == "forbidden":
            raise Forbidden(
                _("The token may not change this person’s photo; their account may stand above it.")
            )
        vault().put(_key(self._directory, UUID(remote_id)), jpeg)

    def remove(self, remote_id: str) -> None:
        if self._directory.kind == Directory.Kind.BAMBOO:
            raise Refusal(bamboo.cannot_remove())
        vault().put(_key(self._directory, UUID(remote_id)), _NONE)

    def close(self) -> None:
        """Nothing was opened."""

    def _email(self, remote_id: str) -> str:
        mine = Employee.objects.filter(organisation=self._directory.organisation_id)
        found = mine.filter(pk=remote_id).values_list("email", flat=True).first()
        if found is None:
            raise UnknownPerson(_("The directory does not know this person."))
        return found


def mark(before: str) -> str:
    """What is kept in place of tokens: how often some were given, after what is kept now. Tokens
    themselves are not."""
    return f"{_MARK}{_given(before) + 1}"


def folder(directory: Directory) -> str:
    """Where the photos that stand in a stand-in lie in the vault."""
    return f"{directory.organisation_id}/directories/{directory.pk}"


def forget(*, shoot: Shoot) -> None:
    """Destroy what stands in the stand-ins of a sandbox of a person who takes it back; nothing
    where the organisation is real. Call it in the transaction of what it stands for."""
    organisation = shoot.order.organisation
    if calls.is_sandbox(organisation):
        there = Directory.objects.filter(organisation=organisation)
        destroy(keys=[_key(each, shoot.employee_id) for each in there])


def _given(kept: str) -> int:
    """How often tokens were given."""
    return int(kept.removeprefix(_MARK)) if kept.startswith(_MARK) else 0


def _key(directory: Directory, employee_id: UUID) -> str:
    return f"{folder(directory)}/{employee_id}.jpg"


def _photo_before(email: str) -> bytes | None:
    """The photo that stood there before anything was published. Runs in a task, as it loads what
    draws."""
    from generation.sandbox import pictures

    if hashlib.sha256(email.lower().encode()).digest()[-1] % 2:
        return None
    out = io.BytesIO()
    pictures.selfie(email, 0).save(out, "JPEG", quality=85)
    return out.getvalue()

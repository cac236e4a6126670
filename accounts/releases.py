"""The release: its text, its signing, and what an administrator attests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.models import Employee, Invitation, Release
from accounts.webhooks import events
from headshots.lib.problems import Problem

VERSION = "2026-11"
TEXT = """\
I allow {organisation} to have professional headshots made of me by Headshots.

What is used. The photos I upload here, and measurements of my face taken from them. They serve \
one purpose: to train a small model that draws me, to make my headshots with it, and to check that \
each headshot is truly me.

What happens to it. My photos, the measurements and my model are kept apart from everybody \
else's, are seen by nobody but the people who run this order, and are never sold, shared with \
others or used to train a model for anyone else. They are destroyed when the order is finished, \
and at the latest {days} days after I uploaded them.

What comes of it. A few headshots that a computer made. I choose the one I like; {organisation} \
may use that one on its directories, badges and pages. It is marked as made by a computer.

My choice. Taking part is voluntary and has no effect on my employment. I can stop at any time \
through my link, without giving a reason."""
RETENTION_DAYS = 30


@dataclass(frozen=True)
class ReleaseText:
    """The release as one person reads it."""

    version: str
    text: str

    @property
    def paragraphs(self) -> list[str]:
        return self.text.split("\n\n")

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def release_text(employee: Employee) -> ReleaseText:
    """The current text with the organisation's name in it."""
    text = TEXT.format(organisation=employee.organisation.name, days=RETENTION_DAYS)
    return ReleaseText(version=VERSION, text=text)


def sign(*, actor: Actor, invitation: Invitation, typed_name: str, read_hash: str) -> Release:
    """The employee's own signature under the text they were shown (`read_hash` is its SHA-256).

    Raises Problem where the name is missing or the text has changed since it was shown.
    """
    typed_name = " ".join(typed_name.split())
    if len(typed_name) < 2:
        raise Problem(_("Type your full name to sign."), code="name_missing", field="typed_name")
    shown = release_text(invitation.employee)
    if read_hash != shown.sha256:
        raise Problem(
            _("The text has changed since you opened this page. Please read it again."),
            code="release_changed",
        )
    release = Release.objects.create(
        employee=invitation.employee,
        invitation=invitation,
        text_version=shown.version,
        text_hash=shown.sha256,
        typed_name=typed_name[:200],
        address=actor.address,
        signed_at=timezone.now(),
    )
    audit.record(
        actor=actor,
        organisation=invitation.employee.organisation,
        action="release.signed",
        about=release,
        version=shown.version,
    )
    events.emit(
        organisation=invitation.employee.organisation, type="release.signed", resource=release
    )
    return release


def attest(*, actor: Actor, employee: Employee, statement: str) -> Release:
    """A member's word that they hold this employee's signed release.

    Raises Problem where nobody stands behind it.
    """
    if actor.user is None or not statement.strip():
        raise Problem(
            _("Say who attests that each person has signed a release."), code="attestation_missing"
        )
    shown = release_text(employee)
    release = Release.objects.create(
        employee=employee,
        attested_by=actor.user,
        attestation=statement.strip(),
        text_version=shown.version,
        text_hash=shown.sha256,
        signed_at=timezone.now(),
    )
    audit.record(
        actor=actor,
        organisation=employee.organisation,
        action="release.attested",
        about=release,
        statement=statement.strip(),
    )
    events.emit(organisation=employee.organisation, type="release.signed", resource=release)
    return release

"""The release: its text, its signing, and what an administrator attests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, languages
from accounts.actors import Actor
from accounts.consent.jurisdictions import Jurisdiction, guess
from accounts.models import Employee, Invitation, Release
from accounts.webhooks import events
from headshots.lib.problems import Problem

VERSION = "2026-12"
# Versions whose text lets an administrator choose where the person let the due date pass.
MAY_BE_CHOSEN_FOR = frozenset({"2026-12"})
_TEXTS = Path(__file__).parent / "release_texts"
RETENTION_DAYS = 30
# How old consent may be that is handed over, and how far clocks may differ.
OLDEST = timedelta(days=365)
_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class ReleaseText:
    """The release as one person reads it."""

    version: str
    text: str
    jurisdiction: str = ""
    language: str = "en"

    @property
    def paragraphs(self) -> list[str]:
        return self.text.split("\n\n")

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def release_text(
    employee: Employee, *, jurisdiction: str | None = None, language: str = "en"
) -> ReleaseText:
    """The current text for somebody: what all sign, and what their law asks for besides.

    Without a jurisdiction it is guessed from the roster; without a text in `language` it is the
    English one.
    """
    where = jurisdiction if jurisdiction in Jurisdiction.values else str(guess(employee))
    language = language if language in languages.CODES else "en"
    names = {"organisation": employee.organisation.name, "days": RETENTION_DAYS}
    parts = [_part("common", language)]
    if where != Jurisdiction.OTHER:
        parts.append(_part(where, language))
    text = "\n\n".join(parts).format(**names)
    return ReleaseText(version=VERSION, text=text, jurisdiction=where, language=language)


@cache
def _part(name: str, language: str) -> str:
    return (_TEXTS / VERSION / f"{name}.{language}.txt").read_text("utf-8").strip()


def sign(
    *,
    actor: Actor,
    invitation: Invitation,
    typed_name: str,
    read_hash: str,
    jurisdiction: str | None = None,
    language: str = "en",
) -> Release:
    """The employee's own signature under the text they were shown (`read_hash` is its SHA-256).

    Raises Problem where the name is missing or the text has changed since it was shown.
    """
    typed_name = " ".join(typed_name.split())
    if len(typed_name) < 2:
        raise Problem(_("Type your full name to sign."), code="name_missing", field="typed_name")
    shown = release_text(invitation.employee, jurisdiction=jurisdiction, language=language)
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
        text=shown.text,
        jurisdiction=shown.jurisdiction,
        language=shown.language,
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
        text=shown.text,
        jurisdiction=shown.jurisdiction,
        language=shown.language,
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


def hand_over(
    *,
    actor: Actor,
    employee: Employee,
    text: str,
    language: str,
    signed_name: str,
    signed_at: datetime,
    evidence: str,
    jurisdiction: str | None = None,
) -> Release:
    """A partner's program hands over consent that its product collected, with its text and time.

    Raises Problem where it is not a program that hands it over, where the text is not the one
    that we give, word for word, and where it was signed in the future or more than a year ago.
    """
    if actor.key is None:
        raise Problem(_("A release is handed over with a key."), code="key_missing", status=403)
    shown = release_text(employee, jurisdiction=jurisdiction, language=language)
    if " ".join(text.split()) != " ".join(shown.text.split()):
        raise Problem(
            _("This is not the text that has to be signed now. Read it anew and have it signed."),
            code="release_changed",
            field="text",
        )
    now = timezone.now()
    if not now - OLDEST <= signed_at <= now + _SKEW:
        raise Problem(
            _("The time of signing is in the future, or more than a year ago."),
            code="signed_at",
            field="signed_at",
        )
    signed_name = " ".join(signed_name.split())
    evidence = evidence.strip()
    for name, value in (("signed_name", signed_name), ("evidence", evidence)):
        if len(value) < 2:
            raise Problem(
                _("Say who signed, and how it can be proved."), code="evidence_missing", field=name
            )
    release = Release.objects.create(
        employee=employee,
        collected_by=actor.key,
        evidence=evidence,
        text_version=shown.version,
        text_hash=shown.sha256,
        text=shown.text,
        jurisdiction=shown.jurisdiction,
        language=shown.language,
        typed_name=signed_name[:200],
        address=actor.address,
        signed_at=signed_at,
    )
    audit.record(
        actor=actor,
        organisation=employee.organisation,
        action="release.collected",
        about=release,
        version=shown.version,
        evidence=evidence[:500],
    )
    events.emit(organisation=employee.organisation, type="release.signed", resource=release)
    return release


def locked(release_ids: Iterable[UUID]) -> list[Release]:
    """Releases, locked until the transaction ends: whoever withdraws one and whoever begins
    something under it wait for one another. Lock them before any shoot."""
    wanted = Release.objects.select_for_update(no_key=True).filter(pk__in=set(release_ids))
    return list(wanted.order_by("pk"))


def withdraw(*, actor: Actor, release: Release) -> None:
    """Take a release back. Twice is once. Needs a transaction."""
    if release.withdrawn_at is not None:
        return
    release.withdrawn_at = timezone.now()
    release.save(update_fields=["withdrawn_at"])
    audit.record(
        actor=actor,
        organisation=release.employee.organisation,
        action="release.withdrawn",
        about=release,
    )

"""The release of a shoot: signed by the employee, attested, or handed over by a partner."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.consent import releases
from accounts.models import Release
from generation import states
from generation.inviting import notices
from generation.models import Shoot, State


@transaction.atomic
def sign_release(
    *,
    actor: Actor,
    shoot: Shoot,
    typed_name: str,
    read_hash: str,
    jurisdiction: str | None = None,
    language: str = "en",
) -> Release:
    """The employee signs; only now photos may come, and a copy goes out by mail. Signing again
    changes nothing."""
    shoot = states.locked(shoot.pk)
    if shoot.release is not None:
        return shoot.release
    release = releases.sign(
        actor=actor,
        invitation=shoot.invitation,
        typed_name=typed_name,
        read_hash=read_hash,
        jurisdiction=jurisdiction,
        language=language,
    )
    states.move(actor=actor, shoot=shoot, to=State.COLLECTING, release=release)
    notices.notify(shoot=shoot, kind="release")
    return release


@transaction.atomic
def attest_release(*, actor: Actor, shoot: Shoot, statement: str) -> Release:
    """A member attests the release of somebody on whose behalf they act. Once there is a release,
    that one is given back."""
    shoot = states.locked(shoot.pk)
    if shoot.release is not None:
        return shoot.release
    release = releases.attest(actor=actor, employee=shoot.employee, statement=statement)
    states.move(actor=actor, shoot=shoot, to=State.COLLECTING, release=release)
    return release


@transaction.atomic
def hand_over_release(
    *,
    actor: Actor,
    shoot: Shoot,
    text: str,
    language: str,
    signed_name: str,
    signed_at: datetime,
    evidence: str,
    jurisdiction: str | None = None,
) -> Release:
    """A partner hands over the release that its product collected; photos may come then. Once
    there is a release, that one is given back."""
    shoot = states.locked(shoot.pk)
    if shoot.release is not None:
        return shoot.release
    release = releases.hand_over(
        actor=actor,
        employee=shoot.employee,
        text=text,
        language=language,
        signed_name=signed_name,
        signed_at=signed_at,
        evidence=evidence,
        jurisdiction=jurisdiction,
    )
    states.move(actor=actor, shoot=shoot, to=State.COLLECTING, release=release)
    notices.notify(shoot=shoot, kind="release")
    return release

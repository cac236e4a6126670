"""Certificates of destruction: written, signed, handed out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import languages
from generation.models import Certificate, Shoot
from headshots.lib.seals import Seal, holds


def issue(*, shoot: Shoot, facts: dict[str, Any]) -> Certificate:
    """Write and sign the certificate of a withdrawal through a shoot's link, in its person's
    language."""
    certificate = Certificate(shoot=shoot, facts=facts)
    with translation.override(languages.of_employee(shoot.employee, shoot.invitation)):
        certificate.text = _text(certificate)
    certificate.signature = _seal().sign(certificate.text)
    certificate.save()
    return certificate


def of(shoot: Shoot) -> Certificate | None:
    """The certificate of somebody's withdrawal: their shoot's own, or the one issued for what
    they took back with it; where this shoot is not signed for, their newest."""
    if shoot.release_id is None:
        theirs = Certificate.objects.filter(shoot__employee=shoot.employee_id)
        return theirs.order_by("-created_at").first()
    named = Q(
        shoot__employee=shoot.employee_id,
        facts__releases__contains=[{"id": str(shoot.release_id)}],
    )
    found = list(Certificate.objects.filter(Q(shoot__release=shoot.release_id) | named))
    return next((one for one in found if one.shoot_id == shoot.pk), found[0] if found else None)


def _seal() -> Seal:
    return Seal(settings.SECRET_KEY)


def _public_key(certificate: Certificate) -> str:
    """The key to check its signature with, which a former secret key may have made."""
    former = (Seal(key).public_key for key in settings.SECRET_KEY_FALLBACKS)
    today = _seal().public_key
    signed = {"text": certificate.text, "signature": certificate.signature}
    return next((key for key in (today, *former) if holds(**signed, public_key=key)), today)


def _text(certificate: Certificate) -> str:
    facts = certificate.facts
    lines = [
        _("Certificate of destruction"),
        "",
        _("Number: {number}").format(number=certificate.pk),
        _("Person: {name} <{email}>").format(name=facts["name"], email=facts["email"]),
        _("Organisation: {organisation}").format(organisation=facts["organisation"]),
        _("Orders: {names}").format(names=facts["order"]),
        *(
            _("Release: version {version}, signed {time}, SHA-256 {sha256}").format(
                version=release["version"], time=release["signed_at"], sha256=release["sha256"]
            )
            for release in facts["releases"]
        ),
        _("Withdrawn: {time}").format(time=facts["withdrawn_at"]),
        "",
        _("Destroyed on that day, at once and for good:"),
        "- " + _("{count} photos").format(count=facts["photos"]),
        "- " + _("{count} measurements of the face").format(count=facts["measurements"]),
        "- " + _("{count} trained models").format(count=facts["models"]),
        "- " + _("{count} pictures").format(count=facts["pictures"]),
        *_given_instead(facts),
        "",
        _(
            "Kept, as proof of what was agreed: the release, this certificate, and the entries of "
            "the log. None of them contains a picture or a measurement."
        ),
    ]
    if facts["was_delivered"]:
        lines.append(
            _(
                "A headshot had been delivered. {organisation} has been told that it may not be "
                "used any more; copies outside of Headshots are theirs to destroy."
            ).format(organisation=facts["organisation"])
        )
    if facts["standing_in"]:
        lines.append(
            _(
                "A picture had been put into {directories}. {organisation} has been told that it "
                "has to go there, too."
            ).format(
                directories=", ".join(facts["standing_in"]),
                organisation=facts["organisation"],
            )
        )
    return "\n".join(lines) + "\n"


def _given_instead(facts: dict[str, Any]) -> list[str]:
    """The line of a photo or initials that stood for somebody who had opted out."""
    if not facts["alternatives"]:
        return []
    return [
        "- " + _("{count} photos or initials given instead").format(count=facts["alternatives"])
    ]


def document(certificate: Certificate) -> str:
    """The certificate as it is handed out: text, signature and the key to check it with."""
    return (
        f"{certificate.text}\n"
        f"Ed25519 {certificate.signature}\n"
        f"{_('Public key')} {_public_key(certificate)}\n"
    )

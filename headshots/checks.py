"""Settings that are each possible and wrong together, told by `manage.py check`."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

# The tag of what is asked before any part runs.
SETTINGS = "settings"


@register(Tags.security, deploy=True)
def site_is_secure(**_: Any) -> list[CheckMessage]:
    """A public site needs TLS, and mail that goes somewhere."""
    found: list[CheckMessage] = []
    if not settings.SECURE:
        found.append(
            Warning(
                "HEADSHOTS_SITE_URL begins with http://: sessions and links travel in the clear.",
                hint="Put a TLS proxy before it and write https://.",
                id="headshots.W001",
            )
        )
    if settings.STRIPE_SANDBOX:
        found.append(
            Error(
                "HEADSHOTS_STRIPE_SANDBOX is set: whoever buys credits gets them for nothing.",
                hint="Unset it, and set STRIPE_SECRET_KEY.",
                id="headshots.E006",
            )
        )
    elif not settings.STRIPE_SECRET_KEY:
        found.append(
            Warning(
                "STRIPE_SECRET_KEY is not set: nobody can buy credits.",
                hint="Set the key of a Stripe account, then run manage.py sync_catalogue.",
                id="headshots.W003",
            )
        )
    if not settings.EMAIL_HOST:
        found.append(
            Warning(
                "EMAIL_HOST is not set: mail is written to a folder and reaches nobody.",
                hint="Name an SMTP server.",
                id="headshots.W002",
            )
        )
    return found


@register(Tags.security, deploy=True)
def files_are_signed(**_: Any) -> list[CheckMessage]:
    """Without keys files leave with a label alone; with keys that do not fit none could leave."""
    from generation.finishing import credentials

    try:
        found = credentials.signing()
    except credentials.Unusable as error:
        return [
            Error(
                str(error),
                hint="See docs/provenance.md. Until then no headshot can be finished.",
                id="headshots.E030",
            )
        ]
    if found is None:
        return [
            Warning(
                "HEADSHOTS_C2PA_KEY is not set: files say that a computer made them in a label, "
                "but carry no signed content credentials.",
                hint="See docs/provenance.md.",
                id="headshots.W030",
            )
        ]
    if found.ends_at < datetime.now(UTC) + timedelta(days=30):
        return [
            Warning(
                f"The certificate of the content credentials ends on {found.ends_at:%d %B %Y}; "
                "from then on no headshot can be finished.",
                hint="Set a new one, and the old one as HEADSHOTS_C2PA_FORMER.",
                id="headshots.W031",
            )
        ]
    if found.credential.time_authority is None and not found.own_chain:
        return [
            Warning(
                "HEADSHOTS_C2PA_TIME_AUTHORITY is not set: once the certificate has ended, nothing "
                "but the files themselves says that they were signed before.",
                hint="Name an RFC 3161 service, and its root as HEADSHOTS_C2PA_TIME_ROOTS.",
                id="headshots.W032",
            )
        ]
    if found.credential.time_authority and not settings.C2PA_TIME_ROOTS:
        return [
            Warning(
                "HEADSHOTS_C2PA_TIME_ROOTS is not set: /verify does not know the time authority "
                "and believes its stamps as little as none.",
                hint="Set the PEM of what the time authority’s certificate hangs on.",
                id="headshots.W033",
            )
        ]
    return []


@register(SETTINGS)
def settings_agree(**_: Any) -> list[CheckMessage]:
    """What no single setting can know."""
    found: list[CheckMessage] = []
    if settings.DEBUG and settings.SECURE:
        found.append(
            Error(
                "HEADSHOTS_DEBUG is on for a site with https://: it would show its insides.",
                hint="Turn HEADSHOTS_DEBUG off, or use an http:// address on this machine.",
                id="headshots.E001",
            )
        )
    if settings.MATTING_MODEL and not Path(settings.MATTING_MODEL).is_file():
        found.append(
            Error(
                f"HEADSHOTS_MATTING_MODEL names no file: {settings.MATTING_MODEL}.",
                hint="Name an ONNX file on this host, or leave it out.",
                id="headshots.E040",
            )
        )
    elif settings.MATTING_MODEL and importlib.util.find_spec("onnxruntime") is None:
        found.append(
            Error(
                "HEADSHOTS_MATTING_MODEL needs the package onnxruntime.",
                hint=".venv/bin/pip install -c constraints.txt '.[matting]'",
                id="headshots.E041",
            )
        )
    for path in settings.FONTS:
        if not _is_font(path):
            found.append(
                Error(
                    f"HEADSHOTS_FONTS names what is no font file: {path}.",
                    hint="Name TrueType or OpenType files on this host, by comma, or leave it out.",
                    id="headshots.E042",
                )
            )
    if settings.DEMO and settings.EMAIL_HOST:
        found.append(
            Error(
                "HEADSHOTS_DEMO shows all mail on a page, and EMAIL_HOST would send it to people.",
                hint="Use one of the two.",
                id="headshots.E002",
            )
        )
    if settings.PRIVATE_ROOT.is_relative_to(settings.STATIC_ROOT):
        found.append(
            Error(
                "HEADSHOTS_PRIVATE_DIR lies inside the folder of public files.",
                hint="Choose another folder.",
                id="headshots.E003",
            )
        )
    databases: dict[str, Any] = settings.DATABASES
    if databases["default"]["ENGINE"].endswith("sqlite3"):
        found.append(Error("Only PostgreSQL is supported.", id="headshots.E004"))
    queue: dict[str, Any] = settings.Q_CLUSTER
    for name, conf in {"default": queue, **queue["ALT_CLUSTERS"]}.items():
        merged = {**queue, **conf}
        # A task that waits behind others must not be handed out a second time.
        if (
            merged["retry"]
            <= merged["timeout"] * (merged["queue_limit"] + merged["workers"]) / (merged["workers"])
        ):
            found.append(
                Error(f"Cluster {name} would repeat tasks that are running.", id="headshots.E005")
            )
    return found


def _is_font(path: Path) -> bool:
    from PIL import ImageFont

    try:
        ImageFont.truetype(str(path), 16)
    except OSError:
        return False
    return True

"""Every kind of directory, by name."""

from __future__ import annotations

from django.conf import settings

from generation.publishing.bamboo import FIELDS as BAMBOO_FIELDS
from generation.publishing.bamboo import Bamboo
from generation.publishing.entra import FIELDS as ENTRA_FIELDS
from generation.publishing.entra import Entra
from generation.publishing.google import FIELDS as GOOGLE_FIELDS
from generation.publishing.google import Google
from generation.publishing.interface import Field, Kind
from generation.publishing.slack import FIELDS as SLACK_FIELDS
from generation.publishing.slack import Slack

KINDS: dict[str, tuple[Kind, tuple[Field, ...]]] = {
    "entra": (Entra, ENTRA_FIELDS),
    "google": (Google, GOOGLE_FIELDS),
    "slack": (Slack, SLACK_FIELDS),
    "bamboo": (Bamboo, BAMBOO_FIELDS),
}


def base() -> str | None:
    """Where the vendors stand, if not where they do: a server on this machine, in tests."""
    found: str | None = getattr(settings, "PUBLISHING_BASE", None)
    return found

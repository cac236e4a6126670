"""Words that come from elsewhere than the templates."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.dateparse import parse_datetime

from accounts import audit_details, audit_words
from accounts.models import AuditEntry
from accounts.webhooks import outcome
from billing.payments import top_ups
from generation.finishing import rendition_words
from headshots.lib import filled

register = template.Library()
FILLED = (*outcome.FILLED, *top_ups.FILLED)


@register.filter
def in_words(stored: str) -> str:
    """Sentences that were stored in English, in the reader's language, also those of FILLED with
    their blanks filled; what is not known stays.

    The engine and workers write English, as they know no reader.
    """
    return filled.in_words(stored, FILLED)


@register.filter
def moment(stored: str) -> datetime | None:
    """A time that was stored as ISO 8601 text, to be shown by the clock of the page."""
    return parse_datetime(stored)


@register.filter
def act(action: str) -> str:
    """An act of the audit log in the reader's language."""
    return audit_words.said(action)


@register.filter
def details(entry: AuditEntry) -> list[tuple[str, str]]:
    """What an entry of the audit log says besides, as labels and what they are."""
    return audit_details.of(entry)


@register.filter
def actor_kind(kind: str) -> str:
    """A kind of actor in the reader's language."""
    return audit_details.actor_kind(kind)


@register.filter
def rendition(kind: str) -> str:
    """A kind of rendition in the reader's language."""
    return rendition_words.said(kind)

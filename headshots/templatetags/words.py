"""Words that come from elsewhere than the templates."""

from __future__ import annotations

import re
from datetime import datetime

from django import template
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext

from accounts import audit_words
from accounts.webhooks import outcome
from billing.payments import top_ups
from generation.finishing import rendition_words
from headshots.lib.filled import again

register = template.Library()
FILLED = (*outcome.FILLED, *top_ups.FILLED)
_SENTENCE_END = re.compile(r"(?<=[.!?]) ")


@register.filter
def in_words(stored: str) -> str:
    """Sentences that were stored in English, in the reader's language, also those of FILLED with
    their blanks filled; what is not known stays.

    The engine and workers write English, as they know no reader.
    """
    if not stored:
        return ""
    whole = gettext(stored)
    if whole != stored:
        return whole
    filled = again(stored, FILLED)
    if filled != stored:
        return filled
    return " ".join(gettext(sentence) for sentence in _SENTENCE_END.split(stored) if sentence)


@register.filter
def moment(stored: str) -> datetime | None:
    """A time that was stored as ISO 8601 text, to be shown by the clock of the page."""
    return parse_datetime(stored)


@register.filter
def act(action: str) -> str:
    """An act of the audit log in the reader's language."""
    return audit_words.said(action)


@register.filter
def in_a_line(value: object) -> str:
    """What an entry of the audit log says beside its act."""
    return audit_words.in_a_line(value)


@register.filter
def rendition(kind: str) -> str:
    """A kind of rendition in the reader's language."""
    return rendition_words.said(kind)

"""Words that come from elsewhere than the templates."""

from __future__ import annotations

import re

from django import template
from django.utils.translation import gettext

from accounts import audit_words

register = template.Library()
_SENTENCE_END = re.compile(r"(?<=[.!?]) ")


@register.filter
def in_words(stored: str) -> str:
    """Sentences that were stored in English, in the reader's language; what is not known stays.

    The engine and workers write English, as they know no reader.
    """
    if not stored:
        return ""
    whole = gettext(stored)
    if whole != stored:
        return whole
    return " ".join(gettext(sentence) for sentence in _SENTENCE_END.split(stored) if sentence)


@register.filter
def act(action: str) -> str:
    """An act of the audit log in the reader's language."""
    return audit_words.said(action)

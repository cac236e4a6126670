"""Sentences that were kept in English with their blanks filled, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from django.utils.translation import gettext

_SENTENCE_END = re.compile(r"(?<=[.!?]) ")
_BLANK = re.compile(r"\\{(\w+)\\}")


def again(kept: str, sentences: Iterable[str]) -> str:
    """A kept sentence in the language that is active, where it is one of `sentences`, which are
    marked for translation and have blanks like {host}; else as it was kept.

    What fills a blank stays, unless it is one of them itself.
    """
    sentences = tuple(sentences)
    for sentence in sentences:
        found = _shape(sentence).fullmatch(kept)
        if found:
            filled = {name: again(value, sentences) for name, value in found.groupdict().items()}
            return gettext(sentence).format(**filled)
    return kept


def in_words(kept: str, sentences: Iterable[str]) -> str:
    """Sentences that were kept in English in the language that is active, also those of
    `sentences` with their blanks filled; what is not known stays."""
    if not kept:
        return ""
    whole = gettext(kept)
    if whole != kept:
        return whole
    filled = again(kept, sentences)
    if filled != kept:
        return filled
    return " ".join(gettext(sentence) for sentence in _SENTENCE_END.split(kept) if sentence)


@cache
def _shape(sentence: str) -> re.Pattern[str]:
    return re.compile(_BLANK.sub(r"(?P<\1>.+)", re.escape(sentence)), re.DOTALL)

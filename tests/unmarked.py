"""Words of a template that nobody can translate, as no tag marks them."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Names, units and formats are the same in every language.
SAME_EVERYWHERE = {
    "Headshots", "curl", "dpi", "kWh", "ms", "POST", "PNG", "PDF", "TXT", "OpenID Connect",
    "SAML 2.0", "Authorization: Bearer", "GPU", "API", "ZIP", "CSV", "example.com",
}  # fmt: skip
# What is said aloud or shown of an element.
_SHOWN = re.compile(r'(?<![\w-])(alt|title|aria-label|placeholder|data-busy|content)="([^"]*)"')
_COMMENT = re.compile(r"{% comment %}.*?{% endcomment %}|{#.*?#}", re.DOTALL)
_MARKED = re.compile(r"{%\s*blocktranslate\b.*?{%\s*endblocktranslate\s*%}", re.DOTALL)
_NOT_READ = re.compile(r"<(script|style|pre|code)\b.*?</\1>|<meta[^>]*>|<!doctype[^>]*>", re.DOTALL)
# Parts that other templates fill in, not words.
_FILLED = re.compile(
    r"{%\s*block (?:width|extra_tags|robots|action_url)\s*%}.*?{%\s*endblock\s*%}", re.DOTALL
)
_TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
_ELEMENT = re.compile(r"<[^>]*>", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2,}")
_ARGUMENT = re.compile(
    r'\b(?:label|title|text|busy|yes|no|help|placeholder|default|default_if_none|add)[=:]"([^"]*)"'
)


def unmarked(source: str) -> Iterator[str]:
    """Each text, attribute or argument of a template that holds words outside of a mark."""
    text = _FILLED.sub(" ", _MARKED.sub(" ", _COMMENT.sub("", source)))
    for tag in _TAG.findall(text):
        if re.match(r"{%\s*(include|element|with|if|elif)\b|{{", tag):
            # A word in small letters alone is a value, such as an icon's name.
            said = (text for text in _ARGUMENT.findall(tag) if re.search("[A-Z ]", text))
            yield from (text for text in said if _is_sentence(text))
    # A tag may stand inside an element and an element's end inside a tag's argument.
    bare = _TAG.sub("\0", text)
    yield from (said for _, said in _SHOWN.findall(_NOT_READ.sub(" ", bare)) if _is_sentence(said))
    for part in re.split("[\0\1]", _ELEMENT.sub("\1", _NOT_READ.sub("\1", bare))):
        if _is_sentence(part):
            yield " ".join(part.split())


def _is_sentence(text: str) -> bool:
    words = " ".join(re.sub(r"&\w+;|\0", " ", text).split()).strip(" ·,.:\\\"'-<>=")
    return bool(_WORD.search(words)) and words not in SAME_EVERYWHERE and "://" not in words

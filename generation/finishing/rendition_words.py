"""What renditions are called, for whoever reads it."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

KINDS: dict[str, str] = {
    "portrait": gettext_noop("Portrait"),
    "square": gettext_noop("Square"),
    "square-small": gettext_noop("Small square"),
    "banner": gettext_noop("Banner"),
    "avatar": gettext_noop("Round avatar"),
    "transparent": gettext_noop("Without backdrop"),
    "badge": gettext_noop("Badge"),
    "black-and-white": gettext_noop("Black and white"),
}


def said(kind: str) -> str:
    """A rendition in the reader's language; one that an administrator invented by its own name."""
    known = KINDS.get(kind)
    return _(known) if known else kind

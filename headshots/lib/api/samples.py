"""Requests to copy, for bodies that JSON cannot show: forms with files, and files themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from headshots.lib.api.methods import METHODS

# Where an operation says how curl sends its body, until the document is finished.
SENT = "x-sent"
SAMPLES = "x-codeSamples"


def add_samples(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Show how each of those operations is called; a hook of drf-spectacular."""
    for path, item in result["paths"].items():
        for method in METHODS:
            said = item.get(method, {})
            if sent := said.pop(SENT, None):
                source = curl(path, method, sent, secured=bool(said.get("security")))
                said[SAMPLES] = [{"lang": "Shell", "label": "curl", "source": source}]
    return result


def curl(path: str, method: str, sent: Sequence[str], *, secured: bool) -> str:
    """A request for curl; `sent` are the words that send the body."""
    verb = "" if method == "get" else f"-X {method.upper()} "
    lines = [f"curl {verb}{settings.SITE_URL}{path}"]
    if secured:
        lines.append('-H "Authorization: Bearer $KEY"')
    if method == "post":
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    return " \\\n  ".join([*lines, *sent])

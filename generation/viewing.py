"""Private pictures shown to somebody: the answer, and the line that says who looked."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse

from accounts import audit
from accounts.actors import Actor
from accounts.models import Organisation
from generation.models import Alternative, Candidate, Headshot, Rendition
from headshots.lib.storage import vault

Picture = Alternative | Candidate | Headshot | Rendition


@transaction.atomic
def note(*, actor: Actor, organisation: Organisation, about: Picture) -> None:
    """Write down that somebody of an organisation, or a program, looked at a person's picture."""
    audit.record(actor=actor, organisation=organisation, action="picture.viewed", about=about)


def file(
    key: str, content_type: str, *, attachment: bool = False, name: str = ""
) -> HttpResponse | None:
    """A file from the vault, for nobody's cache; None where it is not stored any more."""
    if not key or not vault().exists(key):
        return None
    response = HttpResponse(vault().read(key), content_type=content_type)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    kind = "attachment" if attachment else "inline"
    response["Content-Disposition"] = f'{kind}; filename="{name}"' if name else kind
    return response

"""What a partner was given that needs no key ends with its grant, or with the scope for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from accounts.actors import Actor
from accounts.developers import scopes
from accounts.developers.partners import settled
from accounts.models import PartnerGrant
from generation.delivering import download_links
from generation.models import DownloadLink, UploadAddress


@receiver(settled)
def end_what_was_given(*, grant: PartnerGrant, actor: Actor, left: Sequence[str], **_: Any) -> None:
    """Close the addresses to upload to and the links to download from that it asked for."""
    if not scopes.allows(left, "shoots:write"):
        UploadAddress.objects.filter(grant=grant).delete()
    if scopes.allows(left, "headshots:write"):
        return
    for link in DownloadLink.objects.filter(grant=grant, revoked_at=None).select_related(
        "order__organisation"
    ):
        download_links.revoke(actor=actor, link=link)

"""What a partner was given that needs no key ends with its grant."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.actors import Actor
from accounts.developers.partners import withdrawn
from accounts.models import PartnerGrant
from generation.delivering import download_links
from generation.models import DownloadLink, UploadAddress


@receiver(withdrawn)
def end_what_was_given(*, grant: PartnerGrant, actor: Actor, **_: Any) -> None:
    """Close the addresses to upload to and the links to download from that it asked for."""
    UploadAddress.objects.filter(grant=grant).delete()
    for link in DownloadLink.objects.filter(grant=grant, revoked_at=None).select_related(
        "order__organisation"
    ):
        download_links.revoke(actor=actor, link=link)

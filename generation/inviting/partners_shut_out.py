"""What a partner was given that needs no key ends with its grant, or with the scope for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from accounts.actors import Actor
from accounts.developers import scopes
from accounts.developers.partners import settled
from accounts.models import PartnerGrant
from generation.delivering import download_links, team_pages
from generation.inviting import join_links
from generation.models import DownloadLink, JoinLink, TeamPage, UploadAddress
from generation.publishing import directories


@receiver(settled)
def end_what_was_given(*, grant: PartnerGrant, actor: Actor, left: Sequence[str], **_: Any) -> None:
    """Close the addresses to upload to, the links to download from and those to join by that it
    asked for, take off the team pages that it published, and destroy the tokens of directories that
    it gave."""
    if not scopes.allows(left, "shoots:write"):
        UploadAddress.objects.filter(grant=grant).delete()
    if not scopes.allows(left, "orders:write"):
        for joined in JoinLink.objects.filter(grant=grant).select_related("organisation"):
            join_links.revoke_link(actor=actor, link=joined)
    if scopes.allows(left, "headshots:write"):
        return
    directories.destroy_tokens(actor=actor, grant=grant)
    for page in TeamPage.objects.filter(grant=grant).select_related("order__organisation"):
        team_pages.withdraw(actor=actor, order=page.order)
    for link in DownloadLink.objects.filter(grant=grant, revoked_at=None).select_related(
        "order__organisation"
    ):
        download_links.revoke(actor=actor, link=link)

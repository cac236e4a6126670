"""What a partner was given that needs no key ends with its grant or the scope for it; what its
people made, with their membership."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.dispatch import receiver

from accounts.actors import Actor
from accounts.developers import scopes
from accounts.developers.partners import settled
from accounts.membership.members import partners_own_ended
from accounts.models import Organisation, PartnerGrant, User
from generation.delivering import download_links, team_pages
from generation.inviting import join_links
from generation.models import Directory, DownloadLink, JoinLink, UploadAddress
from generation.publishing import directories


@receiver(settled)
def end_what_was_given(*, grant: PartnerGrant, actor: Actor, left: Sequence[str], **_: Any) -> None:
    """Close the addresses to upload to, the links to download from and those to join by that it
    asked for, take off the team pages that it published, and destroy the tokens of directories that
    it gave."""
    if not scopes.allows(left, "shoots:write"):
        UploadAddress.objects.filter(grant=grant).delete()
    if not scopes.allows(left, "orders:write"):
        _close_joining(actor, JoinLink.objects.filter(grant=grant))
    if scopes.allows(left, "headshots:write"):
        return
    directories.destroy_tokens(actor=actor, found=Directory.objects.filter(grant=grant))
    team_pages.end_those_of(actor=actor, grant=grant)
    _close_downloads(actor, DownloadLink.objects.filter(grant=grant))


@receiver(partners_own_ended)
def end_what_they_made(*, organisation: Organisation, user: User, actor: Actor, **_: Any) -> None:
    """Close the links to download from and to join by that somebody made on the pages, and destroy
    the tokens of directories that they gave."""
    _close_joining(actor, JoinLink.objects.filter(organisation=organisation, made_by=user))
    downloads = DownloadLink.objects.filter(order__organisation=organisation, made_by=user)
    _close_downloads(actor, downloads)
    given = Directory.objects.filter(organisation=organisation, added_by=user)
    directories.destroy_tokens(actor=actor, found=given)


def _close_joining(actor: Actor, found: QuerySet[JoinLink]) -> None:
    for link in found.select_related("organisation"):
        join_links.revoke_link(actor=actor, link=link)


def _close_downloads(actor: Actor, found: QuerySet[DownloadLink]) -> None:
    for link in found.filter(revoked_at=None).select_related("order__organisation"):
        download_links.revoke(actor=actor, link=link)

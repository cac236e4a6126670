"""Links to an order's files: made, opened, revoked. Signed, so that none can be guessed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.developers.on_behalf import grant_of
from generation.delivering import delivery
from generation.delivering.told import EVERYTHING, Told
from generation.models import DownloadLink, Order
from headshots.lib.problems import Problem

DAYS = (1, 7, 30)
MOST_OPEN = 20
_SALT = "generation.download_link"


def make(
    *,
    actor: Actor,
    order: Order,
    days: int,
    wanted: Sequence[str] = (),
    note: str = "",
    told: Told = EVERYTHING,
) -> DownloadLink:
    """A new link, good for some of DAYS, to files with a list that says as much of people as is
    `told`. Raises Problem for another time or too many links."""
    if days not in DAYS:
        raise Problem(_("Choose how long the link is good."), code="days", field="days")
    chosen = delivery.chosen_kinds(order=order, wanted=wanted) if wanted else []
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=order.pk)
        if len([link for link in of_order(order=order) if is_open(link)]) >= MOST_OPEN:
            raise Problem(
                _("This order has {most} links. Revoke one first.").format(most=MOST_OPEN),
                code="links",
                status=409,
            )
        link = DownloadLink.objects.create(
            order=order,
            note=" ".join(note.split())[:120],
            kinds=chosen,
            contacts=told.contacts,
            everybody=told.everybody,
            expires_at=timezone.now() + timedelta(days=days),
            made_by=actor.user,
            grant=grant_of(actor=actor, organisation=order.organisation),
        )
        audit.record(
            actor=actor,
            organisation=order.organisation,
            action="download_link.made",
            about=link,
            days=days,
        )
        return link


def revoke(*, actor: Actor, link: DownloadLink) -> None:
    """End a link at once; twice is once."""
    with transaction.atomic():
        ended = DownloadLink.objects.filter(pk=link.pk, revoked_at=None).update(
            revoked_at=timezone.now()
        )
        if ended:
            audit.record(
                actor=actor,
                organisation=link.order.organisation,
                action="download_link.revoked",
                about=link,
            )


def of_order(*, order: Order) -> list[DownloadLink]:
    """The links of an order, the newest first."""
    return list(DownloadLink.objects.filter(order=order).select_related("made_by", "order"))


def is_open(link: DownloadLink) -> bool:
    """Whether it still gives anything."""
    return link.revoked_at is None and link.expires_at > timezone.now()


def address(link: DownloadLink) -> str:
    """The whole address, for a mail."""
    return f"{settings.SITE_URL}{reverse('shared', args=[token(link)])}"


def token(link: DownloadLink) -> str:
    """What is in the address: the link's id, signed."""
    return signing.Signer(salt=_SALT).sign_object(link.pk.hex)


def open_link(*, token: str) -> DownloadLink:
    """The link behind an address. Raises Problem: 404 for what was never one, 410 for what was."""
    try:
        pk = UUID(signing.Signer(salt=_SALT).unsign_object(token))
    except (signing.BadSignature, ValueError):
        raise Problem(_("This link is not complete."), code="link", status=404) from None
    link = (
        DownloadLink.objects.select_related("order__organisation", "order__look")
        .filter(pk=pk, order__organisation__closed_at=None)
        .first()
    )
    if link is None:
        raise Problem(_("This link is not complete."), code="link", status=404)
    if not is_open(link):
        raise Problem(
            _("This link has ended. Ask whoever sent it for a new one."), code="ended", status=410
        )
    return link


def download(*, actor: Actor, link: DownloadLink) -> Iterator[bytes]:
    """The ZIP behind a link; that it was fetched is written down. Raises Problem (410) where none
    of its renditions is there any more."""
    if link.kinds and not delivery.still_there(order=link.order, wanted=link.kinds):
        raise Problem(
            _(
                "The files that this link gave are not made any more. Ask whoever sent it for a "
                "new one."
            ),
            code="renditions",
            status=410,
        )
    pieces = delivery.zip_order(
        actor=actor, order=link.order, wanted=link.kinds, told=Told.of(link), long_chosen=True
    )
    DownloadLink.objects.filter(pk=link.pk).update(used=F("used") + 1, used_at=timezone.now())
    return pieces

"""The employees' way inside a partner's product: signed links, who may frame it, and the way back.

Employees act by their personal link, so nothing here needs a cookie, which browsers keep from
frames of other sites.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.consent import invitations
from accounts.developers.on_behalf import grant_of
from accounts.membership.organisations import read_origin
from accounts.models import EmbedLink, Invitation, Organisation
from headshots.lib.problems import Problem

LIFE = timedelta(hours=24)
# After its end: who has the way open by it goes on, and is told in the frame where not.
KEPT = timedelta(days=30)
LONGEST = 2000
_SALT = "accounts.embedding"


@dataclass(frozen=True)
class Link:
    """Where an employee's way opens in a frame, and until when this link does it."""

    url: str
    expires_at: datetime


@transaction.atomic
def make_link(*, actor: Actor, invitation: Invitation, return_url: str) -> Link:
    """A link for a frame on the page of `return_url`, where the employee comes back to.

    Raises Problem where that is not on an origin that the organisation allows, and (409) where the
    personal link behind it opens nothing: revoked, or past its time.
    """
    organisation = invitation.employee.organisation
    origin = _origin(return_url)
    if origin not in allowed(organisation):
        raise Problem(
            _(
                "{origin} is not among the origins that may show the employees’ way. Add it to "
                "the organisation’s embed_origins first."
            ).format(origin=origin),
            code="origin_not_allowed",
            field="return_url",
        )
    if invitation.revoked_at or invitation.expires_at < timezone.now():
        raise Problem(
            _("The personal link is revoked or past its time. Send the invitation again first."),
            code="link_closed",
            status=409,
        )
    grant = grant_of(actor=actor, organisation=organisation)
    now = timezone.now()
    of_person = EmbedLink.objects.filter(invitation=invitation)
    of_person.filter(expires_at__lt=now - KEPT).delete()
    link = EmbedLink.objects.create(
        invitation=invitation, origin=origin, return_url=return_url, expires_at=now + LIFE
    )
    if grant is not None:
        invitation.shown_to.add(grant)
    audit.record(
        actor=actor,
        organisation=organisation,
        action="embedding.linked",
        about=invitation,
        origin=origin,
    )
    signed = signing.dumps([link.pk.hex, invitation.generation], salt=_SALT)
    place = reverse("embedded", args=[signed])
    return Link(f"{settings.SITE_URL}{place}", link.expires_at)


def open_link(*, signed: str) -> str:
    """The token of the employee's way, as a link has opened it. Raises Problem: 404 for one that
    was altered or replaced, 410 for one past its time."""
    try:
        pk, generation = signing.loads(signed, salt=_SALT, max_age=LIFE)
        wanted = UUID(pk)
    except signing.SignatureExpired:
        raise Problem(
            _("This link has expired. Open your headshot from the page that led you here again."),
            code="link_expired",
            status=410,
        ) from None
    except (signing.BadSignature, ValueError, TypeError):
        raise _unknown() from None
    found = (
        EmbedLink.objects.select_related("invitation")
        .filter(
            pk=wanted,
            invitation__generation=generation,
            invitation__revoked_at=None,
            invitation__employee__organisation__closed_at=None,
        )
        .first()
    )
    if found is None:
        raise _unknown()
    return f"{invitations.token(invitation=found.invitation)}{invitations.FRAMED}{found.pk.hex}"


def whose(*, signed: str) -> EmbedLink | None:
    """The link that this is or was, also one past its time or replaced, while its origin may frame;
    it opens nothing. None for one that was altered."""
    try:
        pk, _generation = signing.loads(signed, salt=_SALT)
        wanted = UUID(pk)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return _framing(EmbedLink.objects.filter(pk=wanted))


def opened_by(*, token: str, invitation: Invitation) -> EmbedLink | None:
    """The link that opened the way of an address, while its origin may frame; None for a way that
    none did. `token` is the address's own."""
    try:
        wanted = UUID(token.partition(invitations.FRAMED)[2])
    except ValueError:
        return None
    return _framing(EmbedLink.objects.filter(pk=wanted, invitation=invitation))


def allowed(organisation: Organisation) -> list[str]:
    """The origins that may frame; a sandbox goes by those of the organisation beside it, too."""
    own = list(organisation.embed_origins)
    if organisation.sandbox_of is not None:
        own += organisation.sandbox_of.embed_origins
    return own


def _framing(found: QuerySet[EmbedLink]) -> EmbedLink | None:
    link = (
        found.select_related("invitation__employee__organisation__sandbox_of")
        .filter(invitation__employee__organisation__closed_at=None)
        .first()
    )
    # SECURITY: asked anew for every page, so that an origin that is taken away is shut out at once.
    if link and link.origin in allowed(link.invitation.employee.organisation):
        return link
    return None


def _origin(url: str) -> str:
    problem = Problem(
        _("Give the whole address that employees come back to, beginning with https://."),
        code="return_url",
        field="return_url",
    )
    if len(url) > LONGEST or any(ord(sign) <= 32 or sign == "\\" for sign in url):
        raise problem
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises ValueError for one that is none
    except ValueError:
        raise problem from None
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username is not None:
        raise problem
    try:
        return read_origin(f"{parts.scheme}://{parts.netloc}")
    except Problem:
        raise problem from None


def _unknown() -> Problem:
    return Problem(_("This link is not valid."), code="link_unknown", status=404)

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
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.developers.on_behalf import grant_of
from accounts.membership.organisations import read_origin
from accounts.models import Invitation, Organisation
from headshots.lib.problems import Problem

LIFE = timedelta(hours=24)
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
    Invitation.objects.filter(pk=invitation.pk).update(embed_origin=origin, return_url=return_url)
    if grant is not None:
        invitation.shown_to.add(grant)
    audit.record(
        actor=actor,
        organisation=organisation,
        action="embedding.linked",
        about=invitation,
        origin=origin,
    )
    signed = signing.dumps([invitation.pk.hex, invitation.generation], salt=_SALT)
    place = reverse("embedded", args=[signed])
    return Link(f"{settings.SITE_URL}{place}", timezone.now() + LIFE)


def open_link(*, signed: str) -> Invitation:
    """The invitation that a link is for. Raises Problem: 404 for one that was altered or replaced,
    410 for one past its time."""
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
    found = Invitation.objects.filter(
        pk=wanted, generation=generation, revoked_at=None, employee__organisation__closed_at=None
    ).first()
    if found is None:
        raise _unknown()
    return found


def whose(*, signed: str) -> Invitation | None:
    """The invitation that a link is or was for, also one past its time or replaced; it opens
    nothing. None for one that was altered."""
    try:
        pk, _generation = signing.loads(signed, salt=_SALT)
        wanted = UUID(pk)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Invitation.objects.filter(pk=wanted, employee__organisation__closed_at=None).first()


def allowed(organisation: Organisation) -> list[str]:
    """The origins that may frame; a sandbox goes by those of the organisation beside it, too."""
    own = list(organisation.embed_origins)
    if organisation.sandbox_of is not None:
        own += organisation.sandbox_of.embed_origins
    return own


def framed_by(invitation: Invitation) -> str:
    """The origin that may frame this employee's pages now; empty for none."""
    origin = invitation.embed_origin
    # SECURITY: asked anew for every page, so that an origin that is taken away is shut out at once.
    return origin if origin and origin in allowed(invitation.employee.organisation) else ""


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

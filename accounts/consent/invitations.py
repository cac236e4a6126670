"""Personal links: made, opened, revoked. A token is known to its holder alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import EmbedLink, Employee, Invitation, StaleLink
from headshots.lib.problems import Problem

# What opening a link that is no longer good is refused with.
STALE = ("link_unknown", "link_expired")
# What anything but its person's rights is refused with, of a link that is for those alone.
RIGHTS_ONLY = "link_rights_only"
# Asked positively, so that what knows nothing of the rights takes such a link for revoked.
_OPENS_SOMETHING = Q(revoked_at=None) | Q(rights_only=True)


# In the address of a way that was opened in a frame, between the token and the link that did it.
FRAMED = "~"


def _bare(token: str) -> str:
    return token.partition(FRAMED)[0]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _token(invitation: Invitation) -> str:
    message = f"invitation:{invitation.pk}:{invitation.generation}".encode()
    digest = hmac.digest(settings.SECRET_KEY.encode(), message, "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def issue(*, employee: Employee, expires_at: datetime) -> Invitation:
    """A new invitation, good until then."""
    invitation = Invitation(employee=employee, expires_at=expires_at)
    invitation.token_hash = _hash(_token(invitation))
    invitation.save()
    return invitation


def issue_many(*, employees: Sequence[Employee], expires_at: datetime) -> list[Invitation]:
    """An invitation for each employee, in their order, in one statement."""
    made = [Invitation(employee=employee, expires_at=expires_at) for employee in employees]
    for invitation in made:
        invitation.token_hash = _hash(_token(invitation))
    return Invitation.objects.bulk_create(made, batch_size=1000)


def token(*, invitation: Invitation) -> str:
    """The token of an invitation's link: 43 URL-safe characters.

    Where the secret key has changed since, the invitation gets a token of the new key.
    """
    current = _token(invitation)
    if _hash(current) != invitation.token_hash:
        with transaction.atomic():
            _replace(invitation)
            invitation.save(update_fields=["token_hash"])
    return current


def _replace(invitation: Invitation) -> None:
    StaleLink.objects.get_or_create(
        token_hash=invitation.token_hash, defaults={"invitation": invitation}
    )
    invitation.token_hash = _hash(_token(invitation))


@transaction.atomic
def renew(*, invitation: Invitation, expires_at: datetime | None = None) -> None:
    """Make every link sent before worthless and the invitation good again, for the whole way."""
    invitation.revoked_at = None
    invitation.rights_only = False
    _renew(invitation, expires_at)


@transaction.atomic
def renew_for_rights(*, invitation: Invitation, expires_at: datetime) -> None:
    """Make every link to a revoked invitation worthless but a new one, which opens nothing of the
    way: what is held about its person, taking it along and withdrawing, as those are theirs at any
    time."""
    invitation.rights_only = True
    _renew(invitation, expires_at)


def _renew(invitation: Invitation, expires_at: datetime | None) -> None:
    invitation.generation += 1
    _replace(invitation)
    invitation.expires_at = expires_at or invitation.expires_at
    invitation.save(
        update_fields=["generation", "revoked_at", "rights_only", "token_hash", "expires_at"]
    )


def keep_good(*, invitation: Invitation, until: datetime) -> None:
    """Let a link that opens something do so until then at least."""
    if invitation.expires_at >= until:
        return
    still = Invitation.objects.filter(_OPENS_SOMETHING, pk=invitation.pk, expires_at__lt=until)
    still.update(expires_at=until)
    invitation.refresh_from_db(fields=["expires_at"])


@transaction.atomic
def renew_those(*, found: QuerySet[Invitation]) -> int:
    """Make every link to these sent before worthless, also those in frames; returns how many.

    Whoever holds an old one may have the new one mailed to its person. Those revoked stay so, and
    what was sent since for the rights alone is worthless as well.
    """
    living = list(found.filter(_OPENS_SOMETHING).select_for_update(of=("self",), no_key=True))
    StaleLink.objects.bulk_create(
        [StaleLink(invitation=each, token_hash=each.token_hash) for each in living],
        ignore_conflicts=True,
        batch_size=1000,
    )
    EmbedLink.objects.filter(invitation__in=living).delete()
    for each in living:
        each.generation += 1
        each.token_hash = _hash(_token(each))
        each.rights_only = False
    fields = ["generation", "token_hash", "rights_only"]
    Invitation.objects.bulk_update(living, fields, batch_size=1000)
    return len(living)


def revoke(*, invitation: Invitation) -> None:
    """Close a link. Its person may ask for one that leads to their rights alone."""
    invitation.revoked_at = timezone.now()
    invitation.rights_only = False
    invitation.save(update_fields=["revoked_at", "rights_only"])


def open_link(*, token: str, for_rights: bool = False) -> Invitation:
    """The invitation behind a token; `for_rights`: what is asked for is a right of its person.

    Raises Problem (404) for an unknown or revoked token, (410) for one past its time and (403)
    where it is for the rights alone and something else is asked for.
    """
    invitation = (
        Invitation.objects.select_related("employee__organisation")
        .filter(_OPENS_SOMETHING, token_hash=_hash(_bare(token)))
        .first()
    )
    if invitation and invitation.rights_only and invitation.employee.organisation.closed_at:
        invitation = None
    if invitation is None:
        raise Problem(
            _(
                "This link is not valid. Open the newest e-mail you have from us, or ask "
                "whoever invited you to send the link again."
            ),
            code="link_unknown",
            status=404,
        )
    if invitation.expires_at < timezone.now():
        raise Problem(
            _("This link has expired. Ask whoever invited you to send a new one."),
            code="link_expired",
            status=410,
        )
    if invitation.rights_only and not for_rights:
        raise Problem(
            _("This link shows what is held about you, and opens nothing else."),
            code=RIGHTS_ONLY,
            status=403,
        )
    return invitation


def note_opened(*, invitation: Invitation) -> None:
    """Note that its person has the link open, of the first time."""
    if invitation.opened_at is None:
        invitation.opened_at = timezone.now()
        unopened = Invitation.objects.filter(pk=invitation.pk, opened_at=None)
        unopened.update(opened_at=invitation.opened_at)


def whose(*, token: str) -> Invitation | None:
    """The invitation that a token is or was of, be it run out, replaced or revoked; it opens
    nothing. None where its organisation has closed."""
    wanted = _hash(_bare(token))
    known = Invitation.objects.select_related("employee__organisation__sandbox_of").filter(
        employee__organisation__closed_at=None
    )
    return (
        known.filter(token_hash=wanted).first()
        or known.filter(stale_links__token_hash=wanted).first()
    )

"""One-time addresses: whoever holds one may upload one photo to one shoot, without a key."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor, employee_actor
from accounts.developers.on_behalf import grant_of
from generation.models import Selfie, Shoot, UploadAddress
from generation.photos import selfies
from headshots.lib.problems import Problem

LIFE = timedelta(hours=1)
# So long an address that is past its time is known as such.
REMEMBERED = timedelta(days=1)
MOST_OPEN = 100


@dataclass(frozen=True)
class NewAddress:
    """An address and until when it can be used."""

    token: str
    expires_at: datetime


@transaction.atomic
def make(*, actor: Actor, shoot: Shoot) -> NewAddress:
    """A new address. Raises Problem where no photos are taken now, or MOST_OPEN are open."""
    selfies.refuse_closed(shoot)
    grant = grant_of(actor=actor, organisation=shoot.order.organisation)
    now = timezone.now()
    made_here = UploadAddress.objects.filter(shoot=shoot)
    made_here.filter(expires_at__lt=now - REMEMBERED).delete()
    if made_here.filter(selfie=None, expires_at__gte=now).count() >= MOST_OPEN:
        raise Problem(
            _("{most_open} addresses are open. Use those, or wait an hour.").format(
                most_open=MOST_OPEN
            ),
            code="too_many",
            status=409,
        )
    token = secrets.token_urlsafe(32)
    made = UploadAddress.objects.create(
        shoot=shoot,
        token_hash=_hash(token),
        expires_at=now + LIFE,
        grant=grant,
    )
    return NewAddress(token, made.expires_at)


def known(*, token: str) -> UploadAddress | None:
    """The address of a token, with its organisation, whether or not it can be used; None where it
    is none."""
    return _of(token).first()


def living(address: UploadAddress | None) -> UploadAddress:
    """The address, used or not.

    Raises Problem: 404 for one that is none, 410 for one past its time.
    """
    if address is None:
        raise Problem(_("There is no such upload address."), code="not_found", status=404)
    if address.expires_at < timezone.now() or address.shoot.order.organisation.closed_at:
        raise Problem(_("This address has expired. Ask for a new one."), code="expired", status=410)
    return address


@transaction.atomic
def put(*, token: str, data: bytes) -> Selfie:
    """Take the photo; the same bytes again are the same photo.

    Raises Problem as `living` does, 410 for an address that is used, and as `selfies.add_selfie`
    does, after which the address is still good.
    """
    address = living(_of(token).select_for_update(of=("self",)).first())
    if address.selfie is not None:
        if address.selfie.sha256 == hashlib.sha256(data).hexdigest():
            return address.selfie
        raise Problem(_("This address has been used."), code="used", status=410)
    address.selfie = selfies.add_selfie(
        actor=employee_actor(address.shoot.employee),
        shoot=address.shoot,
        data=data,
        name="photo",
    )
    address.save(update_fields=["selfie"])
    return address.selfie


def _of(token: str) -> QuerySet[UploadAddress]:
    return UploadAddress.objects.filter(token_hash=_hash(token)).select_related(
        "shoot__order__organisation__sandbox_of", "shoot__employee", "selfie"
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""The codes of join links: made, mailed, and mailed anew while the mail server is away."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.mail import letters
from accounts.mail.again import Outcome, attempt
from generation.models import JoinCode

LIFE = timedelta(minutes=20)
_TASK = "generation.tasks.send_join_code"


def send(*, code_id: UUID) -> Outcome | None:
    """Mail a code that somebody has asked for, good for LIFE from now; None where nobody waits for
    it any more: it was used, another was asked for, or LIFE has passed since.

    SECURITY: each try makes a code of its own, so that none lies in the queue.
    """
    code = f"{secrets.randbelow(10**6):06}"
    with transaction.atomic():
        row = (
            JoinCode.objects.select_for_update(of=("self",))
            .select_related("link__organisation")
            .filter(pk=code_id, used_at=None, created_at__gt=timezone.now() - LIFE)
            .first()
        )
        if row is None:
            return None
        later = JoinCode.objects.filter(link=row.link_id, email=row.email, pk__gt=row.pk)
        if later.exists():
            return None
        row.code_hash, row.expires_at = _hash(row, code), timezone.now() + LIFE
        row.save(update_fields=["code_hash", "expires_at"])
    organisation = row.link.organisation
    with translation.override(row.language or settings.LANGUAGE_CODE):
        mail = letters.letter(
            organisation=organisation,
            template="join_code",
            subject=_("{code} is your code for {organisation}").format(
                code=code, organisation=organisation.name
            ),
            context={"organisation": organisation, "code": code, "minutes": 20},
            to=[row.email],
        )
    return attempt(letter=mail, task=_TASK, args=[str(code_id)])


def matches(row: JoinCode, said: str) -> bool:
    """Whether that is the code that was mailed last."""
    return hmac.compare_digest(row.code_hash, _hash(row, said.strip().replace(" ", "")))


def _hash(row: JoinCode, code: str) -> str:
    key = f"{settings.SECRET_KEY}:{row.pk}".encode()
    return hmac.new(key, code.encode(), "sha256").hexdigest()

"""Join links: made and revoked by administrators, opened with a code mailed to an address.

Whoever has proved theirs is brought in by generation.inviting.joining.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, pace
from accounts.actors import Actor
from accounts.developers.on_behalf import grant_of
from accounts.mail.again import Outcome
from accounts.models import Organisation
from generation.inviting import join_codes
from generation.models import JoinCode, JoinLink, Order
from headshots.lib import numbers
from headshots.lib.problems import Problem

MOST_TRIES = 5
MOST_USES = 10_000
LEAST_HOURLY, MOST_HOURLY = 60, 1000
LONGEST = timedelta(days=366)
# How long an organisation's own link is good, where nothing else is said.
USUAL = timedelta(days=90)
_DOMAIN = re.compile(
    r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _token(link_id: UUID, key: str = "") -> str:
    secret = (key or settings.SECRET_KEY).encode()
    digest = hmac.digest(secret, f"join:{link_id}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def address_of(link: JoinLink) -> str:
    """The link, to be handed round: the same also after a change of SECRET_KEY, as long as the
    former one is among SECRET_KEY_FALLBACKS."""
    today = _token(link.pk)
    former = (_token(link.pk, key) for key in settings.SECRET_KEY_FALLBACKS)
    token = next((one for one in (today, *former) if _hash(one) == link.token_hash), "")
    if not token:
        token = today
        JoinLink.objects.filter(pk=link.pk).update(token_hash=_hash(today))
    return f"{settings.SITE_URL}{reverse('join_order', args=[token])}"


def read_domains(said: str) -> list[str]:
    """The domains in a text, parted by commas or spaces. Raises Problem for what is none."""
    found = []
    for word in re.split(r"[\s,;]+", said.lower().replace("@", " ")):
        if not word:
            continue
        try:
            name = word.encode("idna").decode()
        except UnicodeError:
            name = ""
        if not _DOMAIN.fullmatch(name):
            raise Problem(
                _("“{word}” is no domain. Write it like example.com.").format(word=word[:80]),
                code="domain",
                field="domains",
            )
        found.append(name)
    return sorted(set(found))


@transaction.atomic
def make_link(
    *,
    actor: Actor,
    organisation: Organisation,
    order: Order | None,
    domains: Sequence[str],
    cap: int,
    expires_at: datetime,
) -> JoinLink:
    """A link for up to `cap` people with addresses of these domains (none: any): into an order,
    or, without one, into whichever is open when they come.

    Raises Problem for a cap or an end that cannot be meant.
    """
    if order is not None and order.organisation_id != organisation.pk:
        raise Problem(_("This order is not this organisation's."), code="foreign", status=404)
    if not 1 <= cap <= MOST_USES:
        raise Problem(
            _("Between 1 and {most} people can come by one link.").format(
                most=numbers.grouped(MOST_USES)
            ),
            code="cap",
            field="cap",
        )
    latest = order.due_at if order else timezone.now() + LONGEST
    if not timezone.now() < expires_at <= latest:
        sentence = (
            _("Let the link end after today and not after the order is due.")
            if order
            else _("Let the link end after today and within a year.")
        )
        raise Problem(sentence, code="expires", field="expires")
    link = JoinLink(
        organisation=organisation,
        order=order,
        domains=list(domains),
        cap=cap,
        expires_at=expires_at,
        made_by=actor.user,
        grant=grant_of(actor=actor, organisation=organisation),
    )
    link.token_hash = _hash(_token(link.pk))
    link.save()
    audit.record(
        actor=actor,
        organisation=organisation,
        action="join_link.made",
        about=link,
        order=order.name if order else "",
        domains=", ".join(link.domains),
        cap=cap,
    )
    return link


@transaction.atomic
def revoke_link(*, actor: Actor, link: JoinLink) -> None:
    """Close a link. Whoever came by it stays."""
    if JoinLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record(
            actor=actor, organisation=link.organisation, action="join_link.revoked", about=link
        )


def open_link(*, token: str) -> JoinLink:
    """The link behind a token.

    Raises Problem (404) for an unknown one and (410) for one that is over, saying why.
    """
    link = (
        JoinLink.objects.select_related("organisation", "order__organisation")
        .filter(token_hash=_hash(token))
        .first()
    )
    if link is None or link.organisation.closed_at:
        raise Problem(
            _("This link is not valid. Ask whoever gave it to you."),
            code="link_unknown",
            status=404,
        )
    check(link)
    return link


def check(link: JoinLink) -> None:
    """Raises Problem (410), saying why, for a link that is over."""
    ends = min(link.expires_at, link.order.due_at) if link.order else link.expires_at
    if link.revoked_at:
        sentence = _("This link has been taken back. Ask whoever gave it to you for another.")
    elif ends <= timezone.now():
        sentence = _("This link has expired. Ask whoever gave it to you for another.")
    elif link.used >= link.cap:
        sentence = _(
            "As many people as were meant to have come by this link already. If you are one of "
            "them, your own link comes by e-mail; if not, ask whoever gave you this one."
        )
    else:
        return
    raise Problem(sentence, code="link_over", status=410)


def hourly(link: JoinLink) -> int:
    """How often one address may ask something of a link within an hour: a whole office, invited
    at a meeting, comes from one."""
    return min(MOST_HOURLY, max(LEAST_HOURLY, 2 * link.cap))


@dataclass(frozen=True)
class Asked:
    """A code that somebody has asked for, and whether the mail server has taken it yet."""

    code: JoinCode
    mailed: bool


def ask(
    *, link: JoinLink, email: str, first_name: str, last_name: str, language: str, address: str
) -> Asked:
    """Mail a code to an address that wants to come by the link; later, where the mail server is
    away.

    The answer is the same whether the address is known or not. Raises Problem: no address, one
    that the mail server refuses, a domain that may not come, asked too often; a sandbox mails
    nobody.
    """
    if link.organisation.sandbox_of_id:
        raise Problem(
            _("This link is the sandbox’s, which mails nobody. Make one with a live key."),
            code="sandbox",
            status=409,
        )
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Problem(
            _("“{email}” is no e-mail address.").format(email=email[:100]),
            code="email",
            field="email",
        ) from None
    try:
        domain = email.rpartition("@")[2].encode("idna").decode()
    except UnicodeError:
        domain = ""
    if link.domains and domain not in link.domains:
        raise Problem(
            _("This link is for addresses of {domains}. Use your address there.").format(
                domains=", ".join(link.domains)
            ),
            code="domain",
            field="email",
        )
    pace.keep("join-code", f"{link.pk}:{email}", most=5, seconds=3600)
    pace.keep("join-code-from", f"{link.pk}:{address}", most=hourly(link), seconds=3600)
    row = JoinCode.objects.create(
        link=link,
        email=email,
        first_name=_name(first_name),
        last_name=_name(last_name),
        language=language if language in dict(settings.LANGUAGES) else "",
        expires_at=timezone.now() + join_codes.LIFE,
    )
    outcome = join_codes.send(code_id=row.pk)
    if outcome == Outcome.REFUSED:
        row.delete()
        raise Problem(
            _("The mail server refuses this address. Look whether it is written rightly."),
            code="email",
            field="email",
        )
    return Asked(row, mailed=outcome == Outcome.SENT)


def _name(said: str) -> str:
    return " ".join(said.replace("\x00", "").split())[:100]


def prove(*, token: str, code_id: UUID, code: str) -> JoinCode:
    """Check a code that somebody typed; right, it is used up.

    Raises Problem: wrong, expired, used, or tried too often.
    """
    with transaction.atomic():
        row = (
            JoinCode.objects.select_for_update(of=("self",))
            .filter(pk=code_id, link__token_hash=_hash(token))
            .first()
        )
        good = row is not None and row.used_at is None and row.expires_at > timezone.now()
        if row is None or not good or row.tries >= MOST_TRIES:
            refused = _("This code is no longer good. Ask for a new one.")
        elif join_codes.matches(row, code):
            row.used_at = timezone.now()
            row.save(update_fields=["used_at"])
            return row
        else:
            row.tries += 1
            row.save(update_fields=["tries"])
            refused = _("This is not the code in the mail. Look again.")
    # After the transaction, so that the try is counted.
    raise Problem(refused, code="code", field="code")


def forget_codes() -> int:
    """Remove codes that are over; returns how many."""
    return JoinCode.objects.filter(expires_at__lt=timezone.now() - join_codes.LIFE).delete()[0]

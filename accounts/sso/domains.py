"""Domains that an organisation proves to be its own, by a TXT record."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import SYSTEM, Actor
from accounts.membership.members import lock, still_owner
from accounts.models import DomainClaim, IdentityProvider, Organisation
from headshots.lib import txt_records
from headshots.lib.problems import Problem

PREFIX = "_headshots"
MOST = 50
# How long a proof outlives its record: somebody's mistake in the DNS locks nobody out at once.
PATIENCE = timedelta(days=3)
AGAIN = timedelta(hours=20)
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{4,240}}$)({_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]")


def record_name(claim: DomainClaim) -> str:
    """Where the TXT record stands."""
    return f"{PREFIX}.{claim.domain}"


def record_text(claim: DomainClaim) -> str:
    """What it says."""
    return f"headshots-domain={claim.token}"


def domain_of(email: str) -> str:
    """The domain of an address as claims are written; empty where it has none."""
    try:
        return email.rpartition("@")[2].strip().lower().encode("idna").decode()
    except UnicodeError:
        return ""


def proved_for(email: str) -> DomainClaim | None:
    """The proof that covers an address: of its very domain, not of one above it."""
    return (
        DomainClaim.objects.select_related("organisation")
        .filter(
            domain=domain_of(email), proved_at__isnull=False, organisation__closed_at__isnull=True
        )
        .first()
    )


@transaction.atomic
def claim(*, actor: Actor, organisation: Organisation, domain: str) -> DomainClaim:
    """Say that a domain is the organisation's; proved it is by `check`. Again gives the same.

    Raises Problem for what is no domain, and past MOST.
    """
    try:
        name = domain.strip().lower().removeprefix("@").encode("idna").decode()
    except UnicodeError:
        name = ""
    if not _DOMAIN.fullmatch(name):
        raise Problem(
            _("“{word}” is no domain. Write it like example.com.").format(word=domain[:80]),
            code="domain",
            field="domain",
        )
    organisation = lock(organisation=organisation)
    still_owner(actor=actor, organisation=organisation)
    known = DomainClaim.objects.filter(organisation=organisation, domain=name).first()
    if known is not None:
        return known
    if organisation.domains.count() >= MOST:
        raise Problem(_("These are too many domains. Remove one first."), code="too_many")
    made = DomainClaim.objects.create(
        organisation=organisation, domain=name, token=secrets.token_hex(16)
    )
    audit.record(
        actor=actor, organisation=organisation, action="domain.claimed", about=made, domain=name
    )
    return made


def check(*, actor: Actor, claim: DomainClaim) -> DomainClaim:
    """Look for the record. Raises Problem: nobody answers, it is not there, or the domain is
    another organisation's already."""
    try:
        there = record_text(claim) in txt_records.texts(record_name(claim))
    except txt_records.NoAnswer:
        raise Problem(
            _("The domain’s name servers did not answer. Nothing has changed; try again later."),
            code="dns_down",
            status=503,
        ) from None
    now = timezone.now()
    if not there:
        DomainClaim.objects.filter(pk=claim.pk).update(checked_at=now)
        raise Problem(
            _(
                "The record is not there yet. After it is made it can take an hour until "
                "everybody sees it."
            ),
            code="record_missing",
            status=409,
        )
    try:
        with transaction.atomic():
            found = DomainClaim.objects.select_for_update().get(pk=claim.pk)
            found.checked_at, found.missing_since = now, None
            first = found.proved_at is None
            found.proved_at = found.proved_at or now
            found.save(update_fields=["checked_at", "missing_since", "proved_at"])
            if first:
                audit.record(
                    actor=actor,
                    organisation=claim.organisation,
                    action="domain.proved",
                    about=claim,
                    domain=claim.domain,
                )
            return found
    except IntegrityError:
        raise Problem(
            _("Another organisation has proved this domain. Write to us if that is wrong."),
            code="domain_taken",
            status=409,
        ) from None


@transaction.atomic
def remove(*, actor: Actor, claim: DomainClaim) -> None:
    """Give a domain up; nobody with its addresses comes in by the provider any more.

    Raises Problem for the last one while single sign-on is required.
    """
    organisation = lock(organisation=claim.organisation)
    still_owner(actor=actor, organisation=organisation)
    others = organisation.domains.filter(proved_at__isnull=False).exclude(pk=claim.pk)
    required = IdentityProvider.objects.filter(organisation=organisation, required=True).exists()
    if required and not others.exists():
        raise Problem(
            _("Members must sign in through your provider, and this is its last domain."),
            code="last_domain",
            status=409,
        )
    claim.delete()
    audit.record(
        actor=actor, organisation=organisation, action="domain.removed", domain=claim.domain
    )


def sweep(*, most: int = 20) -> int:
    """Look again at proofs that are a day old; one whose record is gone ends after PATIENCE.

    Returns how many ended. No answer changes nothing.
    """
    now, ended = timezone.now(), 0
    due = DomainClaim.objects.filter(
        Q(checked_at__lt=now - AGAIN) | Q(checked_at=None), proved_at__isnull=False
    )
    for found in due.select_related("organisation")[:most]:
        mine = DomainClaim.objects.filter(pk=found.pk)
        try:
            there = record_text(found) in txt_records.texts(record_name(found))
        except txt_records.NoAnswer:
            mine.update(checked_at=now)
            continue
        since = None if there else found.missing_since or now
        mine.update(checked_at=now, missing_since=since)
        if since and since < now - PATIENCE:
            with transaction.atomic():
                mine.update(proved_at=None)
                audit.record(
                    actor=SYSTEM,
                    organisation=found.organisation,
                    action="domain.lost",
                    about=found,
                    domain=found.domain,
                )
            ended += 1
    return ended

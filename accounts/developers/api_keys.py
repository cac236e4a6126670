"""Keys of the API: made and shown once, checked, rotated with two alive, revoked."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.developers import sandbox, scopes
from accounts.developers.on_behalf import brought_in
from accounts.developers.overlap import check as check_overlap
from accounts.models import ApiKey, KeptAnswer, Member, Organisation, Role, User
from headshots.lib.problems import Problem

MOST_KEYS = 100
MOST_NETWORKS = 50
# The bits before an IPv4 address that is written in IPv6.
_MAPPED = 96
ANSWERS_KEPT = timedelta(days=2)
_LETTERS = string.ascii_letters + string.digits
_SHAPE = re.compile(r"hs_(live|test)_([0-9a-f]{16})_([A-Za-z0-9]{40})")


@dataclass(frozen=True)
class NewKey:
    """A key and its secret, which nobody can read again."""

    key: ApiKey
    secret: str


@dataclass(frozen=True)
class Use:
    """What is left of a key's minute after a request."""

    limit: int
    remaining: int
    resets_in: int
    allowed: bool


@transaction.atomic
def make_key(
    *,
    actor: Actor,
    organisation: Organisation,
    name: str,
    wanted: Sequence[str],
    version: str,
    test: bool = False,
    networks: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> NewKey:
    """A new key. Raises Problem, naming the field: no name, scopes or networks that are none, a
    date that has passed, or MOST_KEYS; (403) for a user who is no administrator any more.

    A program can give a key no scope that its own key lacks.
    """
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    living = ApiKey.objects.filter(organisation=organisation, revoked_at=None)
    if living.count() >= MOST_KEYS:
        raise Problem(
            _("There are {most} keys. Revoke some first.").format(most=MOST_KEYS),
            code="too_many_keys",
        )
    key = ApiKey(
        organisation=organisation,
        test=test,
        public_id=secrets.token_hex(8),
        version=version,
        made_by=actor.behind,
    )
    _describe(actor, key, name, wanted, networks, expires_at)
    secret = _give_secret(key)
    if test:
        sandbox.open_sandbox(actor=actor, organisation=organisation)
    key.save()
    audit.record(
        actor=actor,
        organisation=organisation,
        action="key.made",
        about=key,
        name=key.name,
        test=test,
        scopes=key.scopes,
    )
    return NewKey(key, secret)


@transaction.atomic
def change_key(
    *,
    actor: Actor,
    key: ApiKey,
    name: str,
    wanted: Sequence[str],
    networks: Sequence[str],
    expires_at: datetime | None,
) -> ApiKey:
    """Another name, other scopes, networks or end. Raises Problem as `make_key` does."""
    key = _living(key)
    _describe(actor, key, name, wanted, networks, expires_at)
    key.save(update_fields=["name", "scopes", "networks", "expires_at"])
    audit.record(
        actor=actor,
        organisation=key.organisation,
        action="key.changed",
        about=key,
        name=key.name,
        scopes=key.scopes,
        networks=key.networks,
    )
    return key


@transaction.atomic
def rotate_key(*, actor: Actor, key: ApiKey, overlap: timedelta) -> NewKey:
    """A new secret; the one before counts for `overlap` longer, any before it no more.

    Raises Problem as `check_overlap` does.
    """
    check_overlap(overlap)
    key = _living(key)
    _refuse_more(actor, key)
    key.previous_hash, key.previous_until = key.secret_hash, timezone.now() + overlap
    secret = _give_secret(key)
    if brought_in(actor=actor, organisation=key.organisation):
        # SECURITY: whom a partner brought in has this secret, so it ends as one that they made.
        key.made_by = actor.behind
    key.save(update_fields=["secret_hash", "ending", "previous_hash", "previous_until", "made_by"])
    audit.record(
        actor=actor,
        organisation=key.organisation,
        action="key.rotated",
        about=key,
        name=key.name,
        old_until=key.previous_until.isoformat(),
    )
    return NewKey(key, secret)


@transaction.atomic
def revoke_key(*, actor: Actor, key: ApiKey) -> ApiKey:
    """Shut the key out at once. Twice is once."""
    key = ApiKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.previous_until = None
        key.save(update_fields=["revoked_at", "previous_until"])
        audit.record(
            actor=actor,
            organisation=key.organisation,
            action="key.revoked",
            about=key,
            name=key.name,
        )
    return key


def revoke_those_of(*, actor: Actor, organisation: Organisation, user: User) -> None:
    """Shut out every key of the organisation, live or test, that a user made."""
    for key in ApiKey.objects.filter(organisation=organisation, made_by=user, revoked_at=None):
        revoke_key(actor=actor, key=key)


def authenticate(*, secret: str, address: str | None) -> ApiKey:
    """The key behind what a program shows.

    Raises Problem: 401 for what is no key, expired or revoked; 403 from an address outside its
    networks.
    """
    shape = _SHAPE.fullmatch(secret)
    key = (
        ApiKey.objects.select_related("organisation__sandbox").filter(public_id=shape[2]).first()
        if shape
        else None
    )
    # SECURITY: whoever does not hold the secret learns nothing of the key, not even that it is.
    if key is None or not shape or not _matches(key, secret) or (shape[1] == "test") != key.test:
        raise Problem(_("This key is none of ours."), code="key_unknown", status=401)
    if key.revoked_at or key.organisation.closed_at:
        raise Problem(_("This key has been revoked."), code="key_revoked", status=401)
    if key.expires_at and key.state == "expired":
        raise Problem(
            _("This key expired on {time} UTC. Make a new one.").format(
                time=date_format(key.expires_at, "SHORT_DATETIME_FORMAT")
            ),
            code="key_expired",
            status=401,
        )
    if key.networks and not _inside(address, key.networks):
        raise Problem(
            _("This key may not be used from {address}.").format(address=address),
            code="address_refused",
            status=403,
        )
    return key


def count_use(*, key: ApiKey, address: str | None) -> Use:
    """Count a request against the key's minute and note when and from where it came."""
    limit = int(settings.API_REQUESTS_A_MINUTE)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [address, key.pk])
        row = cursor.fetchone()
    count, passed = row if row else (1, 0.0)
    return Use(
        limit=limit,
        remaining=max(0, limit - count),
        resets_in=max(1, round(60 - float(passed))),
        allowed=count <= limit,
    )


def forget_answers() -> int:
    """Drop the answers that Idempotency-Keys were kept for long enough; returns how many."""
    late = KeptAnswer.objects.filter(created_at__lt=timezone.now() - ANSWERS_KEPT)
    return late.delete()[0]


# One statement, so that every process counts the same minute.
_COUNT = """
    UPDATE accounts_apikey SET
        minute_count = CASE WHEN minute_began > now() - interval '60 s'
                            THEN minute_count + 1 ELSE 1 END,
        minute_began = CASE WHEN minute_began > now() - interval '60 s'
                            THEN minute_began ELSE now() END,
        last_used_at = now(), last_used_from = %s
    WHERE id = %s
    RETURNING minute_count, extract(epoch FROM now() - minute_began)
"""


def _describe(
    actor: Actor,
    key: ApiKey,
    name: str,
    wanted: Sequence[str],
    networks: Sequence[str],
    expires_at: datetime | None,
) -> None:
    key.name = " ".join(name.replace("\x00", "").split())[:80]
    if not key.name:
        raise Problem(
            _("Give the key a name that says what uses it."), code="name_missing", field="name"
        )
    key.scopes = scopes.check(wanted)
    _refuse_more(actor, key)
    key.networks = _networks(networks)
    if expires_at is not None and expires_at <= timezone.now():
        raise Problem(_("This date has passed."), code="expired", field="expires_at")
    key.expires_at = expires_at


def _refuse_more(actor: Actor, key: ApiKey) -> None:
    # SECURITY: else a key for keys would be a key for everything, and an administrator an owner.
    more: list[str] = []
    if actor.key:
        more = [s for s in key.scopes if not scopes.allows(actor.key.scopes, s)]
    elif actor.user:
        mine = Member.objects.filter(organisation=key.organisation, user=actor.user).first()
        if mine is None or mine.role == Role.VIEWER:
            # SECURITY: the door checked before the lock, and their membership may have ended since.
            raise Problem(_("You are no longer an administrator."), code="not_admin", status=403)
        if mine.role != Role.OWNER:
            more = [s for s in key.scopes if s in scopes.OWNERS_ALONE]
    if more:
        whose = _("Your own key lacks it") if actor.key else _("Ask an owner of the organisation")
        raise Problem(
            _("You cannot give the scope {scope}. {whose}.").format(scope=more[0], whose=whose),
            code="scope_missing",
            field="scopes",
            status=403,
        )


def _networks(said: Sequence[str]) -> list[str]:
    found = []
    for text in said:
        if not text.strip():
            continue
        try:
            found.append(str(_unmapped(ip_network(text.strip(), strict=False))))
        except ValueError:
            raise Problem(
                _("“{network}” is no network address, such as 203.0.113.0/24.").format(
                    network=text.strip()[:60]
                ),
                code="network",
                field="networks",
            ) from None
    if len(found) > MOST_NETWORKS:
        raise Problem(
            _("At most {most} networks.").format(most=MOST_NETWORKS),
            code="network",
            field="networks",
        )
    return list(dict.fromkeys(found))


def _unmapped(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    """An IPv4 network that is written in IPv6 (::ffff:203.0.113.0/120) as what it is: addresses
    are compared so."""
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return ip_network((mapped, network.prefixlen - _MAPPED))
    return network


def _inside(address: str | None, networks: Sequence[str]) -> bool:
    if address is None:
        return False
    here = ip_address(address)
    mapped = getattr(here, "ipv4_mapped", None)
    return any((mapped or here) in ip_network(network) for network in networks)


def _give_secret(key: ApiKey) -> str:
    kind = "test" if key.test else "live"
    random = "".join(secrets.choice(_LETTERS) for _ in range(40))
    secret = f"hs_{kind}_{key.public_id}_{random}"
    key.secret_hash, key.ending = _hash(secret), secret[-4:]
    return secret


def _hash(secret: str) -> str:
    # 238 bits of chance need no slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()


def _matches(key: ApiKey, secret: str) -> bool:
    said = _hash(secret)
    present = hmac.compare_digest(said, key.secret_hash)
    before = hmac.compare_digest(said, key.previous_hash) and key.rotating
    return present or before


def _living(key: ApiKey) -> ApiKey:
    found = ApiKey.objects.select_for_update(of=("self",)).select_related("organisation")
    key = found.get(pk=key.pk)
    if key.revoked_at:
        raise Problem(_("This key has been revoked."), code="key_revoked", status=409)
    return key

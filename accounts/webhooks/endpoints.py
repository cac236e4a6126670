"""Where events go: endpoints made, changed, switched off and on, their secrets rotated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from accounts import audit
from accounts.actors import SYSTEM, Actor
from accounts.developers import overlap as overlap_of_secrets
from accounts.developers.on_behalf import grant_of, is_theirs
from accounts.membership.members import lock
from accounts.models import Event, Organisation, PartnerGrant, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import events, payloads, signing
from accounts.webhooks.types import CHOICES, TEST
from headshots.lib import safe_http
from headshots.lib.ids import uuid7
from headshots.lib.problems import Problem
from headshots.lib.sealed import SealBroken

MOST = 16
_NAMES = {each.name for each in CHOICES}


@transaction.atomic
def add(
    *,
    actor: Actor,
    organisation: Organisation,
    url: str,
    types: Sequence[str] = (),
    description: str = "",
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret. No `types` means all of them.

    Raises Problem: an address that cannot be called, an unknown type, too many endpoints.
    """
    url = _checked(url)
    organisation = lock(organisation=organisation)
    existing = WebhookEndpoint.objects.filter(organisation=organisation)
    if existing.count() >= MOST:
        raise Problem(
            _("There are {most} endpoints already. Delete one first.").format(most=MOST),
            code="too_many_endpoints",
        )
    endpoint = WebhookEndpoint.objects.create(
        organisation=organisation,
        url=url,
        types=_known(types),
        description=" ".join(description.split())[:120],
        grant=grant_of(actor=actor, organisation=organisation),
    )
    secret = signing.new_secret(endpoint=endpoint)
    _note(actor, endpoint, "added", url=url)
    return endpoint, secret


@transaction.atomic
def change(
    *,
    actor: Actor,
    endpoint: WebhookEndpoint,
    url: str | None = None,
    types: Sequence[str] | None = None,
    description: str | None = None,
) -> WebhookEndpoint:
    """Change what is given; led elsewhere from where a partner had led it, it has a new secret.

    Raises Problem as `add` does, and (403) as `check_theirs` does.
    """
    grant = grant_of(actor=actor, organisation=endpoint.organisation)
    endpoint = _locked(endpoint)
    check_theirs(actor=actor, endpoint=endpoint)
    before = {"url": endpoint.url, "types": endpoint.types}
    if url is not None and url.strip() != endpoint.url:
        endpoint.url = _checked(url)
        # What the old address did says nothing of the new one.
        endpoint.failing_since, endpoint.rests_until, endpoint.waits = None, None, 0
        if _partner_of(endpoint.grant) != _partner_of(grant):
            # SECURITY: who named the address before has the secret, and could send in our name.
            renew_secret(actor=actor, endpoint=endpoint)
        endpoint.grant = grant
    if types is not None:
        endpoint.types = _known(types)
    if description is not None:
        endpoint.description = " ".join(description.split())[:120]
    endpoint.save()
    after = {"url": endpoint.url, "types": endpoint.types}
    changed = {key: after[key] for key in after if after[key] != before[key]}
    _note(actor, endpoint, "changed", **changed)
    return endpoint


@transaction.atomic
def remove(*, actor: Actor, endpoint: WebhookEndpoint) -> None:
    """Forget an endpoint with its deliveries. Raises Problem as `check_theirs` does."""
    endpoint = _locked(endpoint)
    check_theirs(actor=actor, endpoint=endpoint)
    _note(actor, endpoint, "removed", url=endpoint.url)
    endpoint.delete()


@transaction.atomic
def disable(
    *,
    actor: Actor,
    endpoint: WebhookEndpoint,
    because: WebhookEndpoint.Disabled = WebhookEndpoint.Disabled.BY_HAND,
) -> None:
    """Send nothing more. What waits goes on waiting. Owners and administrators are told by mail
    unless one of them did it. Raises Problem as `check_theirs` does."""
    endpoint = _locked(endpoint)
    check_theirs(actor=actor, endpoint=endpoint)
    if endpoint.disabled_at:
        return
    endpoint.disabled_at = timezone.now()
    endpoint.disabled_because = because
    endpoint.save(update_fields=["disabled_at", "disabled_because", "updated_at"])
    _note(actor, endpoint, "disabled", because=str(because))
    if actor is SYSTEM:
        async_task("accounts.tasks.send_webhook_disabled", str(endpoint.pk))


@transaction.atomic
def enable(*, actor: Actor, endpoint: WebhookEndpoint) -> Event | None:
    """Send again, beginning with what waits and what has happened meanwhile; where that is more
    than `events.MOST_AT_ONCE`, returns the first event that can be had by sending again alone.

    Raises Problem as `check_theirs` does.
    """
    endpoint = _locked(endpoint)
    check_theirs(actor=actor, endpoint=endpoint)
    if endpoint.disabled_at is None:
        return None
    off_since, because = endpoint.disabled_at, endpoint.disabled_because
    endpoint.disabled_at, endpoint.disabled_because = None, ""
    endpoint.failing_since, endpoint.rests_until, endpoint.waits = None, None, 0
    endpoint.save()
    _note(actor, endpoint, "enabled")
    async_task("accounts.tasks.send_webhooks")
    # SECURITY: while a partner was shut out, what happened was none of its business.
    if because == WebhookEndpoint.Disabled.PARTNER:
        return None
    return events.hand_over_missed(endpoint=endpoint, since=off_since)


@transaction.atomic
def rotate(
    *, actor: Actor, endpoint: WebhookEndpoint, overlap: timedelta = overlap_of_secrets.USUAL
) -> str:
    """A new secret. For `overlap` deliveries carry a signature by the one before, too; any before
    that one signs no more.

    Raises Problem for an overlap that is too long, and (403) as `check_theirs` does.
    """
    overlap_of_secrets.check(overlap)
    grant_of(actor=actor, organisation=endpoint.organisation)
    endpoint = _locked(endpoint)
    check_theirs(actor=actor, endpoint=endpoint)
    return renew_secret(actor=actor, endpoint=endpoint, overlap=overlap)


@transaction.atomic
def renew_secret(
    *, actor: Actor, endpoint: WebhookEndpoint, overlap: timedelta = timedelta(0)
) -> str:
    """A new secret, whoever named the address; unless there is an `overlap`, what was known before
    is worth nothing any more."""
    endpoint = _locked(endpoint)
    secret = signing.new_secret(endpoint=endpoint, overlap=overlap)
    # Whoever read it before has read another state.
    endpoint.save(update_fields=["updated_at"])
    until = {"old_until": (timezone.now() + overlap).isoformat()} if overlap else {}
    _note(actor, endpoint, "secret_rotated", **until)
    return secret


@transaction.atomic
def reveal(*, actor: Actor, endpoint: WebhookEndpoint) -> str:
    """The current secret, and a line in the log that it was looked at.

    Raises Problem where it can no longer be read.
    """
    try:
        secret = signing.current_secret(endpoint=endpoint)
    except SealBroken:
        raise Problem(
            _("The secret cannot be read any more. Rotate it to get a new one."),
            code="secret_lost",
            status=409,
        ) from None
    _note(actor, endpoint, "secret_seen")
    return secret


@transaction.atomic
def send_test(*, actor: Actor, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Send an event that says nothing, to this endpoint alone.

    Raises Problem (409) for one that is switched off, and (403) as `check_theirs` does.
    """
    endpoint = _locked(endpoint)
    check_theirs(actor=actor, endpoint=endpoint)
    if endpoint.disabled_at:
        raise Problem(
            _("This endpoint is switched off. Switch it on first."), code="disabled", status=409
        )
    event_id = uuid7()
    event = Event.objects.create(
        id=event_id,
        organisation=endpoint.organisation,
        type=TEST,
        object="webhook_endpoint",
        object_id=str(endpoint.pk),
        payload=payloads.text(
            organisation=endpoint.organisation,
            event_id=event_id,
            type=TEST,
            time=timezone.now(),
            object_id=str(endpoint.pk),
        ),
    )
    events.hand_over(events=[event], endpoints=[endpoint])
    _note(actor, endpoint, "tested")
    return WebhookDelivery.objects.get(event=event, endpoint=endpoint)


def check_theirs(*, actor: Actor, endpoint: WebhookEndpoint) -> None:
    """Refuse (403) a partner's program where somebody else named the address."""
    # SECURITY: whoever leads an endpoint elsewhere or has its secret gets what its receiver trusts,
    # and could send it on in our name.
    if not is_theirs(actor=actor, organisation=endpoint.organisation, grant=endpoint.grant):
        raise Problem(
            _("Somebody else named the address of this endpoint. They alone change and use it."),
            code="endpoint_of_another",
            status=403,
        )


def host_of(url: str) -> str:
    """An address without its path and what follows, which may hold a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _partner_of(grant: PartnerGrant | None) -> UUID | None:
    return grant.partner_id if grant else None


def _locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    found = (
        WebhookEndpoint.objects.select_for_update(of=("self",))
        .select_related("organisation", "grant")
        .filter(pk=endpoint.pk)
        .first()
    )
    if found is None:
        raise Problem(_("This endpoint has been deleted."), code="gone", status=404)
    return found


def _checked(url: str) -> str:
    url = url.strip()
    if not url:
        raise Problem(_("Give the address that shall hear of events."), code="url", field="url")
    loopback = settings.ALLOW_LOOPBACK
    try:
        target = safe_http.parse(url, allow_loopback=loopback)
        safe_http.resolve(target, allow_loopback=loopback, patience_s=1.5)
    except safe_http.Refused as refused:
        raise Problem(refused.sentence, code="url", field="url") from None
    except safe_http.Unsendable:
        pass  # the name may come to be later; until then each attempt says so
    return url


def _known(types: Sequence[str]) -> list[str]:
    unknown = [name for name in types if name not in _NAMES]
    if unknown:
        raise Problem(
            _("There is no event “{value}”.").format(value=unknown[0][:60]),
            code="event_type",
            field="types",
        )
    return sorted(set(types))


def _note(actor: Actor, endpoint: WebhookEndpoint, what: str, **details: object) -> None:
    audit.record(
        actor=actor,
        organisation=endpoint.organisation,
        action=f"webhook.{what}",
        about=endpoint,
        **details,
    )

"""Secrets of endpoints and the signatures made with them, as Standard Webhooks has them."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta

from django.utils import timezone
from standardwebhooks import Webhook

from accounts.models import WebhookEndpoint, WebhookSecret
from headshots.lib.sealed import SealBroken, seal, unseal

_PURPOSE = "webhook secret"


def new_secret(*, endpoint: WebhookEndpoint, overlap: timedelta = timedelta(0)) -> str:
    """Make the endpoint's next secret; the one before is good for `overlap` longer, any before it
    no more. Whoever calls it has locked the endpoint."""
    earlier = WebhookSecret.objects.filter(endpoint=endpoint)
    if overlap:
        earlier.exclude(expires_at=None).delete()
        earlier.update(expires_at=timezone.now() + overlap)
    else:
        earlier.delete()
    text = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    WebhookSecret.objects.create(endpoint=endpoint, sealed=seal(text, purpose=_PURPOSE))
    return text


def current_secret(*, endpoint: WebhookEndpoint) -> str:
    """The endpoint's newest secret. Raises SealBroken after a change of the server's own key."""
    sealed = WebhookSecret.objects.get(endpoint=endpoint, expires_at=None).sealed
    return unseal(sealed, purpose=_PURPOSE)


def headers(
    *, endpoint: WebhookEndpoint, event_id: str, payload: str, at: datetime
) -> dict[str, str]:
    """The headers that prove a payload: with a signature by every secret that is live.

    Raises SealBroken where the newest cannot be read.
    """
    signatures = []
    for secret in endpoint.secrets.all():
        if not secret.live:
            continue
        try:
            key = unseal(secret.sealed, purpose=_PURPOSE)
        except SealBroken:
            if secret.expires_at is None:
                raise
            continue  # rotated because of that
        signatures.append(Webhook(key).sign(event_id, at, payload))
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }

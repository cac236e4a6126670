"""Secrets of endpoints and the signatures made with them, as Standard Webhooks has them."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta

from django.utils import timezone
from standardwebhooks import Webhook

from accounts.models import WebhookEndpoint, WebhookSecret
from headshots.lib.sealed import seal, unseal

OLD_LIVES = timedelta(days=1)
_PURPOSE = "webhook secret"


def new_secret(*, endpoint: WebhookEndpoint) -> str:
    """Make the endpoint's next secret; the one before is good for OLD_LIVES more."""
    WebhookSecret.objects.filter(endpoint=endpoint, expires_at=None).update(
        expires_at=timezone.now() + OLD_LIVES
    )
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

    Raises SealBroken where a secret cannot be read.
    """
    signatures = [
        Webhook(unseal(secret.sealed, purpose=_PURPOSE)).sign(event_id, at, payload)
        for secret in endpoint.secrets.all()
        if secret.live
    ]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }

"""Time that passes by moving what is written down into the past."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F

from accounts.models import WebhookDelivery, WebhookEndpoint, WebhookSecret


def pass_time(span: timedelta) -> None:
    WebhookDelivery.objects.filter(next_at__isnull=False).update(next_at=F("next_at") - span)
    WebhookEndpoint.objects.filter(failing_since__isnull=False).update(
        failing_since=F("failing_since") - span
    )
    WebhookEndpoint.objects.filter(rests_until__isnull=False).update(
        rests_until=F("rests_until") - span
    )
    WebhookSecret.objects.filter(expires_at__isnull=False).update(expires_at=F("expires_at") - span)

"""Where Stripe sends its events: an endpoint there, and its secret here."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import stripe
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_noop
from djstripe.models import WebhookEndpoint

from billing.payments.client import answering, once
from billing.payments.receivers import RECEIVED

# The SDK's type is a list of a hundred literal words; Stripe refuses a word that is none.
_EVENTS: Any = RECEIVED


def ensure_endpoint() -> list[str]:
    """Have the events that we receive sent to this site; returns what was done."""
    with answering(gettext_noop("Nothing is half done: run it again.")) as api:
        for row in WebhookEndpoint.objects.filter(url__startswith=f"{settings.SITE_URL}/"):
            if not row.secret:
                continue
            try:
                there = api.v1.webhook_endpoints.retrieve(row.id)
            except stripe.InvalidRequestError:
                row.delete()
                continue
            if sorted(there.enabled_events) == sorted(RECEIVED) and there.status == "enabled":
                return []
            changed = api.v1.webhook_endpoints.update(
                row.id,
                params={"enabled_events": _EVENTS, "disabled": False},
            )
            WebhookEndpoint.sync_from_stripe_data(changed)
            return ["webhook endpoint changed"]
        return [_make(api)]


def _make(api: stripe.StripeClient) -> str:
    uuid = uuid4()
    url = settings.SITE_URL + reverse("djstripe:djstripe_webhook_by_uuid", args=[uuid])
    # One whose answer we never heard would be called for ever, by a secret that nobody has.
    ours = url.removesuffix("/").removesuffix(str(uuid))
    there = api.v1.webhook_endpoints.list(params={"limit": 100})
    for lost in [one.id for one in there.auto_paging_iter() if one.url.startswith(ours)]:
        api.v1.webhook_endpoints.delete(lost)
        WebhookEndpoint.objects.filter(id=lost).delete()
    made = api.v1.webhook_endpoints.create(
        params={
            "url": url,
            "enabled_events": _EVENTS,
            "api_version": settings.STRIPE_API_VERSION,  # type: ignore[typeddict-item]
            "metadata": {"djstripe_uuid": str(uuid)},
        },
        options=once("webhook", uuid),
    )
    # The secret is told this once.
    row = WebhookEndpoint.sync_from_stripe_data(made)
    row.secret = made.secret
    row.save(update_fields=["secret"])
    return f"webhook endpoint {url} made"

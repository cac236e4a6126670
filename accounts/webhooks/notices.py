"""Mail about endpoints."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.mail import letters
from accounts.models import WebhookEndpoint


def send_disabled(*, endpoint_id: UUID) -> int:
    """Tell owners and administrators that an endpoint was switched off; returns how many.

    Nobody is told where it is on again or gone.
    """
    endpoint = (
        WebhookEndpoint.objects.select_related("organisation__sandbox_of")
        .filter(pk=endpoint_id, disabled_at__isnull=False)
        .first()
    )
    if endpoint is None or endpoint.disabled_at is None:
        return 0
    organisation = endpoint.organisation.sandbox_of or endpoint.organisation
    path = reverse("webhook_endpoint", args=[organisation.slug, endpoint.pk])
    context = {
        "endpoint": endpoint,
        "organisation": organisation,
        "link": f"{settings.SITE_URL}{path}",
    }
    sent = 0
    for member in letters.in_charge(organisation):
        with translation.override(letters.language_of(member)):
            mail = letters.letter(
                organisation=organisation,
                template="webhook_disabled",
                subject=_("A webhook endpoint was switched off"),
                context=context,
                to=[member.user.email],
                headers={
                    "Message-ID": f"<webhook.{endpoint.pk.hex}."
                    f"{int(endpoint.disabled_at.timestamp())}.{member.pk.hex}@headshots>"
                },
            )
        mail.send()
        sent += 1
    return sent

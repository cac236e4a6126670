"""Mail about endpoints."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Member, Role, WebhookEndpoint


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
    told = Member.objects.filter(organisation=organisation, role__in=(Role.OWNER, Role.ADMIN))
    sent = 0
    for member in told.select_related("user"):
        mail = EmailMultiAlternatives(
            subject=_("A webhook endpoint was switched off"),
            body=render_to_string("emails/webhook_disabled.txt", context),
            to=[member.user.email],
            headers={
                "Message-ID": f"<webhook.{endpoint.pk.hex}.{int(endpoint.disabled_at.timestamp())}"
                f".{member.pk.hex}@headshots>"
            },
        )
        mail.attach_alternative(
            render_to_string("emails/webhook_disabled.html", context), "text/html"
        )
        mail.send()
        sent += 1
    return sent

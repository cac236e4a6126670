"""The invitation, before it is sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from accounts import access
from accounts.api.base import TenantView
from accounts.models import Employee
from generation.inviting import notices
from generation.models import Order
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

USUAL_DAYS = 14


class InvitationShape(Shape):
    """A mail; its link leads nowhere."""

    subject = serializers.CharField()
    html = serializers.CharField()

    example = {"subject": "Your headshot for Acme", "html": "<!doctype html>…"}


class InvitationQuery(Given):
    """For whom, and until when."""

    employee = serializers.UUIDField(required=False, help_text="Else for an example of one.")
    due_at = serializers.DateTimeField(required=False, help_text="Else in a fortnight.")
    language = serializers.ChoiceField(choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE)


class InvitationPreviewView(TenantView):
    """What people will get."""

    @operation(
        "invitation_preview_get",
        "Look at the invitation",
        tag="Orders",
        scope="orders:read",
        shape=InvitationShape,
        query=InvitationQuery,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Before an order is placed; nothing is sent."""
        said: dict[str, Any] = self.query
        person = (
            access.employee(self.inside, said["employee"])
            if "employee" in said
            else Employee(organisation=self.organisation, first_name="Alex", last_name="Example")
        )
        due = said.get("due_at") or timezone.now() + timedelta(days=USUAL_DAYS)
        mail = notices.preview(
            order=Order(organisation=self.organisation, due_at=due),
            employee=person,
            language=said["language"],
        )
        return self.shown(mail)

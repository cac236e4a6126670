"""Partners: who acts for whom."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import access
from accounts.api import refusals
from accounts.api.base import TenantView
from accounts.developers import partners, scopes
from accounts.models import PartnerGrant
from headshots.lib.api.operations import operation
from headshots.lib.api.problems import Refusal
from headshots.lib.api.shapes import Given, Shape

TAG = "Partners"


class CustomerShape(Shape):
    """An organisation that lets you act for it."""

    id = serializers.UUIDField(
        source="organisation_id", help_text="Name it in Headshots-Organisation."
    )
    name = serializers.CharField(source="organisation.name")
    scopes = serializers.ListField(child=serializers.CharField())
    granted_at = serializers.DateTimeField(source="created_at")

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000002",
        "name": "Customer Ltd",
        "scopes": ["employees:write", "orders:write"],
        "granted_at": "2026-11-25T09:00:00Z",
    }


class GrantShape(Shape):
    """A partner that may act for the organisation."""

    id = serializers.UUIDField()
    partner = serializers.UUIDField(source="partner_id")
    partner_name = serializers.CharField(source="partner.name")
    scopes = serializers.ListField(child=serializers.CharField())
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000014",
        "partner": "019ab1c2-0000-7000-8000-000000000003",
        "partner_name": "HR suite",
        "scopes": ["employees:write", "orders:write"],
        "withdrawn_at": None,
        "created_at": "2026-11-25T09:00:00Z",
    }


class GrantGiven(Given):
    """Whom to let act, and what for."""

    partner = serializers.UUIDField(help_text="The id that the partner told you.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=[s for s in scopes.ALL if s[:5] != "keys:"]),
        min_length=1,
        max_length=50,
    )

    example = {
        "partner": "019ab1c2-0000-7000-8000-000000000003",
        "scopes": ["employees:write", "orders:write"],
    }


class CustomersView(TenantView):
    """Whom you may act for."""

    @operation(
        "customers_list",
        "List customers that you act for",
        tag=TAG,
        scope="organisation:read",
        shape=CustomerShape,
        many=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Send an id of these as `Headshots-Organisation` to act for it, within its scopes and
        those of your key; with a test key, in its sandbox."""
        return self.listed(access.customers(_own(self)), owner=self.organisation.pk)


class GrantsView(TenantView):
    """Who may act for you."""

    @operation(
        "partner_grants_list",
        "List partners",
        tag=TAG,
        scope="keys:read",
        shape=GrantShape,
        many=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Those whose grant has not been withdrawn."""
        return self.listed(access.partner_grants(self.inside), owner=self.organisation.pk)

    @operation(
        "partner_grants_create",
        "Let a partner act",
        tag=TAG,
        scope="keys:write",
        shape=GrantShape,
        body=GrantGiven,
        status=201,
        refuses=(
            refusals.PARTNER_UNKNOWN,
            refusals.SANDBOX_GRANT,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Within scopes that your own key has. A second grant to a partner replaces the first."""
        said = self.body()
        if more := [s for s in said["scopes"] if not scopes.allows(self.inside.scopes, s)]:
            raise Refusal(
                f"Your own key lacks the scope {more[0]}, so it cannot give it.",
                code="scope_missing",
                field="scopes",
                status=403,
            )
        made = partners.grant(
            actor=self.actor,
            organisation=self.organisation,
            partner_id=str(said["partner"]),
            wanted=said["scopes"],
        )
        return self.shown(made, location=reverse("api:partner_grant", args=[made.pk]))


class GrantView(TenantView):
    """One partner."""

    @operation("partner_grants_get", "Read a grant", tag=TAG, scope="keys:read", shape=GrantShape)
    def get(self, request: Request, grant_id: UUID) -> HttpResponseBase:
        """What the partner may, or might until the grant was withdrawn."""
        return self.shown(access.partner_grant(self.inside, grant_id))

    @operation(
        "partner_grants_delete",
        "Withdraw a grant",
        tag=TAG,
        scope="keys:write",
        match=True,
        shape=GrantShape,
    )
    def delete(self, request: Request, grant_id: UUID) -> HttpResponseBase:
        """The partner is shut out with its next request. Endpoints that it named are switched off;
        its upload addresses, download links, join links and embed links end, and with the last the
        personal links behind them: their people can have new ones mailed. Tokens of directories
        that it gave are destroyed, team pages that it published and origins of frames that it added
        are taken off. Whom it invited, and whom they did, is a member no more, unless they are the
        last owner, and keys that they made are revoked."""
        found: PartnerGrant = access.partner_grant(self.inside, grant_id)
        return self.shown(partners.withdraw(actor=self.actor, grant=found))


def _own(view: TenantView) -> access.Inside:
    """The organisation whose key it is: a customer's customers are not the partner's."""
    return access.Inside(view.inside.key.organisation)

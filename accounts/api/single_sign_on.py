"""Domains that an organisation proves, and the provider through which its members sign in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import access, pace
from accounts.api import refusals
from accounts.api.base import TenantView
from accounts.models import DomainClaim, IdentityProvider
from accounts.sso import domains, providers
from headshots.lib.api.operations import Operation, operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Single sign-on"


class DomainShape(Shape):
    """A domain of members' addresses, and the TXT record that proves it."""

    id = serializers.UUIDField()
    domain = serializers.CharField()
    record_name = serializers.SerializerMethodField(help_text="Where the TXT record stands.")
    record_text = serializers.SerializerMethodField(help_text="What it says.")
    proved_at = serializers.DateTimeField(allow_null=True)
    checked_at = serializers.DateTimeField(allow_null=True)
    missing_since = serializers.DateTimeField(
        allow_null=True, help_text="Since when the record is gone; three days later the proof ends."
    )
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000031",
        "domain": "acme.example",
        "record_name": "_headshots.acme.example",
        "record_text": "headshots-domain=5f1c0d9e7b3a48c2a6d4e8f0b1c2d3e4",
        "proved_at": None,
        "checked_at": None,
        "missing_since": None,
        "created_at": "2026-11-25T09:00:00Z",
    }

    def get_record_name(self, row: DomainClaim) -> str:
        return domains.record_name(row)

    def get_record_text(self, row: DomainClaim) -> str:
        return domains.record_text(row)


class DomainGiven(Given):
    """A domain to claim."""

    domain = serializers.CharField(max_length=253)

    example = {"domain": "acme.example"}


class DomainsView(TenantView):
    """Domains as a list."""

    @operation(
        "domains_list",
        "List domains",
        tag=TAG,
        scope="organisation:read",
        shape=DomainShape,
        many=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Claimed and proved ones."""
        return self.listed(access.domain_claims(self.inside), owner=self.organisation.pk)

    @operation(
        "domains_create",
        "Claim a domain",
        tag=TAG,
        scope="organisation:write",
        shape=DomainShape,
        body=DomainGiven,
        status=201,
        refuses=(
            refusals.DOMAIN,
            refusals.LIVE_ALONE,
            refusals.OWN_KEY,
            refusals.CLOSED,
            refusals.TOO_MANY_DOMAINS,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Make its TXT record, then have it looked for with `check`. Again gives the same. Takes a
        key of the organisation's own, not a partner's, as proving it and giving it up do."""
        made = domains.claim(
            actor=self.actor, organisation=self.own(), domain=self.body()["domain"]
        )
        return self.shown(made, location=reverse("api:domain", args=[made.pk]))


class DomainView(TenantView):
    """One domain."""

    @operation(
        "domains_get", "Read a domain", tag=TAG, scope="organisation:read", shape=DomainShape
    )
    def get(self, request: Request, domain_id: UUID) -> HttpResponseBase:
        """With the record that proves it."""
        return self.shown(access.domain_claim(self.inside, domain_id))

    @operation(
        "domains_delete",
        "Give a domain up",
        tag=TAG,
        scope="organisation:write",
        match=True,
        status=204,
        refuses=(
            refusals.OWN_KEY,
            refusals.CLOSED,
            refusals.LAST_DOMAIN,
        ),
    )
    def delete(self, request: Request, domain_id: UUID) -> HttpResponseBase:
        """Nobody with its addresses comes in by the provider any more. The last one stays while
        the provider is required."""
        claim = access.domain_claim(self.inside, domain_id)
        self.own()
        domains.remove(actor=self.actor, claim=claim)
        return self.done()


class DomainCheckView(TenantView):
    """Proving it."""

    acts_on = DomainView

    def enter(self, request: Request, operation: Operation) -> None:
        super().enter(request, operation)
        # Counted also where the record is not there, which undoes what the request did.
        pace.keep("domain-check", str(self.organisation.pk), most=60, seconds=3600)

    @operation(
        "domains_check",
        "Look for a domain's record",
        tag=TAG,
        scope="organisation:write",
        match=True,
        shape=DomainShape,
        refuses=(
            refusals.RECORD_MISSING,
            refusals.TOO_OFTEN,
            refusals.OWN_KEY,
            refusals.DNS_DOWN,
            refusals.DOMAIN_TAKEN,
        ),
    )
    def post(self, request: Request, domain_id: UUID) -> HttpResponseBase:
        """Asks the name server, at most 60 times an hour."""
        claim = access.domain_claim(self.inside, domain_id)
        self.own()
        return self.shown(domains.check(actor=self.actor, claim=claim))


class ProviderShape(Shape):
    """Where members sign in; its secret is told to nobody."""

    kind = serializers.ChoiceField(choices=[providers.OIDC, providers.SAML])
    required: Any = serializers.BooleanField(help_text="Whether members come in through it alone.")
    issuer = serializers.CharField()
    client_id = serializers.CharField()
    has_secret = serializers.BooleanField()
    entity_id = serializers.CharField()
    sso_url = serializers.CharField()
    certificate = serializers.CharField()
    tested_at = serializers.DateTimeField(allow_null=True)
    tested_as = serializers.CharField(help_text="Whom the last test named.")
    test_problem = serializers.CharField(help_text="Why it failed.")
    callback = serializers.CharField(help_text="Our redirect address, for OpenID Connect.")
    acs = serializers.CharField(help_text="Our reply address, for SAML.")
    entity = serializers.CharField(help_text="Our entity ID, for SAML.")

    example = {
        "kind": "openid_connect",
        "required": False,
        "issuer": "https://login.acme.example",
        "client_id": "headshots",
        "has_secret": True,
        "entity_id": "",
        "sso_url": "",
        "certificate": "",
        "tested_at": None,
        "tested_as": "",
        "test_problem": "",
        "callback": "https://headshots.example.com/account/oidc/oidc-1f2e/login/callback/",
        "acs": "",
        "entity": "",
    }


class ProviderGiven(Given):
    """What the provider is: `issuer`, `client_id` and `secret` of OpenID Connect (without `secret`
    the one that is kept, while the two others stay), or `entity_id`, `sso_url` and `certificate`
    of SAML."""

    kind = serializers.ChoiceField(choices=[providers.OIDC, providers.SAML])
    issuer = serializers.CharField(max_length=500, required=False, allow_blank=True)
    client_id = serializers.CharField(max_length=191, required=False, allow_blank=True)
    secret = serializers.CharField(max_length=500, required=False, allow_blank=True)
    entity_id = serializers.CharField(max_length=500, required=False, allow_blank=True)
    sso_url = serializers.CharField(max_length=500, required=False, allow_blank=True)
    certificate = serializers.CharField(max_length=10_000, required=False, allow_blank=True)

    example = {
        "kind": "openid_connect",
        "issuer": "https://login.acme.example",
        "client_id": "headshots",
        "secret": "s3cret",
    }


class RequiredGiven(Given):
    """Whether it is required."""

    required: Any = serializers.BooleanField()

    example = {"required": False}


class SingleSignOnView(TenantView):
    """The provider."""

    def provider(self) -> IdentityProvider:
        found = access.identity_provider(self.inside)
        if found is None:
            raise Http404
        return found

    def told(self) -> HttpResponseBase:
        row = self.provider()
        said: dict[str, Any] = {
            **providers.shown(row),
            **providers.addresses(self.organisation, row),
            "required": row.required,
            "tested_at": row.tested_at,
            "tested_as": row.tested_as,
            "test_problem": row.test_problem,
        }
        return self.shown(said)

    @operation(
        "single_sign_on_get",
        "Read the provider",
        tag=TAG,
        scope="organisation:read",
        shape=ProviderShape,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """With our addresses, as it has to know them; a 404 where there is none."""
        return self.told()

    @operation(
        "single_sign_on_put",
        "Write what the provider is",
        tag=TAG,
        scope="organisation:write",
        match=True,
        shape=ProviderShape,
        body=ProviderGiven,
        refuses=(
            refusals.ISSUER,
            refusals.SECRET_AGAIN,
            refusals.LIVE_ALONE,
            refusals.OWN_KEY,
            refusals.CLOSED,
            refusals.CERTIFICATE,
            refusals.PROVIDER_FIELD,
        ),
    )
    def put(self, request: Request) -> HttpResponseBase:
        """It is not required until a person has tested it on the page for it, as that goes through
        a browser. Who names the provider says who members are: it takes a key of the
        organisation's own, not a partner's, as requiring it and forgetting it do."""
        said = dict(self.body())
        providers.save(actor=self.actor, organisation=self.own(), kind=said.pop("kind"), said=said)
        return self.told()

    @operation(
        "single_sign_on_update",
        "Require the provider, or no longer",
        tag=TAG,
        scope="organisation:write",
        match=True,
        shape=ProviderShape,
        body=RequiredGiven,
        refuses=(
            refusals.UNTESTED,
            refusals.LIVE_ALONE,
            refusals.OWN_KEY,
            refusals.CLOSED,
            refusals.NO_WAY_IN,
        ),
    )
    def patch(self, request: Request) -> HttpResponseBase:
        """Required, members' passwords and passkeys are refused; an owner with a second factor can
        still come in when it is down, so one of them has to have it."""
        providers.require(
            actor=self.actor, organisation=self.own(), required=self.body()["required"]
        )
        return self.told()

    @operation(
        "single_sign_on_delete",
        "Forget the provider",
        tag=TAG,
        scope="organisation:write",
        match=True,
        status=204,
        refuses=(
            refusals.LIVE_ALONE,
            refusals.OWN_KEY,
            refusals.CLOSED,
        ),
    )
    def delete(self, request: Request) -> HttpResponseBase:
        """Members sign in with a password, which they can set anew by mail."""
        providers.remove(actor=self.actor, organisation=self.own())
        return self.done()

"""An organisation's identity provider: saved, tested, required, removed."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.socialaccount.models import SocialAccount, SocialApp
from cryptography import x509
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.membership.members import lock, still_owner
from accounts.membership.second_factor import has_second_factor, owner_has_second_factor
from accounts.models import IdentityProvider, Organisation, User
from headshots.lib import safe_http
from headshots.lib.problems import Problem
from headshots.lib.sealed import seal, unseal

OIDC, SAML = "openid_connect", "saml"
_PURPOSE = "identity provider"
_EMAIL = [
    "email", "mail", "emailAddress", "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
]  # fmt: skip


def secret_of(app: SocialApp) -> str:
    """The client secret, kept encrypted. Raises SealBroken after a change of the server's key."""
    sealed = app.settings.get("sealed_secret", "")
    return unseal(sealed, purpose=_PURPOSE) if sealed else ""


def came_by(request: HttpRequest, user: User) -> frozenset[str]:
    """The providers through which this session was signed in."""
    records = get_authentication_records(request, user)
    return frozenset(
        str(record.get("provider")) for record in records if record["method"] == "socialaccount"
    )


@transaction.atomic
def save(
    *, actor: Actor, organisation: Organisation, kind: str, said: Mapping[str, str]
) -> IdentityProvider:
    """Write what the provider is. It has to be tested anew, and is not required until then.

    `kind` OIDC needs `issuer`, `client_id` and `secret` (empty keeps the one there is, while the
    other two stay); SAML needs `entity_id`, `sso_url` and `certificate`. Raises Problem, naming the
    field.
    """
    said = {name: value.strip() for name, value in said.items()}
    organisation = lock(organisation=organisation)
    still_owner(actor=actor, organisation=organisation)
    known = IdentityProvider.objects.select_related("app").filter(organisation=organisation).first()
    app = known.app if known else SocialApp()
    if known and app.provider != kind:
        # Who somebody is was told by the provider before; the new one tells it anew.
        _forget_accounts(app)
    if kind == OIDC:
        _oidc(app, said)
    elif kind == SAML:
        _saml(app, said)
    else:
        raise Problem(_("Choose OpenID Connect or SAML."), code="kind", field="kind")
    app.provider, app.name = kind, organisation.name[:40]
    app.provider_id = f"{'oidc' if kind == OIDC else 'saml'}-{organisation.pk.hex}"
    app.save()
    provider, _made = IdentityProvider.objects.update_or_create(
        organisation=organisation,
        defaults={
            "app": app,
            "required": False,
            "tested_at": None,
            "tested_as": "",
            "test_problem": "",
        },
    )
    audit.record(
        actor=actor, organisation=organisation, action="sso.saved", about=provider, kind=kind
    )
    return provider


def _oidc(app: SocialApp, said: Mapping[str, str]) -> None:
    _address(said.get("issuer", ""), "issuer")
    if not said.get("client_id"):
        raise Problem(_("Give the client ID."), code="missing", field="client_id")
    issuer, client_id = said["issuer"].rstrip("/"), said["client_id"][:191]
    before = app.settings.get("sealed_secret", "") if app.provider == OIDC else ""
    if not said.get("secret"):
        if not before:
            raise Problem(_("Give the client secret."), code="missing", field="secret")
        # SECURITY: the secret is sent to the issuer, and whoever could lead it elsewhere has it.
        if (app.settings["server_url"], app.client_id) != (issuer, client_id):
            raise Problem(
                _(
                    "The secret that is kept is for another issuer or client ID. Give the one for "
                    "this."
                ),
                code="secret_again",
                field="secret",
            )
    app.client_id = client_id
    app.settings = {
        "server_url": issuer,
        "sealed_secret": seal(said["secret"], purpose=_PURPOSE) if said.get("secret") else before,
        "oauth_pkce_enabled": True,
    }


def _saml(app: SocialApp, said: Mapping[str, str]) -> None:
    _address(said.get("sso_url", ""), "sso_url")
    if not said.get("entity_id"):
        raise Problem(_("Give the provider’s entity ID."), code="missing", field="entity_id")
    if app.provider != SAML:
        # Stands in our addresses, which the provider is told.
        app.client_id = secrets.token_hex(8)
    app.settings = {
        "idp": {
            "entity_id": said["entity_id"][:500],
            "sso_url": said["sso_url"],
            "x509cert": _certificate(said.get("certificate", "")),
        },
        "attribute_mapping": {
            "email": _EMAIL,
            "first_name": ["first_name", "givenName", "urn:oid:2.5.4.42"],
            "last_name": ["last_name", "sn", "urn:oid:2.5.4.4"],
        },
        # SECURITY: an assertion counts only signed, by a sound algorithm, and as the answer to a
        # sign-in that began here: that binds it to one browser and makes it good once.
        "advanced": {
            "strict": True,
            "want_assertion_signed": True,
            "reject_deprecated_algorithm": True,
            "reject_idp_initiated_sso": True,
            "want_attribute_statement": False,
            "want_name_id": True,
        },
    }


def _address(url: str, field: str) -> None:
    try:
        safe_http.parse(url, allow_loopback=settings.ALLOW_LOOPBACK)
    except safe_http.Refused as refused:
        raise Problem(refused.sentence, code="address", field=field) from None


def _certificate(text: str) -> str:
    body = re.sub(r"-----[A-Z ]+-----|\s", "", text)
    try:
        x509.load_pem_x509_certificate(
            f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n".encode()
        )
    except ValueError:
        raise Problem(
            _("This is no certificate. Paste the provider’s signing certificate (X.509, PEM)."),
            code="certificate",
            field="certificate",
        ) from None
    return body


@transaction.atomic
def note_test(*, provider: IdentityProvider, email: str, problem: str) -> None:
    """Keep what a test said."""
    IdentityProvider.objects.filter(pk=provider.pk).update(
        tested_at=timezone.now(), tested_as=email[:254], test_problem=problem[:300]
    )


@transaction.atomic
def require(*, actor: Actor, organisation: Organisation, required: bool) -> None:
    """Let members in through the provider alone, or again by password as well.

    Owners with a second factor can still come in by password, so that a provider that is down or
    set wrong locks nobody out for good. Raises Problem where a test is missing, or the owner who
    asks would lock themselves out.
    """
    organisation = lock(organisation=organisation)
    still_owner(actor=actor, organisation=organisation)
    provider = IdentityProvider.objects.filter(organisation=organisation).first()
    if provider is None or (required and not provider.works):
        raise Problem(
            _("Test the provider first; it must have let you in."), code="untested", status=409
        )
    if required and actor.user and not has_second_factor(actor.user):
        raise Problem(
            _(
                "Set up a second factor for yourself first: it is the owners’ way in when the "
                "provider is down."
            ),
            code="own_second_factor",
            status=409,
        )
    if required and not owner_has_second_factor(organisation):
        raise Problem(
            _(
                "No owner has a second factor yet. It is the owners’ way in when the provider is "
                "down; let one of them set it up first."
            ),
            code="own_second_factor",
            status=409,
        )
    if provider.required == required:
        return
    provider.required = required
    provider.save(update_fields=["required"])
    audit.record(
        actor=actor,
        organisation=organisation,
        action="sso.required",
        about=provider,
        required=required,
    )


@transaction.atomic
def remove(*, actor: Actor, organisation: Organisation) -> None:
    """Forget the provider; members sign in as everybody else, with a password they can reset."""
    organisation = lock(organisation=organisation)
    still_owner(actor=actor, organisation=organisation)
    if forget(organisation=organisation):
        audit.record(actor=actor, organisation=organisation, action="sso.removed")


def forget(*, organisation: Organisation) -> bool:
    """Delete an organisation's provider, its secret and what was linked by it. Returns whether
    there was one. Needs a transaction."""
    provider = (
        IdentityProvider.objects.select_related("app").filter(organisation=organisation).first()
    )
    if provider is None:
        return False
    app = provider.app
    provider.delete()
    _forget_accounts(app)
    app.delete()
    return True


def _forget_accounts(app: SocialApp) -> None:
    if app.provider_id:
        SocialAccount.objects.filter(provider=app.provider_id).delete()


def addresses(organisation: Organisation, provider: IdentityProvider | None) -> dict[str, str]:
    """Ours, as the provider has to know them: `callback` for OpenID Connect; for SAML, once it is
    saved, `acs` and `entity`."""

    def place(name: str, argument: str) -> str:
        return f"{settings.SITE_URL}{reverse(name, args=[argument])}"

    saml = provider.app.client_id if provider and provider.app.provider == SAML else ""
    return {
        "callback": place("openid_connect_callback", f"oidc-{organisation.pk.hex}"),
        "acs": place("saml_acs", saml) if saml else "",
        "entity": place("saml_metadata", saml) if saml else "",
    }


def shown(provider: IdentityProvider | None) -> dict[str, Any]:
    """What the settings form shows of a provider; never its secret."""
    if provider is None:
        return {"kind": OIDC}
    kept, idp = provider.app.settings, provider.app.settings.get("idp", {})
    return {
        "kind": provider.app.provider,
        "issuer": kept.get("server_url", ""),
        "client_id": provider.app.client_id if provider.app.provider == OIDC else "",
        "has_secret": bool(kept.get("sealed_secret")),
        "entity_id": idp.get("entity_id", ""),
        "sso_url": idp.get("sso_url", ""),
        "certificate": idp.get("x509cert", ""),
    }

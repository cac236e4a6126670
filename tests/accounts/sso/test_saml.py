"""SAML: an assertion counts signed by the provider, for us, as the answer to a sign-in, once."""

from __future__ import annotations

import base64
import datetime as dt
import re
import zlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialApp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from django.test import Client
from django.utils import timezone
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Saml
from onelogin.saml2.utils import OneLogin_Saml2_Utils as Utils

from accounts.membership.organisations import add_member
from accounts.models import DomainClaim, IdentityProvider, Organisation, Role
from accounts.sso import domains, providers
from generation.leaving import closing
from headshots.lib.problems import Problem
from tests.accounts.sso.conftest import Zone
from tests.accounts.sso.test_oidc import signed_in
from tests.world import World, make_user, make_world

IDP = "https://idp.example/entity"


@dataclass(frozen=True)
class Key:
    """A signing key with its certificate, both as PEM."""

    private: str
    certificate: str


def make_key() -> Key:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return Key(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
    )


KEY, ANOTHER = make_key(), make_key()


@dataclass(frozen=True)
class Assertion:
    """What the provider says; a test changes one thing at a time."""

    acs: str
    audience: str
    request: str
    email: str = "ada@acme.example"
    key: Key | None = KEY
    age: int = 0
    altered: bool = False
    algorithm: str = Saml.RSA_SHA256

    def response(self) -> str:
        """The form field SAMLResponse."""
        now = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=self.age)
        at, later = (t.strftime("%Y-%m-%dT%H:%M:%SZ") for t in (now, now + dt.timedelta(minutes=5)))
        own, outer = Utils.generate_unique_id(), Utils.generate_unique_id()
        assertion = f"""<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
 ID="{own}" Version="2.0" IssueInstant="{at}"><saml:Issuer>{IDP}</saml:Issuer><saml:Subject>
<saml:NameID
 Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">{self.email}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<saml:SubjectConfirmationData NotOnOrAfter="{later}" Recipient="{self.acs}"
 InResponseTo="{self.request}"/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{at}" NotOnOrAfter="{later}"><saml:AudienceRestriction>
<saml:Audience>{self.audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{at}" SessionIndex="{own}"><saml:AuthnContext>
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>
</saml:AuthnContext></saml:AuthnStatement></saml:Assertion>"""
        if self.key:
            digest = Saml.SHA1 if self.algorithm == Saml.RSA_SHA1 else Saml.SHA256
            signed = Utils.add_sign(
                assertion, self.key.private, self.key.certificate,
                sign_algorithm=self.algorithm, digest_algorithm=digest,
            )  # fmt: skip
            assertion = signed.decode() if isinstance(signed, bytes) else signed
        if self.altered:
            assertion = assertion.replace(self.email, "boss@acme.example")
        text = f"""<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{outer}" Version="2.0"
 IssueInstant="{at}" Destination="{self.acs}" InResponseTo="{self.request}">
<saml:Issuer>{IDP}</saml:Issuer><samlp:Status><samlp:StatusCode
 Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{assertion}</samlp:Response>"""
        return base64.b64encode(text.encode()).decode()


@pytest.fixture
def linked(world: World, zone: Zone, settings: Any) -> World:
    settings.ALLOWED_HOSTS = ["headshots.example"]
    zone.prove(world)
    providers.save(
        actor=world.actor,
        organisation=world.organisation,
        kind=providers.SAML,
        said={
            "entity_id": IDP,
            "sso_url": "https://idp.example/sso",
            "certificate": KEY.certificate,
        },
    )
    for email in ("ada@acme.example", "boss@acme.example", "eve@other.example"):
        add_member(
            actor=world.actor,
            organisation=world.organisation,
            user=make_user(email),
            role=Role.VIEWER,
        )
    return world


def new_browser() -> Client:
    return Client(headers={"host": "headshots.example"})


def begin(browser: Client) -> Assertion:
    """Go to the provider; what a good answer to that is."""
    away = browser.post("/account/sso", {"email": "x@acme.example"}).content.decode()
    found = re.search(r'href="(https://idp\.example/sso[^"]+)"', away)
    assert found, away
    query = parse_qs(urlsplit(found.group(1).replace("&amp;", "&")).query)
    asked = zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), -15).decode()
    request, acs, audience = (
        re.search(pattern, asked, re.S)
        for pattern in (
            r' ID="([^"]+)"',
            r'AssertionConsumerServiceURL="([^"]+)"',
            r"<saml:Issuer>([^<]+)<",
        )
    )
    assert request
    assert acs
    assert audience
    return Assertion(acs.group(1), audience.group(1), request.group(1))


def answer(browser: Client, response: str, acs: str) -> Any:
    """The provider's form is sent; then our own redirect is followed."""
    first = browser.post(urlsplit(acs).path, {"SAMLResponse": response})
    browser.cookies.update(first.cookies)
    return browser.get(first["Location"])


def test_a_signed_assertion_lets_a_member_in(linked: World) -> None:
    browser = new_browser()
    good = begin(browser)
    reply = answer(browser, good.response(), good.acs)
    assert reply["Location"] == "/home"
    assert signed_in(browser)


@pytest.mark.parametrize(
    "change",
    [
        {"key": ANOTHER},
        {"key": None},
        {"altered": True},
        {"audience": "https://somebody.else.example/"},
        {"age": 3600},
        {"age": -3600},
        {"algorithm": Saml.RSA_SHA1},
        {"acs": "https://somebody.else.example/acs"},
        {"request": "ONELOGIN_of_another_browser"},
        {"request": ""},
        {"email": "eve@other.example"},
        {"email": ""},
    ],
    ids=lambda change: "-".join(change),
)
def test_anything_else_lets_nobody_in(linked: World, change: dict[str, Any]) -> None:
    browser = new_browser()
    good = begin(browser)
    reply = answer(browser, replace(good, **change).response(), good.acs)
    assert reply.status_code in (200, 400, 401, 403)
    assert not signed_in(browser)
    # The same with nothing changed is good: it was refused for what was changed.
    again = new_browser()
    fine = begin(again)
    answer(again, fine.response(), fine.acs)
    assert signed_in(again)


def test_an_assertion_is_good_once_and_in_one_browser(linked: World) -> None:
    browser, thief = new_browser(), new_browser()
    good = begin(browser)
    response = good.response()
    answer(browser, response, good.acs)
    assert signed_in(browser)
    begin(thief)
    for somebody in (thief, new_browser()):
        answer(somebody, response, good.acs)
        assert not signed_in(somebody)
    browser.logout()
    answer(browser, response, good.acs)
    assert not signed_in(browser)


def test_what_is_no_certificate_is_refused(world: World) -> None:
    said = {"entity_id": IDP, "sso_url": "https://idp.example/sso", "certificate": "nonsense"}
    with pytest.raises(Problem, match="no certificate"):
        providers.save(
            actor=world.actor, organisation=world.organisation, kind=providers.SAML, said=said
        )


def test_a_closed_organisation_keeps_neither_domain_nor_provider(linked: World, zone: Zone) -> None:
    SocialAccount.objects.create(
        user=linked.owner, provider=SocialApp.objects.get().provider_id, uid="owner"
    )
    closing.close_organisation(
        actor=linked.actor, organisation=linked.organisation, typed_name="Acme"
    )
    Organisation.objects.filter(pk=linked.organisation.pk).update(
        closed_at=timezone.now() - timedelta(hours=1)
    )
    assert closing.finish(organisation_id=linked.organisation.pk)
    for model in (DomainClaim, IdentityProvider, SocialApp, SocialAccount):
        assert not model._default_manager.exists()
    # The same company comes back and proves its domain.
    again = make_world("Acme anew")
    zone.prove(again)
    claim = domains.proved_for("ada@acme.example")
    assert claim is not None
    assert claim.organisation == again.organisation

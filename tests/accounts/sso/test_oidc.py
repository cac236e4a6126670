"""Signing in through a real OpenID Connect provider, which is believed about its own domain."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse

from accounts.actors import user_actor
from accounts.membership.members import leave
from accounts.membership.organisations import add_member
from accounts.models import AuditEntry, IdentityProvider, Member, MemberInvitation, Role, User
from accounts.sso import providers
from headshots.lib.problems import Problem
from tests.accounts.sso.conftest import Idp, Zone
from tests.world import PASSWORD, World, make_user, make_world


@pytest.fixture
def linked(world: World, zone: Zone, idp: Idp, settings: Any) -> World:
    """An organisation with a proved domain and the provider."""
    settings.ALLOW_LOOPBACK = True
    zone.prove(world)
    use(world, idp)
    return world


PEOPLE = {
    "ada@acme.example": True,
    "new@acme.example": True,
    "unverified@acme.example": False,
    "boss@other.example": True,
}


def use(world: World, idp: Idp) -> IdentityProvider:
    callback = f"http://testserver/account/oidc/oidc-{world.organisation.pk.hex}/login/callback/"
    people = {**PEOPLE, world.owner.email: True}
    client = idp.client(callback, **people)
    return providers.save(
        actor=world.actor,
        organisation=world.organisation,
        kind=providers.OIDC,
        said={"issuer": idp.url, **client},
    )


def onward(response: Any) -> str:
    found = re.search(r'href="(http://127[^"]+)"', response.content.decode())
    assert found, response.content.decode()
    return html.unescape(found.group(1))


def sign_in(idp: Idp, email: str, typed: str = "x@acme.example") -> tuple[Client, Any]:
    """Somebody goes to the provider and comes back."""
    browser = Client()
    away = onward(browser.post("/account/sso", {"email": typed}))
    back = urlsplit(idp.answer(away, email))
    return browser, browser.get(f"{back.path}?{back.query}")


def signed_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


def test_a_member_comes_in(linked: World, idp: Idp) -> None:
    user = make_user("ada@acme.example")
    add_member(actor=linked.actor, organisation=linked.organisation, user=user, role=Role.VIEWER)
    for _ in range(2):
        browser, answer = sign_in(idp, "ada@acme.example")
        assert answer["Location"] == "/home"
        page = browser.get(reverse("overview", args=[linked.organisation.slug]))
        assert page.status_code == 200
    assert SocialAccount.objects.get().user == user


def test_somebody_invited_gets_an_account_and_a_stranger_none(linked: World, idp: Idp) -> None:
    browser, answer = sign_in(idp, "new@acme.example")
    assert answer.status_code == 403
    assert "no member of Acme yet" in answer.content.decode()
    assert not signed_in(browser)
    assert not User.objects.filter(email="new@acme.example").exists()
    invitation = linked.invite_member()
    MemberInvitation.objects.filter(pk=invitation.pk).update(email="new@acme.example")
    browser, answer = sign_in(idp, "new@acme.example")
    assert answer["Location"] == "/home"
    member = Member.objects.get(user__email="new@acme.example")
    assert member.role == invitation.role
    assert not member.user.has_usable_password()
    leave(actor=user_actor(member.user), organisation=linked.organisation, user=member.user)
    _, answer = sign_in(idp, "new@acme.example")
    assert answer.status_code == 403


def test_another_organisations_address_gets_no_login_and_no_link(
    linked: World, idp: Idp, zone: Zone
) -> None:
    other = make_world("Other")
    zone.prove(other, "other.example")
    boss = make_user("boss@other.example")
    add_member(actor=other.actor, organisation=other.organisation, user=boss, role=Role.OWNER)
    # Even as a member here.
    add_member(actor=linked.actor, organisation=linked.organisation, user=boss, role=Role.VIEWER)
    browser, answer = sign_in(idp, "boss@other.example")
    assert answer.status_code == 403
    assert "may not speak for boss@other.example" in answer.content.decode()
    assert not signed_in(browser)
    assert not SocialAccount.objects.exists()
    entry = AuditEntry.objects.get(action="sso.refused")
    assert entry.organisation == linked.organisation
    assert entry.details == {"reason": "sso_domain"}


def test_an_unverified_address_and_an_unproved_domain_get_nothing(linked: World, idp: Idp) -> None:
    for email in ("unverified@acme.example", "ada@acme.example"):
        user = make_user(email)
        add_member(actor=linked.actor, organisation=linked.organisation, user=user, role=Role.ADMIN)
    browser, answer = sign_in(idp, "unverified@acme.example")
    assert "not verified" in answer.content.decode()
    assert not signed_in(browser)
    browser = Client()
    away = onward(browser.post("/account/sso", {"email": "ada@acme.example"}))
    linked.organisation.domains.update(proved_at=None)
    back = urlsplit(idp.answer(away, "ada@acme.example"))
    assert browser.get(f"{back.path}?{back.query}").status_code == 403
    assert Client().post("/account/sso", {"email": "ada@acme.example"}).status_code == 422


def test_an_account_opened_by_somebody_else_loses_their_password(linked: World, idp: Idp) -> None:
    squatter = make_user("ada@acme.example")
    EmailAddress.objects.filter(user=squatter).update(verified=False)
    add_member(
        actor=linked.actor, organisation=linked.organisation, user=squatter, role=Role.VIEWER
    )
    browser, _ = sign_in(idp, "ada@acme.example")
    assert signed_in(browser)
    squatter.refresh_from_db()
    assert not squatter.has_usable_password()


def test_an_answer_is_good_for_the_browser_that_asked_and_once(linked: World, idp: Idp) -> None:
    user = make_user("ada@acme.example")
    add_member(actor=linked.actor, organisation=linked.organisation, user=user, role=Role.VIEWER)
    victim = Client()
    away = onward(Client().post("/account/sso", {"email": "x@acme.example"}))
    back = urlsplit(idp.answer(away, "ada@acme.example"))
    victim.get(f"{back.path}?{back.query}")
    assert not signed_in(victim)


def test_the_owner_tests_then_requires_it(linked: World, idp: Idp, zone: Zone) -> None:
    owner = linked.owner
    browser = Client()
    browser.force_login(owner)
    slug = linked.organisation.slug
    with pytest.raises(Problem, match="Test the provider"):
        providers.require(actor=linked.actor, organisation=linked.organisation, required=True)

    def run_test(email: str) -> str:
        away = onward(browser.post(reverse("sso_test", args=[slug])))
        back = urlsplit(idp.answer(away, email))
        answer = browser.get(f"{back.path}?{back.query}")
        assert answer["Location"] == reverse("sso_settings", args=[slug])
        return browser.get(answer["Location"]).content.decode()

    assert "may not speak for boss@other.example" in run_test("boss@other.example")
    assert "it named ada@acme.example" in run_test("ada@acme.example")
    # The owner is still who they were, and nothing is linked.
    assert browser.session["_auth_user_id"] == str(owner.pk)
    assert not SocialAccount.objects.exists()
    with pytest.raises(Problem, match="second factor"):
        providers.require(actor=linked.actor, organisation=linked.organisation, required=True)
    Authenticator.objects.create(user=owner, type=Authenticator.Type.TOTP, data={})
    assert browser.post(reverse("sso_require", args=[slug]), {"required": "yes"}).status_code == 302

    # A member's password is refused with a sentence, wherever they try.
    member = make_user("ada@acme.example")
    add_member(actor=linked.actor, organisation=linked.organisation, user=member, role=Role.ADMIN)
    theirs = Client()
    answer = theirs.post("/account/login/", {"login": member.email, "password": PASSWORD})
    assert answer.status_code == 403
    assert "single sign-on only" in answer.content.decode()
    assert not signed_in(theirs)
    # A session from before, or of a member with another address, comes no further than the door.
    theirs.force_login(member)
    inside = reverse("overview", args=[slug])
    assert theirs.get(inside).status_code == 403
    theirs, _ = sign_in(idp, "ada@acme.example")
    assert theirs.get(inside).status_code == 200
    # The owners' own way in stays open: a password and a second factor.
    assert browser.get(inside).status_code == 200


def test_a_provider_that_is_down_is_said(linked: World) -> None:
    provider = linked.organisation.identity_provider
    provider.app.settings["server_url"] = "http://127.0.0.1:9"
    provider.app.save()
    answer = Client().post("/account/sso", {"email": "x@acme.example"})
    assert answer.status_code == 502
    assert "does not answer" in answer.content.decode()


def test_an_address_inside_our_network_is_not_called(world: World, settings: Any) -> None:
    settings.ALLOW_LOOPBACK = False
    form = {"issuer": "http://127.0.0.1:9", "client_id": "x", "secret": "y"}
    with pytest.raises(Problem):
        providers.save(
            actor=world.actor, organisation=world.organisation, kind=providers.OIDC, said=form
        )
    from headshots.lib import safe_requests

    for address in ("https://169.254.169.254/", "https://localhost/"):
        with pytest.raises(OSError, match="Nothing was sent"):
            safe_requests.session().get(address)


def test_the_secret_is_not_kept_readable_and_may_be_kept(linked: World, idp: Idp) -> None:
    app = linked.organisation.identity_provider.app
    assert "a secret of the client" not in str(app.settings) + app.secret
    assert providers.secret_of(app) == "a secret of the client"
    form = {"issuer": idp.url, "client_id": app.client_id, "secret": ""}
    providers.save(
        actor=linked.actor, organisation=linked.organisation, kind=providers.OIDC, said=form
    )
    app.refresh_from_db()
    assert providers.secret_of(app) == "a secret of the client"
    form["issuer"] = f"{idp.url}/elsewhere"
    page = Client()
    page.force_login(linked.owner)
    place = reverse("sso_save", args=[linked.organisation.slug])
    answer = page.post(place, {**form, "kind": providers.OIDC})
    assert answer.status_code == 422
    assert "for another issuer or client ID" in answer.content.decode()
    app.refresh_from_db()
    assert app.settings["server_url"] == idp.url
    providers.remove(actor=linked.actor, organisation=linked.organisation)
    assert not IdentityProvider.objects.exists()

"""Members come in through their organisation's own identity provider, which is a real one."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.membership.organisations import add_member
from accounts.models import DomainClaim, IdentityProvider, Member, MemberInvitation, Role
from accounts.sso import domains, providers
from tests.accounts.sso.conftest import Idp, Zone, idp, zone  # noqa: F401  fixtures
from tests.browser.conftest import DESK, PHONE, Open, sign_in
from tests.browser.walking import holds
from tests.world import PASSWORD, World, make_user, make_world

ADA, NEW, STRANGER = "ada@acme.example", "new@acme.example", "stranger@acme.example"


@pytest.fixture
def other_hosts(idp: Idp) -> tuple[str, ...]:  # noqa: F811
    """The provider is asked, too."""
    return (idp.url,)


@pytest.fixture
def world(site: str, settings: Any) -> World:
    settings.ALLOW_LOOPBACK = True
    return make_world()


def at_the_provider(page: Page, idp: Idp, email: str) -> None:  # noqa: F811
    """Somebody has signed in there before."""
    page.goto(f"{idp.url}/control/enter?email={email}")


def come_in(page: Page, email: str) -> None:
    page.goto("/account/login/")
    page.get_by_role("link", name="Single sign-on").click()
    expect(page.get_by_role("heading", name="Single sign-on")).to_be_visible()
    page.get_by_label("Work address").fill(email)
    page.get_by_role("button", name="Go on").click()


def test_an_owner_sets_it_up_and_members_come_in_by_it(
    opened: Open,
    world: World,
    idp: Idp,  # noqa: F811
    zone: Zone,  # noqa: F811
    site: str,
) -> None:
    slug = world.organisation.slug
    desk = opened(DESK)
    sign_in(desk, world.owner.email)
    desk.goto(f"/o/{slug}/settings")
    place = f"/o/{slug}/settings/sso"
    desk.locator(f"a[href='{place}']").click()
    expect(desk.get_by_role("heading", name="Single sign-on")).to_be_visible()
    holds(desk)
    desk.get_by_role("radio", name="SAML 2.0").check()
    expect(desk.get_by_label("Its sign-in address")).to_be_visible()
    expect(desk.get_by_label("Issuer")).to_be_hidden()
    desk.get_by_role("radio", name="OpenID Connect").check()
    expect(desk.get_by_label("Its sign-in address")).to_be_hidden()
    desk.get_by_label("Domain", exact=True).fill("acme.example")
    desk.get_by_role("button", name="Add the domain").click()
    expect(desk.get_by_text("Not proved yet")).to_be_visible()
    desk.get_by_role("button", name="Look for the record").click()
    expect(desk.get_by_role("alert")).to_be_visible()
    holds(desk)
    claim = DomainClaim.objects.get()
    zone.records[domains.record_name(claim)] = [domains.record_text(claim)]
    desk.get_by_role("button", name="Look for the record").click()
    expect(desk.get_by_text("acme.example is proved.")).to_be_visible()

    callback = f"{site}/account/oidc/oidc-{world.organisation.pk.hex}/login/callback/"
    expect(desk.get_by_text(callback)).to_be_visible()
    people = {ADA: True, NEW: True, STRANGER: True, world.owner.email: True}
    client = idp.client(callback, **people)
    desk.get_by_label("Issuer").fill(idp.url)
    desk.get_by_label("Client ID").fill(client["client_id"])
    desk.get_by_label("Client secret").fill(client["secret"])
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("Saved. Test it now")).to_be_visible()
    holds(desk)
    at_the_provider(desk, idp, world.owner.email)
    desk.goto(place)
    desk.get_by_role("button", name="Test it").click()
    expect(desk.get_by_text("Tested", exact=True)).to_be_visible()
    expect(desk.get_by_text(f"it named {world.owner.email}")).to_be_visible()
    holds(desk)

    ada = make_user(ADA)
    add_member(actor=world.actor, organisation=world.organisation, user=ada, role=Role.VIEWER)
    phone = opened(PHONE)
    phone.goto("/account/sso")
    holds(phone)
    at_the_provider(phone, idp, ADA)
    come_in(phone, ADA)
    phone.wait_for_url(f"**/o/{slug}/**")
    expect(phone.get_by_role("heading", level=1)).to_be_visible()

    invited = world.invite_member()
    MemberInvitation.objects.filter(pk=invited.pk).update(email=NEW)
    newcomer = opened(PHONE)
    at_the_provider(newcomer, idp, NEW)
    come_in(newcomer, NEW)
    newcomer.wait_for_url(f"**/o/{slug}/**")
    assert Member.objects.get(user__email=NEW).role == invited.role

    stranger = opened(PHONE)
    at_the_provider(stranger, idp, STRANGER)
    come_in(stranger, STRANGER)
    expect(stranger.get_by_role("heading", name="You were not signed in")).to_be_visible()
    expect(stranger.get_by_text("no member of Acme yet")).to_be_visible()
    holds(stranger)
    stranger.get_by_role("link", name="Try again").click()
    stranger.get_by_label("Work address").fill("somebody@unknown.example")
    stranger.get_by_role("button", name="Go on").click()
    expect(stranger.locator("[aria-invalid=true], [role=alert]").first).to_be_visible()
    holds(stranger)


def test_where_it_is_required_a_password_leads_to_the_provider(
    opened: Open,
    world: World,
    idp: Idp,  # noqa: F811
    zone: Zone,  # noqa: F811
    site: str,
) -> None:
    zone.prove(world)
    callback = f"{site}/account/oidc/oidc-{world.organisation.pk.hex}/login/callback/"
    people = {ADA: True}
    client = idp.client(callback, **people)
    providers.save(
        actor=world.actor,
        organisation=world.organisation,
        kind=providers.OIDC,
        said={"issuer": idp.url, **client},
    )
    IdentityProvider.objects.update(required=True)
    ada = make_user(ADA)
    add_member(actor=world.actor, organisation=world.organisation, user=ada, role=Role.VIEWER)
    page = opened(PHONE)
    at_the_provider(page, idp, ADA)
    page.goto("/account/login/")
    page.get_by_label("Email").fill(ADA)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Acme signs you in")).to_be_visible()
    holds(page)
    page.get_by_role("button", name="Go on to single sign-on").click()
    page.wait_for_url(f"**/o/{world.organisation.slug}/**")
    expect(page.get_by_role("heading", name="Acme signs you in")).to_have_count(0)

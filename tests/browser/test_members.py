"""Colleagues come in, get another role, are taken out and leave; the last owner stays."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from accounts.models import Member, Role
from tests.browser.conftest import DESK, PHONE, Open, link_in, newest_mail, sign_in
from tests.browser.queue import drain
from tests.browser.walking import code_in, holds
from tests.world import PASSWORD, World, make_user, make_world

NEW = "new.colleague@partner.example"


def members_page(page: Page, world: World) -> None:
    page.goto(f"/o/{world.organisation.slug}/members")
    expect(page.get_by_role("heading", name="Members", exact=True)).to_be_visible()


def row(page: Page, email: str) -> object:
    return page.locator(".members li").filter(has_text=email)


def test_a_colleague_is_invited_makes_an_account_and_joins(opened: Open) -> None:
    world = make_world()
    desk, phone = opened(DESK), opened(PHONE)
    sign_in(desk, world.owner.email)
    members_page(desk, world)
    holds(desk)
    desk.get_by_label("E-mail address").fill(world.owner.email)
    desk.get_by_role("button", name="Send the invitation").click()
    expect(desk.get_by_role("alert")).to_be_visible()
    holds(desk)
    desk.get_by_label("E-mail address").fill(NEW)
    desk.get_by_role("radio", name=re.compile("^Viewer")).check()
    desk.get_by_role("button", name="Send the invitation").click()
    expect(desk.get_by_text(f"An invitation is on its way to {NEW}.")).to_be_visible()
    drain()
    desk.reload()
    expect(desk.get_by_text("good until")).to_be_visible()
    holds(desk)

    phone.goto(link_in(newest_mail(NEW)))
    expect(phone.get_by_role("heading", name="Join Acme")).to_be_visible()
    holds(phone)
    phone.get_by_role("link", name="Make an account").click()
    expect(phone.get_by_label("Email")).to_have_value(NEW)
    holds(phone)
    phone.get_by_label("Password", exact=True).fill(PASSWORD)
    phone.get_by_label("Password (again)").fill(PASSWORD)
    phone.get_by_role("button", name="Make the account").click()
    expect(phone.get_by_role("heading", name="Check your mail")).to_be_visible()
    holds(phone)
    phone.get_by_label("Code").fill(code_in(newest_mail(NEW)))
    phone.get_by_role("button", name="Confirm").click()
    expect(phone.get_by_text(f"You are signed in as {NEW}.")).to_be_visible()
    holds(phone)
    phone.get_by_role("button", name="Join").click()
    phone.wait_for_url(f"**/o/{world.organisation.slug}/**")
    member = Member.objects.get(user__email=NEW)
    assert (member.organisation, member.role) == (world.organisation, Role.VIEWER)
    members_page(phone, world)
    expect(phone.get_by_text("You are viewer. Owners invite members")).to_be_visible()
    holds(phone)


def test_a_role_is_changed_and_a_member_taken_out(opened: Open) -> None:
    world = make_world()
    colleague = world.member(Role.VIEWER)
    desk, theirs = opened(DESK), opened(PHONE)
    sign_in(desk, world.owner.email)
    sign_in(theirs, colleague.email)
    members_page(desk, world)
    desk.get_by_label(f"Role of {colleague}").select_option("admin")
    row(desk, colleague.email).get_by_role("button", name="Change").click()  # type: ignore[attr-defined]
    expect(desk.get_by_text(f"{colleague} is administrator now.")).to_be_visible()
    holds(desk)
    # At once, in the browser that they have open.
    theirs.goto(f"/o/{world.organisation.slug}/audit")
    expect(theirs.get_by_role("heading", name="Log")).to_be_visible()

    row(desk, colleague.email).get_by_role("button", name="Remove").click()  # type: ignore[attr-defined]
    expect(desk.get_by_role("heading", name="Remove this member?")).to_be_visible()
    holds(desk)
    desk.get_by_role("button", name="Keep them").click()
    expect(desk.get_by_role("heading", name="Remove this member?")).to_be_hidden()
    row(desk, colleague.email).get_by_role("button", name="Remove").click()  # type: ignore[attr-defined]
    desk.locator("dialog[open]").get_by_role("button", name="Remove").click()
    expect(desk.get_by_text(f"{colleague} is no member any more.")).to_be_visible()
    assert not Member.objects.filter(user=colleague).exists()
    answer = theirs.goto(f"/o/{world.organisation.slug}/audit")
    assert answer
    assert answer.status == 404


def test_the_last_owner_cannot_leave_until_there_is_another(opened: Open) -> None:
    world = make_world()
    second = world.member(Role.ADMIN)
    page = opened(PHONE)
    sign_in(page, world.owner.email)
    members_page(page, world)
    expect(page.get_by_text("You are the only owner.")).to_be_visible()
    expect(page.get_by_role("button", name="Leave the organisation")).to_have_count(0)
    # Nor by what a page would send that was open before.
    refused = page.evaluate(
        """async (place) => {
          const form = new FormData(document.querySelector('form[method=post]'));
          const answer = await fetch(place, {method: 'POST', body: form});
          return [answer.status, await answer.text()];
        }""",
        f"/o/{world.organisation.slug}/members/leave",
    )
    assert refused[0] == 409, refused[1]
    assert Member.objects.filter(user=world.owner, role=Role.OWNER).exists()

    page.get_by_label(f"Role of {second}").select_option("owner")
    row(page, second.email).get_by_role("button", name="Change").click()  # type: ignore[attr-defined]
    page.get_by_role("button", name="Leave the organisation").click()
    expect(page.get_by_role("heading", name="Leave the organisation?")).to_be_visible()
    holds(page)
    page.get_by_role("button", name="Leave", exact=True).click()
    expect(page.get_by_text("You have left Acme.")).to_be_visible()
    holds(page)
    assert [member.user for member in Member.objects.all()] == [second]


def test_an_invitation_is_for_its_address_alone(opened: Open) -> None:
    world = make_world()
    make_user("somebody@else.example")
    invitation = world.invite_member()
    drain()
    page = opened(PHONE)
    sign_in(page, "somebody@else.example")
    page.goto(link_in(newest_mail(invitation.email)))
    expect(page.get_by_text("The invitation is for another address")).to_be_visible()
    holds(page)
    page.get_by_role("link", name="Sign out and go on").click()
    holds(page)
    page.get_by_role("button", name=re.compile("Sign out", re.IGNORECASE)).last.click()
    page.wait_for_url("**/join/**")
    expect(page.get_by_text(f"It was sent to {invitation.email}.")).to_be_visible()

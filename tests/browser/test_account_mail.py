"""A new password by mail, and a new address that is confirmed by a code."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.conftest import DESK, PHONE, Open, link_in, newest_mail, sign_in
from tests.browser.walking import code_in, holds
from tests.world import make_world

BETTER = "another long password 43"


@pytest.fixture(autouse=True)
def fresh_rate_limits(db: None) -> None:
    cache.clear()


def test_a_forgotten_password_is_replaced_by_mail(opened: Open) -> None:
    owner = make_world().owner
    page = opened(PHONE)
    page.goto("/account/login/")
    holds(page)
    page.get_by_role("link", name="Forgot").click()
    holds(page)
    page.get_by_label("Email").fill(owner.email)
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    holds(page)
    link = link_in(newest_mail(owner.email))
    page.goto(link)
    expect(page.get_by_role("heading", name="Choose a new password")).to_be_visible()
    holds(page)
    page.get_by_label("New Password", exact=True).fill(BETTER)
    page.get_by_label("New Password (again)").fill("something else 44")
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_text("the same password")).to_be_visible()
    holds(page)
    page.get_by_label("New Password", exact=True).fill(BETTER)
    page.get_by_label("New Password (again)").fill(BETTER)
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_role("heading", name="Your new password is saved")).to_be_visible()
    holds(page)
    assert User.objects.get(pk=owner.pk).check_password(BETTER)
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Email").fill(owner.email)
    page.get_by_label("Password").fill(BETTER)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/o/**")

    # The link was good once.
    other = opened(DESK)
    other.goto(link)
    expect(other.get_by_role("heading", name="This link does not work")).to_be_visible()
    holds(other)
    other.get_by_role("link", name="Ask for a new one").click()
    expect(other.get_by_role("heading", name="Forgotten your password?")).to_be_visible()


def test_an_address_that_is_added_is_confirmed_by_the_code(opened: Open) -> None:
    world = make_world()
    page = opened(PHONE)
    sign_in(page, world.owner.email)
    page.goto("/account/email/")
    holds(page)
    page.get_by_label("Email").fill("second@acme.example")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    holds(page)
    page.get_by_label("Code").fill("WRONG-1")
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("[aria-invalid=true], .errorlist, .wrong").first).to_be_visible()
    holds(page)
    page.get_by_label("Code").fill(code_in(newest_mail("second@acme.example")))
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_load_state()
    page.goto("/account/email/")
    expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()
    page.get_by_role("radio", name=re.compile("^second@acme.example")).check()
    holds(page)
    page.get_by_role("button", name="Make it the main one").click()
    page.wait_for_load_state()
    assert User.objects.get(pk=world.owner.pk).email == "second@acme.example"
    page.get_by_role("radio", name=re.compile(f"^{world.owner.email}")).check()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Main address")).to_be_visible()
    expect(page.get_by_role("radio")).to_have_count(1)
    expect(page.get_by_role("button", name="Remove")).to_have_count(0)
    holds(page)

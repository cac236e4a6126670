"""Second factors in a real browser: an authenticator app, recovery codes and passkeys."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.accounts.membership.test_second_factor import code_of
from tests.browser.barriers import barriers
from tests.browser.conftest import DESK, PHONE, Open, fits, sign_in
from tests.world import PASSWORD, make_world

FACTORS = "/account/2fa/"


@pytest.fixture(autouse=True)
def fresh_rate_limits(db: None) -> None:
    cache.clear()


def device(page: Page) -> Any:
    """A phone or laptop with a fingerprint sensor, as Chromium plays one."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session


def holds(page: Page) -> None:
    """Nothing sticks out and nothing is in the way, on a phone and at a desk."""
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert fits(page), page.url
        assert barriers(page) == [], page.url


def prove(page: Page) -> None:
    """The password once more, where it is asked for."""
    page.wait_for_load_state()
    if "reauthenticate" in page.url:
        holds(page)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
        page.wait_for_load_state()


def signed_out(page: Page) -> None:
    page.context.clear_cookies()
    cache.clear()


def begin(page: Page, user: User) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_an_app_and_recovery_codes(opened: Open) -> None:
    owner = make_world().owner
    page = opened(DESK)
    sign_in(page, owner.email)
    page.goto(FACTORS)
    holds(page)
    page.get_by_role("link", name="Set up an app").click()
    prove(page)
    expect(page.get_by_role("heading", name="Set up an authenticator app")).to_be_visible()
    holds(page)
    secret = page.get_by_label("Or type this key into the app").input_value()
    page.get_by_label("Authenticator code").fill("000000")
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_text("Incorrect code")).to_be_visible()
    # The same key is still there: nobody has to scan again for a slip of the finger.
    assert page.get_by_label("Or type this key into the app").input_value() == secret
    page.get_by_label("Authenticator code").fill(code_of(secret))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    holds(page)
    codes = page.locator(".codes li").all_inner_texts()
    assert len(set(codes)) == 10
    with page.expect_download() as download:
        page.get_by_role("link", name="Download them").click()
    assert set(codes) <= set(Path(download.value.path()).read_text().split())

    signed_out(page)
    begin(page, owner)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    holds(page)
    # The password alone leads nowhere else.
    page.goto("/home")
    assert page.url.split("?")[0].endswith("/account/2fa/authenticate/")
    page.get_by_label("Code").fill(codes[3])
    page.get_by_role("button", name="Sign in with the code").click()
    page.wait_for_url(re.compile("/(o|organisations|home)"))
    page.goto(FACTORS)
    expect(page.get_by_text("9 left")).to_be_visible()
    page.get_by_role("link", name="Make new ones").click()
    prove_code(page, codes[4])
    holds(page)
    page.get_by_role("button", name="Make new ones").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert not set(codes) & set(page.locator(".codes li").all_inner_texts())
    page.goto(FACTORS)
    page.get_by_role("link", name="Remove it").click()
    expect(page.get_by_role("heading", name="Remove the authenticator app?")).to_be_visible()
    holds(page)
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("link", name="Set up an app")).to_be_visible()
    signed_out(page)
    begin(page, owner)
    page.wait_for_url(re.compile("/(o|organisations|home)"))


def prove_code(page: Page, code: str) -> None:
    """A code instead of the password, where something is asked for once more."""
    page.wait_for_load_state()
    if "reauthenticate" in page.url:
        page.get_by_role("link", name="Use a code").click()
        holds(page)
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Go on").click()


def test_a_passkey_is_named_used_renamed_and_removed(opened: Open) -> None:
    owner = make_world().owner
    page = opened(PHONE)
    device(page)
    sign_in(page, owner.email)
    page.goto(FACTORS)
    page.get_by_role("link", name="Add a passkey").click()
    prove(page)
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()
    holds(page)
    page.get_by_label("Name").fill("My telephone")
    if page.get_by_label("Passwordless").count():
        page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(f"{FACTORS}webauthn/")
    expect(page.get_by_text("My telephone")).to_be_visible()
    holds(page)
    page.get_by_role("link", name="Rename").click()
    expect(page.get_by_role("heading", name="What is it called?")).to_be_visible()
    holds(page)
    page.get_by_label("Name").fill("Work phone")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Work phone")).to_be_visible()

    # After the password the passkey is asked for, and the finger does it.
    signed_out(page)
    begin(page, owner)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(re.compile("/(o|organisations|home)"))
    # Or it does all of it.
    signed_out(page)
    page.goto("/account/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile("/(o|organisations|home)"))

    page.goto(f"{FACTORS}webauthn/")
    page.get_by_role("link", name="Remove").click()
    page.wait_for_load_state()
    if "reauthenticate" in page.url:
        page.get_by_role("link", name="Use a passkey").click()
        holds(page)
        page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Remove “Work phone”?")).to_be_visible()
    holds(page)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("None so far.")).to_be_visible()
    signed_out(page)
    begin(page, owner)
    page.wait_for_url(re.compile("/(o|organisations|home)"))


def test_a_passkey_that_is_not_there_is_said_in_words(opened: Open) -> None:
    page = opened(DESK)
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    page.goto("/account/login/")
    # A browser without any authenticator refuses at once or is told to by whoever cancels.
    page.evaluate(
        "() => { navigator.credentials.get ="
        " () => Promise.reject(new DOMException('', 'NotAllowedError')); }"
    )
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("You can try again")

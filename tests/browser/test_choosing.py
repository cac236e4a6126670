"""Between the short list and the yes: picking, sending back, asking for others, stepping out."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from generation.models import Shoot, State
from tests.browser.conftest import DESK, PHONE, Open, sign_in
from tests.browser.queue import drain
from tests.world import make_world, token


def test_what_the_administrator_says_reaches_the_person(opened: Open) -> None:
    world = make_world()
    shoot = world.shoot(State.APPROVING)
    person = shoot.employee.name
    desk, phone = opened(DESK), opened(PHONE)
    sign_in(desk, world.owner.email)
    desk.goto(f"/o/{world.organisation.slug}/orders/{shoot.order_id}")
    desk.get_by_role("link", name=person).click()
    desk.get_by_text("Send it back").click()
    desk.get_by_label("What is wrong with it?").fill("The collar is crooked.")
    desk.get_by_role("button", name="Send back").click()
    expect(desk.get_by_text(f"{person} is asked to pick again.")).to_be_visible()
    drain()

    phone.goto(f"/i/{token(shoot)}/")
    expect(phone.get_by_text("The collar is crooked.")).to_be_visible()
    phone.get_by_role("button", name="Choose picture 2").click()
    expect(phone.get_by_role("heading", name="A good choice")).to_be_visible()
    # The pick can be changed until it is approved.
    phone.get_by_role("button", name="Choose picture 3").click()
    expect(phone.get_by_role("button", name="Choose picture 2")).to_be_visible()
    shoot.refresh_from_db()
    assert shoot.headshot.candidate.number == 2

    # The page that stands open has found out which it is now.
    picked = desk.locator("input[name=candidate]")
    expect(picked).to_have_value(str(shoot.headshot.candidate_id))
    expect(desk.get_by_role("button", name=f"Approve {person}’s headshot")).to_be_visible()
    desk.get_by_role("button", name=f"Approve {person}’s headshot").click()
    expect(desk.get_by_text(f"{person}’s headshot is approved.")).to_be_visible()
    shoot.refresh_from_db()
    assert shoot.state == State.DELIVERED


def test_none_of_these_asks_for_new_ones_with_the_reason(opened: Open) -> None:
    shoot = make_world().shoot(State.CHOOSING)
    phone = opened(PHONE)
    phone.goto(f"/i/{token(shoot)}/")
    phone.get_by_text("None of these is me").click()
    phone.get_by_label("The hair is wrong").check()
    phone.get_by_label("In your words").fill("Mine is curly.")
    phone.get_by_role("button", name="Make new ones").click()
    expect(phone.get_by_text("You can close this page")).to_be_visible()
    shoot.refresh_from_db()
    assert (shoot.state, shoot.round) == (State.QUEUED, 2)
    entries = shoot.order.organisation.audit_entries.filter(action="headshots.asked_again")
    assert entries.get().details == {"because": ["hair"], "reason": "Mine is curly."}
    assert shoot.refusals == ["hair"]


def test_opting_out_by_keyboard_is_asked_about_first(opened: Open) -> None:
    shoot = make_world().shoot(State.COLLECTING)
    phone = opened(PHONE)
    phone.goto(f"/i/{token(shoot)}/")
    phone.get_by_role("button", name="Opt out").focus()
    phone.keyboard.press("Enter")
    question = phone.get_by_role("dialog", name=re.compile("Opt out"))
    expect(question).to_be_visible()
    # What does no harm has the focus; Escape leaves.
    expect(question.get_by_role("button", name="Stay in")).to_be_focused()
    phone.keyboard.press("Escape")
    expect(question).to_be_hidden()
    assert Shoot.objects.get(pk=shoot.pk).state == State.COLLECTING
    phone.keyboard.press("Enter")
    phone.keyboard.press("Tab")
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", name="You have opted out")).to_be_visible()
    assert Shoot.objects.get(pk=shoot.pk).state == State.OPTED_OUT

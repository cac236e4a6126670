"""More pictures than are seen at a time: the others are folded, and any can be chosen."""

from __future__ import annotations

from playwright.sync_api import Request, expect

from generation.approving import choosing
from generation.models import State
from tests.browser.conftest import DESK, PHONE, Open, sign_in
from tests.browser.walking import holds
from tests.generation.approving.test_choice import with_rounds
from tests.world import make_world, token


def test_eight_are_seen_and_the_others_unfold_one_fold_after_the_other(opened: Open) -> None:
    shoot = with_rounds(make_world(), 14, 6)
    found = choosing.choice(shoot=shoot)
    page = opened(PHONE)
    fetched: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith(".jpg"):
            fetched.append(request.url)

    page.on("request", note)
    page.goto(f"/i/{token(shoot)}/")
    page.wait_for_load_state("networkidle")
    seen = page.locator(".look-closer:visible")
    expect(seen).to_have_count(len(found.short_list))
    # What is folded costs a phone nothing.
    assert len(set(fetched)) <= len(found.short_list)
    holds(page)
    first = page.get_by_text("Other pictures: 1 to 8 of 14")
    second = page.get_by_text("Other pictures: 9 to 14 of 14")
    first.click()
    expect(seen).to_have_count(len(found.short_list) + 8)
    holds(page)
    second.click()
    # The one before folds up.
    expect(seen).to_have_count(len(found.short_list) + 6)
    page.get_by_role("button", name="See picture 15 large").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    holds(page)
    page.get_by_role("button", name="Choose this one").click()
    expect(page.get_by_role("heading", name="A good choice")).to_be_visible()
    holds(page)
    shoot.refresh_from_db()
    assert shoot.headshot.candidate == found.others[8]
    # From here they can change their mind for any of the others.
    page.get_by_text("Other pictures: 1 to 8 of 13").click()
    page.get_by_role("button", name="Choose picture 9", exact=True).click()
    expect(page.get_by_role("heading", name="A good choice")).to_be_visible()


def test_an_administrator_approves_one_of_the_others_in_advance(opened: Open) -> None:
    world = make_world()
    shoot = with_rounds(world, 14)
    page = opened(DESK)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/shoots/{shoot.pk}")
    holds(page)
    page.get_by_text("6 other pictures").click()
    holds(page)
    box = page.locator(".others").get_by_label("Approved in advance").nth(3)
    box.check()
    page.get_by_role("button", name="Save what is approved in advance").click()
    expect(page.get_by_role("status").first).to_be_attached()
    page.get_by_text("6 other pictures").click()
    expect(box).to_be_checked()
    phone = opened(PHONE)
    phone.goto(f"/i/{token(shoot)}/")
    phone.get_by_text("6 other pictures").click()
    phone.get_by_role("button", name="Choose picture 12", exact=True).click()
    expect(phone.get_by_role("heading", name="Here is your headshot")).to_be_visible()
    shoot.refresh_from_db()
    assert shoot.state == State.DELIVERED

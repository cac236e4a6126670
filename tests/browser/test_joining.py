"""By one link for many: from the administrator's page to one's own."""

from __future__ import annotations

from playwright.sync_api import expect

from generation.models import JoinCode, Shoot
from tests.browser.conftest import DESK, PHONE, Open, newest_mail, sign_in
from tests.browser.walking import code_in, holds
from tests.world import make_world

NEW = "ada.new@acme.example"
OUT_OF_THEIR_CARD = """() => [...document.querySelectorAll('.card input, .card select')]
  .filter((part) => {
    const card = part.closest('.card'), padding = parseFloat(getComputedStyle(card).paddingRight);
    return part.getBoundingClientRect().right > card.getBoundingClientRect().right - padding + 1;
  }).map((part) => part.name)"""


def test_somebody_comes_by_a_join_link_with_the_code_from_their_mail(opened: Open) -> None:
    world = make_world()
    order = world.order(1)
    desk, phone = opened(DESK), opened(PHONE)
    sign_in(desk, world.owner.email)
    desk.goto(f"/o/{world.organisation.slug}/orders/{order.pk}")
    desk.get_by_role("link", name="Join links").click()
    holds(desk)
    desk.get_by_label("Domains").fill("acme.example")
    desk.get_by_label("At most").fill("0")
    desk.get_by_role("button", name="Make the link").click()
    # The browser itself says so.
    assert desk.evaluate("document.querySelector('[name=cap]').validity.rangeUnderflow")
    desk.get_by_label("At most").fill("2")
    desk.get_by_role("button", name="Make the link").click()
    expect(desk.get_by_text("The link is ready.")).to_be_visible()
    expect(desk.get_by_text("0 of 2 have come")).to_be_visible()
    holds(desk)

    expect(desk.get_by_role("button", name="Copy")).to_be_visible()
    desk.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert desk.evaluate(OUT_OF_THEIR_CARD) == []
    desk.set_viewport_size(DESK)  # type: ignore[arg-type]

    phone.goto(desk.get_by_label("The link", exact=True).input_value())
    expect(phone.get_by_role("heading", name="Your headshot for Acme")).to_be_visible()
    holds(phone)
    phone.get_by_label("First name").fill("Ada")
    phone.get_by_label("Last name").fill("New")
    phone.get_by_label("Work address").fill("ada.new@elsewhere.example")
    phone.get_by_role("button", name="Mail me the code").click()
    expect(phone.get_by_text("This link is for addresses of acme.example.")).to_be_visible()
    expect(phone.get_by_label("First name")).to_have_value("Ada")
    holds(phone)
    phone.get_by_label("Work address").fill(NEW)
    phone.get_by_role("button", name="Mail me the code").click()
    expect(phone.get_by_role("heading", name="Type the code")).to_be_visible()
    holds(phone)
    phone.get_by_label("Code").fill("0000-0000")
    phone.get_by_role("button", name="Go on").click()
    expect(phone.locator("[aria-invalid=true], [role=alert]").first).to_be_visible()
    holds(phone)
    phone.get_by_label("Code").fill(code_in(newest_mail(NEW)))
    phone.get_by_role("button", name="Go on").click()
    # Now it is their own page, as with a personal link.
    expect(phone.get_by_role("heading", name="Acme would like")).to_be_visible()
    phone.wait_for_url("**/i/*/")
    holds(phone)
    shoot = Shoot.objects.get(employee__email=NEW)
    assert (shoot.order, shoot.employee.name) == (order, "Ada New")
    assert not JoinCode.objects.filter(used_at=None, email=NEW).exists()

    desk.reload()
    expect(desk.get_by_text("1 of 2 have come")).to_be_visible()
    desk.get_by_role("button", name="Close the link").click()
    holds(desk)
    desk.locator("dialog[open]").get_by_role("button", name="Close the link").click()
    expect(desk.get_by_text("The link is closed.")).to_be_visible()
    other = opened(PHONE)
    other.goto(phone.url)
    expect(other.get_by_role("heading", name="Acme would like")).to_be_visible()

"""Pages that change by themselves: what moves, what stays, and when it stops."""

from __future__ import annotations

from playwright.sync_api import Request, expect

from generation.models import Shoot, State
from tests.browser.conftest import DESK, PHONE, Open, sign_in
from tests.world import bring, make_world, token


def test_the_order_page_follows_and_fetches_no_picture_twice(opened: Open) -> None:
    world = make_world()
    order = world.order(2)
    picked, working = (bring(shoot, State.INVITED) for shoot in order.shoots.all())
    bring(picked, State.APPROVING)
    bring(working, State.TRAINING)
    desk = opened(DESK)
    sign_in(desk, world.owner.email)
    pictures: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith(".jpg"):
            pictures.append(request.url)

    desk.on("request", note)
    desk.goto(f"/o/{world.organisation.slug}/orders/{order.pk}")
    picture = desk.get_by_role("img", name=picked.employee.name)
    expect(picture).to_be_visible()
    before = picture.bounding_box()
    for step in (40, 80):
        Shoot.objects.filter(pk=working.pk).update(step=step, steps=300)
        expect(desk.get_by_text(f"Training, step {step} of 300")).to_be_visible()
    # A person looking at the log would otherwise see a look at the picture every two seconds.
    assert len(pictures) == 1
    assert picture.bounding_box() == before

    # While a question stands open nothing is pulled away from under it.
    desk.get_by_role("button", name="Cancel what is not delivered").click()
    desk.get_by_role("button", name="Cancel the order").click()
    expect(desk.get_by_text("Cancelled for 2. Their credits are free again.")).to_be_visible()
    assert desk.locator("[data-poll]").count() == 0


def test_the_employee_page_shows_the_next_step_by_itself(opened: Open) -> None:
    shoot = make_world().shoot(State.TRAINING)
    phone = opened(PHONE)
    phone.goto(f"/i/{token(shoot)}/")
    expect(phone.get_by_role("heading", name="Learning what you look like")).to_be_visible()
    Shoot.objects.filter(pk=shoot.pk).update(
        state=State.COLLECTING, message="Photos in better light would help."
    )
    expect(phone.get_by_text("Photos in better light would help.")).to_be_visible()
    assert phone.locator("[data-poll]").count() == 0


def test_the_order_form_counts_credits_and_finds_people(opened: Open) -> None:
    world = make_world(credits=2)
    world.hire(3)
    desk = opened(DESK)
    sign_in(desk, world.owner.email)
    desk.goto(f"/o/{world.organisation.slug}/orders/new")
    desk.get_by_role("button", name="Choose all 3").click()
    expect(
        desk.get_by_text("3 people need 3 credits and 2 of yours are free: 1 too few.")
    ).to_be_visible()
    desk.get_by_role("button", name="Invite 3 people").click()
    expect(desk.get_by_role("alert")).to_contain_text("1 credit is missing")
    # Who was chosen is still chosen.
    expect(desk.locator(".person input:checked")).to_have_count(3)
    desk.get_by_role("button", name="Choose nobody").click()
    desk.get_by_label("Find somebody").fill("last001")
    desk.get_by_role("button", name="Choose all 1", exact=True).click()
    expect(desk.get_by_text("1 person needs 1 credit. 1 will be left.")).to_be_visible()
    desk.get_by_role("button", name="Invite 1 person").click()
    expect(desk.get_by_text("The order is placed")).to_be_visible()
    assert [s.employee for s in Shoot.objects.all()] == [world.people[1]]

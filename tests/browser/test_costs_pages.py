"""What things cost: pages on a phone and at a desk, the calculator live, add-ons by hand."""

from __future__ import annotations

from playwright.sync_api import expect

from accounts.actors import SYSTEM
from billing.models import Purchase
from generation.models import Candidate, ComputeUsage, Order, Shoot, State
from generation.ordering import looks
from tests.browser.conftest import DESK, PHONE, Open, sign_in
from tests.browser.test_pages_hold import holds
from tests.world import DIRECTION, World, bring, make_world


def worked() -> World:
    """An organisation that has used something, with names that are too long for a line."""
    world = make_world(credits=2000)
    people = world.hire(3)
    for person in people:
        person.department = "Research and Development of Everything"
        person.save()
    order = world.order(employees=people, cost_centre="C" * 60, po_number="P" * 60)
    for shoot, state in zip(
        order.shoots.all(), (State.DELIVERED, State.CHOOSING, State.COLLECTING), strict=True
    ):
        bring(shoot, state)
        if state != State.COLLECTING:
            for phase in ("training", "generating", "finishing"):
                ComputeUsage.objects.create(
                    shoot=shoot, fence=1, phase=phase, seconds=9e4, hour_cents=250, joules=9e6
                )
            Candidate.objects.create(
                shoot=shoot, round=1, number=90, seed=1, passed=False, receipt={}
            )
    Shoot.objects.exclude(state=State.COLLECTING).update(adapter="somewhere")
    looks.save_look(
        actor=SYSTEM,
        organisation=world.organisation,
        name="Outside",
        **{**DIRECTION, "expression": "smile"},
    )
    world.budget("Research and Development of Everything", 1_000_000)
    return world


def test_the_pages_about_costs(opened: Open) -> None:
    world = worked()
    page = opened(DESK)
    holds(page, "/pricing")
    holds(page, "/pricing?staff=0")
    sign_in(page, world.owner.email)
    inside = f"/o/{world.organisation.slug}"
    order = Order.objects.get()
    bought = world.purchase(credits=1_200)
    bought.refunded_cents, bought.po_number = bought.cents // 3, "P" * 40
    bought.state = Purchase.State.PART_REFUNDED
    bought.save()
    for path in ("where", "usage", "budgets"):
        holds(page, f"{inside}/credits/{path}")
    holds(page, f"{inside}/invoices")
    expect(page.get_by_text("refunded", exact=False).first).to_be_visible()
    holds(page, f"{inside}/orders/{order.pk}")
    holds(page, f"{inside}/orders/{order.pk}/another-look")
    empty = make_world(name="Empty", credits=0)
    empty.organisation.members.create(user=world.owner, role="owner")
    for path in ("where", "usage", "budgets"):
        holds(page, f"/o/{empty.organisation.slug}/credits/{path}")


def test_on_a_phone_the_tab_that_is_open_is_in_sight(opened: Open) -> None:
    world = make_world(credits=2000)
    page = opened(PHONE)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/credits")
    expect(page.get_by_text("2,000", exact=True)).to_be_visible()
    tabs = page.get_by_role("navigation", name="Credits and money")
    expect(tabs.get_by_role("link", name="Budgets")).not_to_be_in_viewport()
    page.goto(f"/o/{world.organisation.slug}/credits/budgets")
    expect(tabs.get_by_role("link", name="Budgets")).to_be_in_viewport(ratio=1)
    assert page.evaluate("window.scrollY") == 0


def test_the_calculator_answers_as_one_types(opened: Open) -> None:
    page = opened(DESK)
    page.goto("/pricing")
    page.get_by_label("People", exact=True).fill("100")
    expect(page.locator("#estimate")).to_contain_text("$2,000")
    page.get_by_label("Pictures each can choose from").fill("8")
    expect(page.locator("#estimate")).to_contain_text("200 credits")
    page.get_by_label("People", exact=True).fill("200000")
    expect(page.locator("#estimate")).to_contain_text("The staff can be 1 to 100,000.")
    assert page.url.endswith("/pricing")


def test_more_pictures_change_what_is_held_before_the_order_is_placed(opened: Open) -> None:
    world = make_world(credits=3)
    world.hire(2)
    page = opened(DESK)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/orders/new")
    page.get_by_role("button", name="Choose all 2").click()
    expect(page.locator("[data-count]")).to_have_text("2 people need 2 credits. 1 will be left.")
    page.get_by_label("More pictures to choose from").check()
    expect(page.locator("[data-count]")).to_contain_text("4 credits and 3 of yours are free")
    page.get_by_label("More pictures to choose from").uncheck()
    page.get_by_text("For your bookkeeping").click()
    page.get_by_label("Cost centre").fill("4711")
    page.get_by_role("button", name="Invite 2 people").click()
    page.wait_for_url("**/orders/*-*")
    expect(page.get_by_text("Cost centre 4711.")).to_be_visible()
    expect(page.locator("#live")).to_contain_text("2 credits will be held")

"""What is focused, ticked or unfolded in a part that is fetched again stays so, and nothing of it
keeps news away."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Route, expect

from accounts.models import Employee, WebhookAttempt
from accounts.webhooks import endpoints
from generation.models import Publication, PublishingRun, Selfie, Shoot, State
from generation.publishing import runs
from generation.views import orders, publishing
from tests.browser.conftest import DESK, PHONE, Open, sign_in
from tests.browser.queue import forget
from tests.photographs import jpeg_of, portrait
from tests.world import bring, descriptor, give_files, give_selfies, make_world, token

WITHOUT_MOVING = "delete Element.prototype.moveBefore"


@pytest.mark.parametrize("moves", [True, False], ids=["moved whole", "taken out and put back"])
def test_verdicts_come_while_what_was_chosen_or_ticked_has_the_focus(
    opened: Open, tmp_path: Path, moves: bool
) -> None:
    world = make_world()
    world.look.attire_choices = ["white shirt"]
    world.look.save()
    shoot = world.shoot(State.COLLECTING)
    photo = tmp_path / "me.jpg"
    photo.write_bytes(jpeg_of(portrait(300)))
    page = opened(PHONE)
    if not moves:
        page.add_init_script(WITHOUT_MOVING)
    page.goto(f"/i/{token(shoot)}/")
    chooser = page.locator("#photos-input")
    chooser.focus()
    chooser.set_input_files(photo)
    expect(page.get_by_text("We are looking at it.")).to_be_visible()
    expect(chooser).to_be_focused()
    Selfie.objects.update(verdict="accepted", descriptor=descriptor(1), score=0.9)
    expect(page.get_by_text("This photo is good.")).to_be_visible()
    expect(chooser).to_be_focused()
    forget("default")

    for name, number in (("White shirt", 2), ("Hearing aid", 3)):
        Selfie.objects.update(verdict="checking")
        page.reload()
        box = page.get_by_label(name)
        with page.expect_response("**/wishes"):
            box.check()
        expect(box).to_be_focused()
        Selfie.objects.update(verdict="accepted", score=number / 10)
        expect(page.get_by_text("This photo is good.")).to_be_visible()
        expect(box).to_be_checked()
        expect(box).to_be_focused()
    shoot.refresh_from_db()
    assert (shoot.attire, shoot.keep) == ("white shirt", ["hearing_aid"])


def test_an_answer_from_before_a_tick_does_not_take_it_back(opened: Open) -> None:
    shoot = make_world().shoot(State.COLLECTING)
    give_selfies(shoot)
    Selfie.objects.filter(name="0.jpg").update(verdict="checking")
    page = opened(PHONE)
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    page.route("**/live", hold)
    page.goto(f"/i/{token(shoot)}/")
    expect(page.locator("#live.htmx-request")).to_be_attached()
    while not held:
        page.wait_for_timeout(20)
    with page.expect_response("**/wishes"):
        page.get_by_label("Hearing aid").check()
    Selfie.objects.update(verdict="accepted")
    page.evaluate("document.getElementById('live').dataset.before = 'yes'")
    route, answer = held[0]
    route.fulfill(response=answer)
    expect(page.locator("#live[data-before]")).to_have_count(0)
    with page.expect_response("**/wishes"):
        page.get_by_label("Beard").check()
    expect(page.get_by_text("6 accepted")).to_be_visible()
    shoot.refresh_from_db()
    assert shoot.keep == ["hearing_aid", "beard"]


def test_what_has_the_focus_on_an_order_that_moves_keeps_it(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "PAGE", 2)
    world = make_world()
    order = world.order(5)
    working, picked, *_rest = order.shoots.order_by("employee__last_name")
    bring(working, State.TRAINING)
    bring(picked, State.APPROVING)
    for shoot in order.shoots.all():
        Employee.objects.filter(pk=shoot.employee_id).update(
            department="Law" if shoot.pk == picked.pk else "Sales"
        )
    page = opened(DESK)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/orders/{order.pk}?q=last")
    page.get_by_text("By department").click()
    step = 0
    for name in (
        "By department", "Law", "Invited", "Look through them", "Show everybody", "Next",
    ):  # fmt: skip
        part = page.locator("#live summary, #live a").filter(has_text=name).first
        part.focus()
        step += 10
        Shoot.objects.filter(pk=working.pk).update(step=step, steps=300)
        expect(page.get_by_text(f"Training, step {step} of 300")).to_be_visible()
        expect(part).to_be_focused()


def test_an_attempt_that_was_unfolded_stays_so_while_the_delivery_waits(opened: Open) -> None:
    world = make_world()
    endpoint = world.endpoint()
    delivery = endpoints.send_test(actor=world.actor, endpoint=endpoint)

    def attempt(number: int) -> None:
        WebhookAttempt.objects.create(
            delivery=delivery,
            number=number,
            url=endpoint.url,
            status=500,
            problem=f"Answer {number} was none.",
            milliseconds=20,
        )

    attempt(1)
    attempt(2)
    page = opened(DESK)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/webhooks/{endpoint.pk}/deliveries/{delivery.pk}")
    page.get_by_text("Attempt 1").click()
    page.get_by_text("Attempt 2").click()
    attempt(3)
    expect(page.get_by_text("Attempt 3")).to_be_visible()
    expect(page.get_by_text("Answer 3 was none.")).to_be_visible()
    expect(page.get_by_text("Answer 1 was none.")).to_be_visible()
    expect(page.get_by_text("Answer 2 was none.")).to_be_hidden()
    expect(page.locator("#attempt-2 summary")).to_be_focused()


def test_the_steps_of_somebody_stay_unfolded_while_photos_are_published(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "PAGE", 2)
    world = make_world()
    order = world.order(3)
    for shoot in order.shoots.all():
        give_files(bring(shoot, State.DELIVERED), ("square",))
    run = runs.start(
        actor=world.actor, order=order, directory=world.directory(), aim=PublishingRun.Aim.PUBLISH
    )
    first, second, third = run.publications.all()
    Publication.objects.filter(pk=first.pk).update(
        steps=[["2026-11-29T10:00:00", "Found over there."]], state="done"
    )
    page = opened(DESK)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/publishing/{run.pk}")
    page.get_by_text(first.shoot.employee.name).click()
    expect(page.get_by_text("Found over there.")).to_be_visible()
    Publication.objects.filter(pk=second.pk).update(state="failed", sentence="No such person.")
    expect(page.get_by_text("No such person.")).to_be_visible()
    expect(page.get_by_text("Found over there.")).to_be_visible()
    expect(page.locator(f"#row-{first.pk} summary")).to_be_focused()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text(third.shoot.employee.name)).to_be_visible()


def test_news_that_come_while_a_button_is_busy_are_no_inline_style(opened: Open) -> None:
    """The policy of the site refuses one, which `opened` hears of."""
    world = make_world()
    order = world.order(2)
    bring(order.shoots.first(), State.QUEUED)
    page = opened(DESK)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/orders/{order.pk}")
    page.evaluate("document.querySelector('#nudge').style.minWidth = '90px'")
    with page.expect_response(lambda answer: "/live" in answer.url):
        page.evaluate("htmx.trigger('#live', 'look')")
    page.wait_for_function("!document.querySelector('.htmx-swapping, .htmx-settling')")
    expect(page.locator("#nudge")).not_to_have_attribute("style", "min-width: 90px;")

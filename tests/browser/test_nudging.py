"""Everybody whose turn it is is reminded at once, and the page shows how far they come."""

from __future__ import annotations

from datetime import timedelta

from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import AuditEntry
from generation.models import Shoot, State
from tests.browser.conftest import DESK, Open, sign_in
from tests.browser.queue import drain
from tests.browser.walking import holds
from tests.world import bring, make_world


def reached(page: Page, stage: str) -> str:
    return page.locator(f"#stage-{stage} .funnel-reached").inner_text()


def test_people_are_reminded_now_and_the_funnel_follows_them(opened: Open) -> None:
    world = make_world()
    order = world.order(3)
    first, second, third = order.shoots.all()
    bring(third, State.QUEUED)
    drain()
    mail.outbox.clear()
    page = opened(DESK)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/orders/{order.pk}")
    holds(page)
    page.get_by_role("button", name="Remind 2 people now").click()
    expect(page.get_by_text("2 people are reminded.")).to_be_visible()
    drain()
    asked = {first.employee.email, second.employee.email}
    assert {message.to[0] for message in mail.outbox} == asked
    # Once is enough for today.
    page.get_by_role("button", name="Remind 2 people now").click()
    expect(page.get_by_text("2 heard from us lately and are left alone.")).to_be_visible()
    holds(page)
    assert drain() == 0 or len(mail.outbox) == 2

    page.get_by_role("link", name="Invited").first.click()
    expect(page.get_by_text("First0 Last000")).to_be_visible()
    expect(page.get_by_text("First2 Last002")).to_have_count(0)
    Shoot.objects.filter(pk=first.pk).update(reminded_at=timezone.now() - timedelta(days=1))
    page.get_by_role("button", name="Remind these people now").click()
    expect(page.get_by_text("1 person is reminded.")).to_be_visible()
    assert AuditEntry.objects.filter(action="order.reminded").count() == 2
    page.goto(f"/o/{world.organisation.slug}/orders/{order.pk}")

    # The page is left open while they do their part.
    before = reached(page, "released")
    bring(first, State.COLLECTING)
    expect(page.locator("#stage-released .funnel-reached")).not_to_have_text(before)
    bring(second, State.CHOOSING)
    expect(page.get_by_role("button", name="Remind 2 people now")).to_be_visible()
    holds(page)

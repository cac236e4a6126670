"""An administrator adds an endpoint, tries it out and watches it arrive; partners read."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.webhooks import sending
from tests.accounts.webhooks.receiver import receiving
from tests.browser.conftest import DESK, PHONE, Open, sign_in
from tests.browser.test_pages_hold import holds
from tests.world import make_world


def test_an_endpoint_is_added_tried_and_watched(opened: Open, settings: Any) -> None:
    settings.ALLOW_LOOPBACK = True
    world = make_world()
    inside = f"/o/{world.organisation.slug}"
    page = opened(PHONE)
    sign_in(page, world.owner.email)
    with receiving() as receiver:
        receiver.answer = lambda got: 200
        page.goto(f"{inside}/webhooks")
        page.get_by_role("link", name="Add an endpoint").click()
        page.get_by_label("Address").fill("http://192.0.1.1/")
        page.get_by_role("button", name="Add the endpoint").click()
        expect(page.locator("#wrong_url")).to_contain_text("without https://")
        page.get_by_label("Address").fill(receiver.url)
        expect(page.get_by_label("order.placed")).to_be_hidden()
        page.get_by_label("These:").check()
        page.get_by_label("order.placed").check()
        page.get_by_role("button", name="Add the endpoint").click()
        expect(page.locator("#secret")).to_have_value(re.compile(r"whsec_\S{40,}"))
        page.get_by_role("button", name="Send a test").click()
        expect(page.get_by_text("It is on its way.")).to_be_visible()
        sending.send_due(linger=False)
        # The page sees by itself that it arrived.
        expect(page.locator("#live")).to_contain_text("answer 200")
        assert receiver.types == ["webhook.test"]
    endpoint, delivery = WebhookEndpoint.objects.get(), WebhookDelivery.objects.get()
    assert endpoint.types == ["order.placed"]
    for path in (
        "/webhooks",
        "/webhooks/add",
        f"/webhooks/{endpoint.pk}",
        f"/webhooks/{endpoint.pk}/deliveries/{delivery.pk}",
    ):
        holds(page, f"{inside}{path}")


def test_what_partners_read_holds_on_a_phone(opened: Open) -> None:
    page = opened(DESK)
    for path in ("", "guides/quick-start", "guides/webhooks", "reference/orders", "problems"):
        holds(page, f"/developers/{path}")

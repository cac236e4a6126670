"""The log is searched and taken along."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import expect

from accounts.models import AuditEntry, Role
from tests.browser.conftest import DESK, PHONE, Open, sign_in
from tests.browser.walking import holds
from tests.world import make_world


def test_the_log_is_filtered_and_what_is_found_is_exported(opened: Open) -> None:
    world = make_world()
    world.plate()
    world.order(1)
    colleague = world.member(Role.ADMIN)
    page = opened(DESK)
    sign_in(page, colleague.email)
    page.goto(f"/o/{world.organisation.slug}/audit")
    entries = page.locator("ol.entry > li")
    everything = entries.count()
    assert everything == AuditEntry.objects.filter(organisation=world.organisation).count() > 3
    holds(page)

    page.get_by_label("What").select_option("order.placed")
    page.get_by_label("Who").fill(world.owner.email)
    page.get_by_role("button", name="Find").click()
    expect(entries).to_have_count(1)
    expect(page.get_by_label("What")).to_have_value("order.placed")
    holds(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    with Path(download.value.path()).open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 2
    assert "order.placed" in rows[1]
    assert any(world.owner.email in cell for cell in rows[1])
    # What was taken along stands in the log itself.
    page.get_by_role("link", name="Clear").click()
    expect(entries).to_have_count(everything + 1)

    page.get_by_label("From").fill("2000-01-02")
    page.get_by_label("To", exact=True).fill("2000-01-01")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("alert")).to_contain_text("The first day comes after the last.")
    # To be put right, not to be typed again.
    expect(page.get_by_label("From")).to_have_value("2000-01-02")
    holds(page)
    page.goto(f"/o/{world.organisation.slug}/audit?who=nobody.at.all")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    expect(page.get_by_role("button", name="Export")).to_have_count(0)
    holds(page)


def test_a_viewer_has_no_log(opened: Open) -> None:
    world = make_world()
    page = opened(PHONE)
    sign_in(page, world.member(Role.VIEWER).email)
    expect(page.get_by_role("link", name="Log", exact=True)).to_have_count(0)
    answer = page.goto(f"/o/{world.organisation.slug}/audit")
    assert answer
    assert answer.status in (403, 404)
    holds(page)

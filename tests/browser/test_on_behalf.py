"""Somebody has signed on paper: an administrator hands their photos in."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from generation.models import State
from tests.browser.conftest import DESK, Open, sign_in
from tests.browser.queue import drain
from tests.world import make_world


def test_from_the_signature_on_paper_to_handing_in(opened: Open, tmp_path: Path) -> None:
    from generation.embedded_model.demo_people import write_people

    world = make_world()
    shoot = world.shoot()
    (person,) = write_people(tmp_path, 1, 6, seed=5)
    page = opened(DESK)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/shoots/{shoot.pk}")
    part = page.locator("#on-behalf")
    part.get_by_text("On their behalf").click()
    part.get_by_label("I attest that").check()
    part.get_by_role("button", name="Attest it and add photos").click()

    part.get_by_label("Their photos").set_input_files(list(person.selfies))
    part.get_by_role("button", name="Send the photos").click()
    expect(part.get_by_text("We are looking at it.")).to_have_count(6)
    drain()
    # The page finds out by itself.
    expect(part.get_by_text("We are looking at it.")).to_have_count(0)
    expect(part.get_by_role("button", name="Hand in 6 photos")).to_be_enabled()
    part.get_by_role("button", name="Hand in 6 photos").click()
    expect(page.get_by_text(f"The photos of {shoot.employee.name} are handed in.")).to_be_visible()
    shoot.refresh_from_db()
    assert shoot.state == State.QUEUED

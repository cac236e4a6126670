"""An administrator looks through what was picked, approves, and takes the files home."""

from __future__ import annotations

import zipfile
from pathlib import Path

from playwright.sync_api import expect

from generation.models import Finishing, State
from tests.browser.conftest import DESK, Open, sign_in
from tests.generation.sitters import MEASURES
from tests.world import bring, everybody_compared, give_files, make_world


def test_approve_what_was_looked_at_and_take_it_home(opened: Open) -> None:
    world = make_world()
    order = world.order(3)
    for shoot in order.shoots.all():
        give_files(bring(shoot, State.APPROVING), ("portrait", "square"))
    Finishing.objects.update(measures=MEASURES)
    loose = order.shoots.last().headshot.candidate
    loose.likeness_own = 0.52
    loose.save()
    everybody_compared()
    page = opened(DESK)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/orders/{order.pk}")
    page.get_by_role("link", name="Look through them").click()
    expect(page.get_by_text("Likeness 0.52; up to 0.45 is close.")).to_be_visible()
    page.get_by_role("button", name="Approve all 2 inside the bounds").click()
    expect(page.get_by_text("2 headshots approved.")).to_be_visible()
    # By keyboard, as the box lies under the picture.
    page.get_by_role("checkbox", name="First2 Last002").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Approve what is ticked").click()
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    page.goto(f"/o/{world.organisation.slug}/orders/{order.pk}/delivery")
    expect(page.get_by_text("3 of 3 headshots are ready to leave.")).to_be_visible()
    page.get_by_label("Naming pattern").fill("{first}")
    page.get_by_role("button", name="Use this pattern").click()
    for kind in page.get_by_role("group", name="Renditions").get_by_role("checkbox").all():
        kind.set_checked(kind.get_attribute("value") == "square")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    with zipfile.ZipFile(Path(download.value.path())) as archive:
        assert archive.namelist() == ["status.csv", "First0.jpg", "First1.jpg", "First2.jpg"]

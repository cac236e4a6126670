"""The staff wall: who stands out, harmonising, a new plate with before and after, and undo."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from generation.finishing import finishes, rendition_table
from generation.models import Finishing, Order, Shoot
from tests.browser.conftest import DESK, PATIENCE_MS, PHONE, Open, fits, sign_in
from tests.browser.queue import drain
from tests.generation.sitters import headshot_of, sit_roster
from tests.world import make_world

LABELS = ("Eye line", "Face height", "Tilt", "Backdrop", "Brightness", "Light from the side")


def test_a_plate_is_changed_looked_at_used_and_undone(opened: Open) -> None:
    world = make_world()
    finishes.save_finish(
        actor=world.actor,
        organisation=world.organisation,
        look_name=world.look.name,
        plate=None,
        renditions=[rendition_table.Row("portrait", 400, 500)],
    )
    shoots = sit_roster(world, 4)
    drain()
    order = Order.objects.get(pk=shoots[0].order_id)
    # One of them is made to stand out in what its files were measured to be.
    odd = headshot_of(shoots[2])
    assert odd.finishing is not None
    odd.finishing.measures = {**odd.finishing.measures, "eye_line": 0.36}
    odd.finishing.save()

    desk = opened(DESK)
    sign_in(desk, world.owner.email)
    desk.goto(f"/o/{world.organisation.slug}/orders/{order.pk}/wall")
    expect(desk.get_by_role("heading", name="How alike they are")).to_be_visible()
    person = shoots[2].employee.name
    tile = desk.get_by_role("listitem").filter(has=desk.get_by_role("img", name=person))
    expect(tile.get_by_text(re.compile("eyes lie .* higher than the others"))).to_be_visible()
    assert fits(desk)
    everybodys_figures(desk, tile, shoots)

    desk.get_by_role("button", name="Harmonise").click()
    expect(desk.get_by_role("heading", name="Before and after")).to_be_visible()
    drain()
    desk.get_by_role("button", name="Use the new files").click()
    expect(desk.get_by_text("The new files are in use.")).to_be_visible()
    desk.goto(f"/o/{world.organisation.slug}/orders/{order.pk}/wall")
    mended = headshot_of(shoots[2]).finishing
    assert mended is not None
    assert mended.measures["eye_line"] > 0.4

    desk.goto(f"/o/{world.organisation.slug}/looks")
    desk.get_by_role("link", name="Plate, crop and files").click()
    desk.get_by_label("Name of the plate").fill("Deep sea")
    desk.get_by_label("Kind", exact=True).select_option("brand")
    desk.get_by_role("button", name="Make the plate").click()
    expect(desk.get_by_text("can be chosen now")).to_be_visible()
    desk.get_by_label("Deep sea").check(force=True)
    desk.get_by_role("button", name="Save the finish").click()
    expect(desk.get_by_text(re.compile("Version 4 is saved"))).to_be_visible()
    desk.get_by_role("button", name=re.compile("Render anew")).click()
    expect(desk.get_by_text("4 to go.")).to_be_visible()
    was = {shoot.pk: headshot_of(shoot).finishing_id for shoot in shoots}
    drain()
    expect(desk.get_by_text("4 headshots are rendered.")).to_be_visible()
    expect(desk.get_by_role("img", name=f"{person} after")).to_be_visible()
    assert {shoot.pk: headshot_of(shoot).finishing_id for shoot in shoots} == was
    desk.get_by_role("button", name="Use the new files").click()
    expect(desk.get_by_text("The new files are in use.")).to_be_visible()
    assert all(headshot_of(shoot).finishing_id != was[shoot.pk] for shoot in shoots)
    desk.get_by_role("button", name="Undo: use the old files again").click()
    expect(desk.get_by_text("This was undone")).to_be_visible()
    assert {shoot.pk: headshot_of(shoot).finishing_id for shoot in shoots} == was
    assert Finishing.objects.filter(state="done").count() >= 8

    phone = opened(PHONE)
    sign_in(phone, world.owner.email)
    phone.goto(f"/o/{world.organisation.slug}/orders/{order.pk}/wall")
    first = phone.get_by_role("listitem").filter(
        has=phone.get_by_role("img", name=shoots[0].employee.name)
    )
    expect(first.get_by_text("Eye line")).to_be_hidden()
    first.get_by_text("Figures").click()
    for label in LABELS:
        expect(first.get_by_text(label)).to_be_visible()
    assert fits(phone)
    phone.get_by_role("heading", name="Everybody’s figures").click()
    expect(phone.get_by_role("row")).to_have_count(5)
    assert fits(phone)
    for place in (
        f"orders/{order.pk}/wall",
        f"looks/{world.look.pk}/finish",
        f"shoots/{shoots[0].pk}/files",
    ):
        phone.goto(f"/o/{world.organisation.slug}/{place}")
        assert fits(phone), place


def everybodys_figures(page: Page, odd: Locator, shoots: list[Shoot]) -> None:
    """Each person's six are over their picture for who points at it or comes by keyboard, behind a
    summary for everybody, and side by side in a table."""
    other = page.get_by_role("listitem").filter(
        has=page.get_by_role("img", name=shoots[0].employee.name)
    )
    assert all(other.get_by_text(label).is_hidden() for label in LABELS)
    other.get_by_role("img").hover()
    for label in LABELS:
        expect(other.get_by_text(label)).to_be_visible()
    page.mouse.move(0, 0)
    expect(other.get_by_text("Eye line")).to_be_hidden()
    odd.get_by_role("link").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(odd.get_by_text("Tilt", exact=True)).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(odd.get_by_text(re.compile(r"−[456]\.\d.%"))).to_be_visible()
    page.get_by_role("heading", name="Everybody’s figures").click()
    rows = page.get_by_role("row")
    expect(rows).to_have_count(len(shoots) + 1)
    for shoot in shoots:
        cells = rows.filter(has_text=shoot.employee.name).get_by_role("cell").all_inner_texts()
        assert len(cells) == len(LABELS)
        assert all(re.match(r"[+−]?\d+\.\d\W?(%|°|ΔE|L)", cell) for cell in cells), cells
    higher = rows.filter(has_text=shoots[2].employee.name).get_by_role("cell").first
    expect(higher).to_have_accessible_name(re.compile("stands out"))
    assert fits(page)


def test_the_wall_goes_home_as_a_picture(opened: Open) -> None:
    world = make_world()
    shoots = sit_roster(world, 2)
    drain()
    page = opened(DESK)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/orders/{shoots[0].order_id}/wall")
    for kind, start in (("PNG", b"\x89PNG"), ("PDF", b"%PDF")):
        with page.expect_download(timeout=6 * PATIENCE_MS) as waiting:
            page.get_by_role("link", name=kind, exact=True).click()
            expect(page.get_by_role("heading", name="The wall is being drawn")).to_be_visible()
            drain()
        assert waiting.value.path().read_bytes().startswith(start)
        page.goto(f"/o/{world.organisation.slug}/orders/{shoots[0].order_id}/wall")

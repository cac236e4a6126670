"""A heavy roster file on its way in: read and checked beside the page, which shows how far."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from accounts.models import Employee, RosterImport
from tests.browser.barriers import barriers
from tests.browser.conftest import DESK, PHONE, Open, fits, sign_in
from tests.browser.queue import drain, forget
from tests.world import make_world

PEOPLE = 4_000


def staff(folder: Path) -> Path:
    file = folder / "staff.csv"
    with file.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["E-Mail", "Vorname", "Nachname", "Abteilung", "Kostenstelle"])
        rows.writerows(
            [f"p{n}@acme.example", "Ada", f"Nummer {n}", "Einkauf", "4711 / Zentrale"]
            for n in range(PEOPLE)
        )
        rows.writerow(["no address", "B", "C", "D", ""])
    return file


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_heavy_file_from_upload_to_roster(
    opened: Open, tmp_path: Path, size: dict[str, int]
) -> None:
    world = make_world()
    page = opened(size)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/roster/upload")
    page.locator("input[type=file]").set_input_files(staff(tmp_path))
    page.get_by_role("button", name="Upload").click()
    # The page is there although nobody has begun to read the file.
    expect(page.get_by_role("heading", name="Reading the file")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert fits(page)
    assert barriers(page) == []
    RosterImport.objects.update(done=1_500)
    expect(page.get_by_text("1,500")).to_be_visible()
    drain()
    expect(page.get_by_role("heading", name="What are the columns?")).to_be_visible()
    expect(page.get_by_label("Abteilung")).to_have_value("department")
    page.get_by_label("Kostenstelle").select_option(label="Own attribute")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text(f"0 of {PEOPLE + 1:,} rows")).to_be_visible()
    assert barriers(page) == []
    RosterImport.objects.update(done=2_000)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "50")
    assert not Employee.objects.exists()
    drain()
    expect(page.get_by_text("“no address” is no e-mail address")).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name=f"Apply {PEOPLE:,} changes").click()
    expect(page.get_by_role("heading", name="Applied")).to_be_visible()
    assert Employee.objects.filter(department="Einkauf").count() == PEOPLE
    forget("default")

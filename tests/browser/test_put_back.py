"""One person's photo in a directory is put back from the page of a run, after a question."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from generation.models import Publication, PublishingRun, State
from tests.browser.conftest import DESK, PHONE, Open, sign_in
from tests.world import bring, give_files, make_world


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_one_person_is_put_back_alone(opened: Open, size: dict[str, int]) -> None:
    world = make_world()
    order = world.order(2)
    run = PublishingRun.objects.create(
        order=order, directory=world.directory(), aim="publish", state="done"
    )
    for shoot in order.shoots.all():
        give_files(bring(shoot, State.DELIVERED), ("square",))
        Publication.objects.create(
            run=run, shoot=shoot, wrote=True, had_before=False, state="done", sentence="Written."
        )
    first, second = run.publications.all()
    page = opened(size)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/publishing/{run.pk}")
    row = page.locator(f"#row-{first.pk}")
    row.locator("summary").click()
    row.get_by_role("button", name="Put back theirs alone").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text(first.shoot.employee.name)
    question.get_by_role("button", name="Put back").click()
    expect(page.get_by_text(first.shoot.employee.name)).to_be_visible()
    undoing = run.undone_by.get()
    assert page.url.endswith(f"/publishing/{undoing.pk}")
    assert list(undoing.publications.values_list("shoot", flat=True)) == [first.shoot_id]
    expect(page.get_by_text(second.shoot.employee.name)).to_have_count(0)

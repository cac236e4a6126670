"""The staff wall of people from several orders and looks: narrowed, compared, taken home."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from accounts.models import Employee
from generation.finishing import finishes, rendition_table
from generation.models import Finishing, Look, Shoot
from generation.ordering import looks
from tests.browser.conftest import DESK, PATIENCE_MS, PHONE, Open, fits, sign_in
from tests.browser.queue import drain
from tests.generation.sitters import MEASURES, seat
from tests.world import DIRECTION, World, give_initials, make_world

PEOPLE = (
    ("Ada", "Lindqvist", "Head of people", "Operations"),
    ("Omar", "Okafor", "Account manager", "Sales"),
    ("Mira", "Moreau", "Chief executive", "Operations"),
    ("Felix", "Tanaka", "Data analyst with a long title of two lines", "Research"),
    ("Joanna", "Alvarez", "Engineer", "Research"),
    ("Jonas", "Novak", "Designer", "Research"),
    ("Leila", "Haddad", "Counsel", "Operations"),
    ("Kofi", "Schmidt", "Sales lead", "Sales"),
    ("Ines", "Osei", "Finance lead", "Operations"),
    ("Ravi", "Petrov", "Support specialist", "Sales"),
    ("Grace", "Rossi", "Engineer", "Research"),
)


def hired(world: World) -> list[Employee]:
    people = world.hire(len(PEOPLE))
    for person, (first, last, title, department) in zip(people, PEOPLE, strict=True):
        person.first_name, person.last_name = first, last
        person.title, person.department = title, department
        person.save()
    return people


def shot(world: World, look: Look, people: list[Employee], name: str, first: int) -> list[Shoot]:
    """An order of these people, delivered."""
    order = world.order(0, look=look, employees=people, name=name)
    shoots = list(order.shoots.order_by("employee__email"))
    for number, shoot in enumerate(shoots):
        seat(shoot, first + number)
    return shoots


def whole_staff(world: World) -> Shoot:
    """Two waves of one look, a department with its own, one who opted out, one who is missing;
    returns who stands out."""
    lab = looks.save_look(
        actor=world.actor,
        organisation=world.organisation,
        name="Laboratory",
        **{**DIRECTION, "backdrop": "studio blue"},
    )
    for look in (world.look, lab):
        finishes.save_finish(
            actor=world.actor,
            organisation=world.organisation,
            look_name=look.name,
            plate=None,
            renditions=[rendition_table.Row("portrait", 400, 500)],
        )
    people = hired(world)
    shot(world, world.look, people[:5], "Spring", 0)
    (*_others, odd) = shot(world, world.look, people[5:7], "Newcomers", 5)
    shot(world, lab, people[7:10], "Laboratory", 7)
    give_initials(world.order(0, employees=people[10:]).shoots.get())
    (missing,) = world.hire(1)
    Employee.objects.filter(pk=missing.pk).update(
        first_name="Hugo", last_name="Weber", title="Driver", department="Sales"
    )
    drain()
    Finishing.objects.update(measures=MEASURES)
    Finishing.objects.filter(counts_for__shoot=odd).update(measures={**MEASURES, "tilt": 6.0})
    return odd


def test_everybody_hangs_in_one_grid_and_stands_out_among_their_look(opened: Open) -> None:
    world = make_world()
    odd = whole_staff(world)
    desk, phone = opened(DESK), opened(PHONE)
    for page in (desk, phone):
        sign_in(page, world.owner.email)
        page.goto(f"/o/{world.organisation.slug}")
        page.get_by_role("link", name="Staff wall").click()
        expect(page.get_by_role("figure")).to_have_count(len(PEOPLE))
        expect(page.get_by_text("1 person stands out.")).to_be_visible()
        expect(tile(page, odd.employee.name).get_by_text("The head leans")).to_be_visible()
        expect(tile(page, "Grace Rossi").get_by_text("Initials")).to_be_visible()
        assert fits(page)

    desk.get_by_text("1 person is missing", exact=True).click()
    expect(desk.get_by_role("link", name="Hugo Weber")).to_be_visible()
    laboratory = desk.get_by_text(re.compile("Laboratory · Studio blue"))
    laboratory.click()
    expect(desk.get_by_text("Face height").locator("visible=true")).to_have_count(1)

    desk.get_by_label("Department").select_option("Research")
    desk.get_by_role("button", name="Show").click()
    expect(desk.get_by_role("figure")).to_have_count(4)
    desk.get_by_role("link", name="Clear").click()
    desk.get_by_role("link", name="Show them alone").click()
    expect(desk.get_by_role("figure")).to_have_count(1)
    assert fits(desk)

    with desk.expect_download(timeout=6 * PATIENCE_MS) as waiting:
        desk.get_by_role("link", name="PDF", exact=True).click()
        expect(desk.get_by_role("heading", name="The wall is being drawn")).to_be_visible()
        drain()
    assert waiting.value.path().read_bytes().startswith(b"%PDF")

    desk.goto(f"/o/{world.organisation.slug}/wall")
    desk.get_by_role("button", name="Harmonise “Newcomers” (1)").click()
    expect(desk.get_by_role("heading", name="Before and after")).to_be_visible()
    drain()
    desk.goto(f"/o/{world.organisation.slug}/wall")
    expect(desk.get_by_text("Headshots of “Newcomers” are rendered")).to_be_visible()
    expect(desk.get_by_role("button", name=re.compile("Harmonise"))).to_have_count(0)


def tile(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("img", name=name))

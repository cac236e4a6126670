"""From signing up to the ZIP, as the administrator at a desk and the employee on a phone."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from billing.models import CreditAccount
from generation import tasks
from generation.dispatch import base_model
from generation.models import Shoot, State
from tests.browser.conftest import DESK, PHONE, Open, link_in, newest_mail
from tests.browser.queue import drain, forget
from tests.engine_room import quick_base_model

# Likeness is measured elsewhere; here the way through the pages is.
LOOSE = {"likeness_global": 2.0, "likeness_slack": 2.0, "margin": -2.0, "sharpness_min": 0.0}
OWNER = "ada@brightwork.example"
PERSON = "mira.okafor@brightwork.example"

pytestmark = [
    pytest.mark.xdist_group("gpu"),
    pytest.mark.skipif(
        not (base_model.EMBEDDED / "model_index.json").exists(),
        reason="the weights of the embedded base model are not there",
    ),
]


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    from generation.embedded_model.demo_people import write_people

    (person,) = write_people(tmp_path / "people", 1, 8, seed=5)
    return list(person.selfies)


def test_a_roster_becomes_headshots(
    opened: Open, settings: Any, tmp_path: Path, photos: list[Path]
) -> None:
    settings.BASE_MODEL = str(small_work(quick_base_model(tmp_path / "base", gate=LOOSE)))
    desk, phone = opened(DESK), opened(PHONE)
    sign_up(desk)
    found_organisation(desk)
    upload_roster(desk, tmp_path)
    make_look(desk)
    place_order(desk)
    drain()
    phone.goto(link_in(newest_mail(PERSON)))
    sign_release(phone)
    send_photos(phone, photos, tmp_path)
    forget("gpu")
    tasks.work()
    # The page that was left open has found out by itself.
    expect(phone.get_by_role("heading", name="Which one is you?")).to_be_visible()
    drain()
    assert "Your pictures are ready" in newest_mail(PERSON)
    choose(phone)
    approve(desk)
    drain()
    phone.goto(link_in(newest_mail(PERSON)))
    expect(phone.get_by_role("heading", name="Here is your headshot")).to_be_visible()
    take_home(desk)
    shoot = Shoot.objects.get(employee__email=PERSON)
    account = CreditAccount.objects.get()
    assert shoot.state == State.DELIVERED
    assert (account.available, account.held) == (settings.WELCOME_CREDITS - 1, 0)


def small_work(base: Path) -> Path:
    """Fewer steps still: any face will do here."""
    file = base / "engine.json"
    recipe = json.loads(file.read_text())
    recipe["lora"] |= {"steps": 10, "checkpoint_every": 10}
    recipe["sample"] |= {"candidates": 4}
    file.write_text(json.dumps(recipe))
    return base


def sign_up(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Order headshots").click()
    page.get_by_label("Email").fill(OWNER)
    page.get_by_label("Password", exact=True).fill("a long password 42")
    page.get_by_label("Password (again)").fill("a long password 42")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    code = re.search(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", newest_mail(OWNER), re.MULTILINE)
    assert code, newest_mail(OWNER)
    page.get_by_label("Code").fill(code.group(1))
    page.get_by_role("button", name="Confirm").click()


def found_organisation(page: Page) -> None:
    page.get_by_label("Name").fill("Brightwork")
    page.get_by_role("button", name="Found it").click()
    expect(page.get_by_text("Three steps to the first headshots")).to_be_visible()


def upload_roster(page: Page, tmp_path: Path) -> None:
    page.get_by_role("link", name="Upload", exact=True).click()
    file = tmp_path / "staff.csv"
    file.write_text(
        "Email,Name,Title,Department\n"
        f"{PERSON},Mira Okafor,Head of Sales,Sales\n"
        "jon.lindqvist@brightwork.example,Jon Lindqvist,Engineer,Product\n"
        "not an address,Nobody,,\n"
    )
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("name")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("“not an address” is no e-mail address")).to_be_visible()
    expect(page.get_by_text("Row 4", exact=True)).to_be_visible()
    page.get_by_role("button", name="Apply 2 changes").click()
    page.get_by_role("link", name="See the roster").click()
    expect(page.get_by_text("2 people")).to_be_visible()


def make_look(page: Page) -> None:
    page.get_by_role("link", name="Looks").click()
    page.get_by_label("Name").fill("Board")
    page.get_by_role("radio", name="Charcoal suit").check()
    page.get_by_label("Studio blue").check()
    page.get_by_role("button", name="Save the look").click()
    expect(page.get_by_text("Charcoal suit, studio blue, slight smile, soft light")).to_be_visible()


def place_order(page: Page) -> None:
    page.get_by_role("link", name="Orders").click()
    page.get_by_role("link", name="New order").first.click()
    page.get_by_label("Mira Okafor").check()
    expect(page.get_by_text("1 person needs 1 credit. 2 will be left.")).to_be_visible()
    page.get_by_role("button", name="Invite 1 person").click()
    expect(page.get_by_text("The order is placed")).to_be_visible()
    expect(page.get_by_role("link", name="Mira Okafor")).to_be_visible()


def sign_release(page: Page) -> None:
    expect(page.get_by_role("heading", name=re.compile("Brightwork would like"))).to_be_visible()
    page.get_by_label("Type your full name to sign").fill("Mira Okafor")
    page.get_by_role("button", name="I agree and sign").click()
    expect(page.get_by_role("heading", name="Add your selfies")).to_be_visible()


def send_photos(page: Page, photos: list[Path], tmp_path: Path) -> None:
    """One of the files is no picture: it is said, and the others are kept."""
    broken = tmp_path / "holiday.jpg"
    broken.write_text("no picture at all")
    page.locator("#photos-input").set_input_files([photos[0], broken, *photos[1:]])
    expect(page.locator("#sending .wrong")).to_contain_text("holiday.jpg")
    expect(page.locator(".photo")).to_have_count(len(photos))
    drain()
    ready = page.get_by_role("button", name=re.compile(r"Hand in \d photos"))
    expect(ready).to_be_enabled()
    ready.click()
    expect(page.get_by_text("You can close this page")).to_be_visible()


def choose(page: Page) -> None:
    page.get_by_role("button", name="See picture 1 large").click()
    page.get_by_role("button", name="Choose this one").click()
    expect(page.get_by_role("heading", name="A good choice")).to_be_visible()


def approve(page: Page) -> None:
    """The order's page has been open all the time."""
    page.get_by_role("button", name="Approve it").click()
    expect(page.get_by_text("1 headshot approved.")).to_be_visible()


def take_home(page: Page) -> None:
    page.get_by_role("link", name="Wall of the order").click()
    picture = page.get_by_role("img", name="Mira Okafor")
    expect(picture).to_be_visible()
    assert picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 0
    page.get_by_role("link", name="Delivery").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    with zipfile.ZipFile(Path(download.value.path())) as archive:
        names = archive.namelist()
        (portrait,) = {"portrait/Okafor_Mira.jpg", "Okafor_Mira.jpg"}.intersection(names)
        assert "status.csv" in names
        with Image.open(io.BytesIO(archive.read(portrait))) as image:
            image.load()
            assert image.format == "JPEG"

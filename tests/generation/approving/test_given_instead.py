"""What people who opted out gave instead: taken home with the others, and shown to members."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.actors import employee_actor
from accounts.models import AuditEntry, Employee, Role
from generation.approving import alternatives, choosing
from generation.delivering import delivery, download_links
from generation.embedded_model.renderer import Identity, Scene, draw
from generation.finishing import consistency, finishes, wall_pictures, walls
from generation.models import Alternative, Finishing, Order, Shoot, State
from generation.storage import vault
from tests.browser.queue import drain
from tests.photographs import astronaut, jpeg_of
from tests.world import World, bring, give_files, give_initials, token


@pytest.fixture
def order(world: World) -> Order:
    """One headshot that is approved, one photo given instead, one person’s initials, and somebody
    who opted out and gave nothing."""
    order = world.order(4)
    first, second, third, fourth = order.shoots.order_by("employee__employee_number")
    give_files(bring(first, State.DELIVERED), ("portrait", "square"))
    give_photo(second)
    give_initials(third)
    choosing.opt_out(actor=employee_actor(fourth.employee), shoot=fourth)
    return order


def give_photo(shoot: Shoot, photo: Image.Image | None = None, *, made: bool = True) -> Alternative:
    actor = employee_actor(shoot.employee)
    choosing.opt_out(actor=actor, shoot=shoot)
    shoot.refresh_from_db()
    found = alternatives.give_photo(
        actor=actor,
        shoot=shoot,
        data=jpeg_of(photo or astronaut()),
        name="me.jpg",
        agreed=True,
        agreement="Yes.",
    )
    assert alternatives.finish(alternative_id=found.pk) is made
    found.refresh_from_db()
    return found


def test_a_photo_whose_edge_cuts_the_hair_is_finished_and_its_owner_is_told(
    world: World, client: Client
) -> None:
    shoot = world.order(1).shoots.get()
    cut = astronaut().crop((110, 22, 340, 250)).resize((900, 892))
    given = give_photo(shoot, cut)
    assert given.finished
    assert "cuts your hair" in given.problem
    page = client.get(reverse("employee:start", args=[token(shoot)])).content.decode()
    assert "cuts your hair" in page
    scene = Scene.sample(7, "headshot")
    drawn = Image.fromarray(draw(Identity.sample(10_000_502), scene, 640))
    whole = give_photo(world.order(1).shoots.get(), drawn)
    assert whole.problem == ""


def test_a_photo_that_lacks_much_of_the_hair_is_not_said_to_be_able_to_stay(
    world: World, client: Client
) -> None:
    shoot = world.order(1).shoots.get()
    given = give_photo(shoot, astronaut().crop((110, 50, 340, 278)).resize((900, 892)))
    assert "take one with some room above your hair" in given.problem
    assert not any("hair" in line and "stay" in line for line in given.problem.splitlines())
    client.force_login(world.owner)
    page = client.get(reverse("shoot", args=[world.organisation.slug, shoot.pk])).content.decode()
    assert "so that the head looks flat" in page


def test_a_photo_with_a_tiny_face_is_refused_in_words(world: World) -> None:
    shoot = world.order(1).shoots.get()
    given = give_photo(shoot, astronaut().resize((300, 300)), made=False)
    assert given.finished == ""
    assert "too few pixels" in given.problem


def test_a_backdrop_that_is_not_plain_is_said_to_the_owner_and_to_who_is_in_charge(
    world: World, client: Client
) -> None:
    shoot = world.order(1).shoots.get()
    # In front of a shuttle, and so close that the hair is cut, too: both are said.
    given = give_photo(shoot, astronaut().crop((40, 28, 420, 420)))
    assert len(given.problem.splitlines()) >= 2
    own = reverse("employee:start", args=[token(shoot)])
    page = client.get(own).content.decode()
    assert "may show at the outline" in page
    assert "cuts your hair" in page
    client.force_login(world.owner)
    whole = [world.organisation.slug, shoot.pk]
    assert "a plain wall is better" in client.get(reverse("shoot", args=whole)).content.decode()
    drawn = Image.fromarray(draw(Identity.sample(10_000_502), Scene.sample(7, "headshot"), 640))
    other = give_photo(world.order(1).shoots.get(), drawn).shoot
    page = client.get(reverse("shoot", args=[world.organisation.slug, other.pk])).content.decode()
    assert "may show at the outline" not in page


def archive(world: World, order: Order, *wanted: str) -> zipfile.ZipFile:
    pieces = delivery.zip_order(actor=world.actor, order=order, wanted=wanted)
    return zipfile.ZipFile(io.BytesIO(b"".join(pieces)))


def states(zipped: zipfile.ZipFile) -> dict[str, tuple[str, str, str]]:
    rows = csv.DictReader(io.StringIO(zipped.read("status.csv").decode("utf-8-sig")))
    return {r["employee number"]: (r["state"], r["approved"], r["file"]) for r in rows}


def notes(zipped: zipfile.ZipFile) -> dict[str, str]:
    rows = csv.DictReader(io.StringIO(zipped.read("status.csv").decode("utf-8-sig")))
    return {r["employee number"]: r["note"] for r in rows}


def test_they_lie_beside_the_headshots_and_the_list_says_what_they_are(
    world: World, order: Order
) -> None:
    zipped = archive(world, order, "portrait")
    assert zipped.namelist() == [
        "status.csv",
        "Last000_First0_1000.jpg",
        "Last001_First1_1001.jpg",
        "Last002_First2_1002.jpg",
    ]
    photo = zipped.read("Last001_First1_1001.jpg")
    assert photo == vault().read(Alternative.objects.get(kind="photo").finished)
    # The file itself says that it is a photo, and not that a model made it.
    assert b"trainedAlgorithmicMedia" not in photo
    assert b"DigitalSourceType" in photo
    said = states(zipped)
    assert said["1000"][0] == "delivered"
    assert said["1001"] == ("photo given instead", "", "Last001_First1_1001.jpg")
    assert said["1002"] == ("initials", "", "Last002_First2_1002.jpg")
    assert said["1003"] == ("opted_out", "", "")
    entry = AuditEntry.objects.filter(action="order.downloaded").latest("pk")
    assert entry.details["headshots"] == 1
    assert entry.details["instead"] == 2
    # Several renditions lie in folders; initials are there once.
    several = archive(world, order).namelist()
    assert [name for name in several if "Last002" in name] == ["portrait/Last002_First2_1002.jpg"]
    # Drawn as a portrait alone, they stand for no other rendition.
    square = archive(world, order, "square")
    assert square.namelist()[1:] == ["Last000_First0_1000.jpg", "Last001_First1_1001.jpg"]
    assert states(square)["1002"] == ("initials", "", "")
    assert notes(square)["1002"] == "not made in the chosen renditions"


def test_a_real_photo_becomes_every_file_that_headshots_become(
    world: World, order: Order, django_capture_on_commit_callbacks
) -> None:
    zipped = archive(world, order)
    found = Alternative.objects.get(kind="photo")
    table = {row.kind: row for row in delivery.kinds(order=order)}
    assert {file["kind"] for file in found.files} == set(table)
    assert len(table) == 8
    for kind, row in table.items():
        suffix = "jpg" if row.format == "jpeg" else row.format
        data = zipped.read(f"{kind}/Last001_First1_1001.{suffix}")
        with Image.open(io.BytesIO(data)) as opened:
            assert opened.size == (row.width, row.height)
            assert opened.format == row.format.upper()
            if row.see_through:
                assert opened.getchannel("A").getextrema() == (0, 255)
            if row.dpi:
                assert round(float(opened.info["dpi"][0])) == row.dpi
        assert b"trainedAlgorithmicMedia" not in data
    # No measure of the face is kept, as was promised, and none of its files stay behind.
    assert set(found.measures) == {"backdrop", "brightness", "clothes"}
    folder = found.shoot.instead_folder
    first = set(vault().keys(folder))
    assert alternatives.finish(alternative_id=found.pk, anew=True)
    assert set(vault().keys(folder)) == first  # It is in its order's finish already.
    order.refresh_from_db()
    order.finish = finishes.harmonising(
        actor=world.actor, finish=finishes.of_order(order), clothes=None
    )
    order.save()
    assert alternatives.finish(alternative_id=found.pk, anew=True)
    second = set(vault().keys(folder))
    assert len(second) == len(first) == 10
    assert first & second == {f"{folder}/photo.jpg"}
    with django_capture_on_commit_callbacks(execute=True):
        alternatives.give_initials(actor=employee_actor(found.shoot.employee), shoot=found.shoot)
    assert not list(vault().keys(folder))


def test_whoever_gave_something_takes_the_same_files_home(
    world: World, order: Order, client: Client
) -> None:
    found = Alternative.objects.get(kind="photo")
    mine = token(found.shoot)
    page = client.get(reverse("employee:start", args=[mine])).content.decode()
    every = reverse("employee:files_zip", args=[mine])
    assert every in page
    assert len(found.files) == 8
    for file in found.files:
        address = reverse("employee:instead_file", args=[mine, file["kind"]])
        assert address in page
        answer = client.get(address)
        assert answer.content == vault().read(file["file"])
        assert answer["Content-Type"] == f"image/{file['format']}"
        assert answer["Content-Disposition"].startswith("attachment")
    assert "1024 × 1280" in page
    with zipfile.ZipFile(io.BytesIO(b"".join(client.get(every).streaming_content))) as zipped:
        names = {name.rsplit(".", 1)[0] for name in zipped.namelist()}
        assert names == {f"First1_Last001-{file['kind']}" for file in found.files}
    assert client.get(reverse("employee:instead_file", args=[mine, "poster"])).status_code == 404
    # Initials are one picture.
    drawn = token(Alternative.objects.get(kind="initials").shoot)
    page = client.get(reverse("employee:start", args=[drawn])).content.decode()
    assert 'download="initials.jpg"' in page
    assert reverse("employee:files_zip", args=[drawn]) not in page
    # What is taken back is not there to be taken.
    alternatives.take_back(actor=employee_actor(found.shoot.employee), shoot=found.shoot)
    for address in (every, reverse("employee:instead_file", args=[mine, "square"])):
        assert client.get(address).status_code == 404


def test_a_photo_that_stands_out_beside_the_others_is_said_to(world: World, client: Client) -> None:
    """By its clothes and what is behind: nothing of the face is compared."""
    order = world.order(5)
    *sat, opted = order.shoots.order_by("employee__employee_number")
    for shoot in sat:
        give_files(bring(shoot, State.APPROVING))
    given = give_photo(opted)
    measures = {
        "eye_line": 0.42,
        "face_height": 0.48,
        "tilt": 0.0,
        "backdrop": given.measures["backdrop"],
        "brightness": given.measures["brightness"],
        "side_light": 0.0,
        "clothes": given.measures["clothes"],
    }
    Finishing.objects.update(measures=measures)
    client.force_login(world.owner)
    address = reverse("order_wall", args=[world.organisation.slug, order.pk])
    before = client.get(address).content.decode()
    assert "stands-out" not in before
    assert before.count("Figures") >= 5
    Finishing.objects.update(measures={**measures, "brightness": measures["brightness"] + 20})
    after = client.get(address).content.decode()
    assert after.count("stands-out") == 1
    assert "The clothes are darker than the others" in after
    # The figure is the headshots' own.
    alike = consistency.compare(consistency.shown(order=order))
    assert not alike.outliers


def test_equal_names_leave_both_pictures(world: World, order: Order) -> None:
    Employee.objects.filter(shoots__order=order).update(first_name="Ada", last_name="Lovelace")
    delivery.save_naming(actor=world.actor, order=order, pattern="{last}")
    zipped = archive(world, order, "portrait")
    assert zipped.namelist()[1:] == ["Lovelace.jpg", "Lovelace-2.jpg", "Lovelace-3.jpg"]
    assert zipped.read("Lovelace-2.jpg") != zipped.read("Lovelace-3.jpg")


def test_what_is_taken_back_leaves_no_longer(world: World, order: Order) -> None:
    found = Alternative.objects.get(kind="photo")
    alternatives.take_back(actor=employee_actor(found.shoot.employee), shoot=found.shoot)
    zipped = archive(world, order, "portrait")
    assert "Last001_First1_1001.jpg" not in zipped.namelist()
    assert states(zipped)["1001"] == ("opted_out", "", "")


def test_the_pages_of_an_order_say_and_show_it(world: World, order: Order, client: Client) -> None:
    client.force_login(world.member(Role.VIEWER))
    slug = world.organisation.slug
    photo, drawn = (Alternative.objects.get(kind=kind) for kind in ("photo", "initials"))
    page = client.get(reverse("order", args=[slug, order.pk])).content.decode()
    assert page.count("gave a photo of their own") == 1
    for found in (photo, drawn):
        address = reverse("alternative_picture", args=[slug, found.pk])
        assert address in page
        shoot = client.get(reverse("shoot", args=[slug, found.shoot_id])).content.decode()
        assert address in shoot
        assert "No face in it is generated" in shoot
        answer = client.get(address)
        assert answer.content == vault().read(found.finished)
        assert answer["Cache-Control"] == "private, no-store"
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert picture.height > picture.width
    assert AuditEntry.objects.filter(action="picture.viewed").count() == 2
    delivering = client.get(reverse("order_delivery", args=[slug, order.pk])).content.decode()
    assert "1 of 4 headshots is ready" in delivering
    assert "2 people gave a photo of their own or initials instead" in delivering
    link = download_links.make(actor=world.actor, order=order, days=1)
    shared = Client().get(reverse("shared", args=[download_links.token(link)])).content.decode()
    assert "what was given instead was not" in shared


def test_who_comes_back_is_shown_no_more(world: World, order: Order, client: Client) -> None:
    """A picture is shown only as long as its person has opted out."""
    found = Alternative.objects.get(kind="initials")
    Shoot.objects.filter(pk=found.shoot_id).update(state=State.COLLECTING)
    client.force_login(world.owner)
    slug = world.organisation.slug
    assert client.get(reverse("alternative_picture", args=[slug, found.pk])).status_code == 404
    address = reverse("alternative_picture", args=[slug, found.pk])
    assert address not in client.get(reverse("order", args=[slug, order.pk])).content.decode()


def test_they_hang_on_the_wall_and_its_picture_and_are_said_to_be_what_they_are(
    world: World, order: Order, client: Client
) -> None:
    client.force_login(world.member(Role.VIEWER))
    where = [world.organisation.slug, order.pk]
    page = client.get(reverse("order_wall", args=where)).content.decode()
    for found in Alternative.objects.all():
        address = reverse("alternative_picture", args=[world.organisation.slug, found.pk])
        assert page.count(address) == 1
    assert page.count("Own photo, not generated") == 1
    assert page.count(">Initials<") == 1
    assert "1 headshot ·" in page
    # By name, between the others, and without a part in the figure.
    assert page.index("First0 Last000") < page.index("First1 Last001") < page.index("First2")
    key, ready = wall_pictures.asked_for(actor=world.actor, wall=walls.of_order(order), kind="png")
    assert not ready
    drain()
    with Image.open(io.BytesIO(vault().read(key))) as three:
        wide = three.width
    wall_pictures.asked_for(actor=world.actor, wall=walls.of_order(order), kind="pdf")
    drain()
    assert any(name.endswith(".pdf") for name in vault().keys(key.rsplit("/", 1)[0]))
    # Taken back, it hangs there no more, and the picture is drawn anew.
    found = Alternative.objects.get(kind="photo")
    alternatives.take_back(actor=employee_actor(found.shoot.employee), shoot=found.shoot)
    other, ready = wall_pictures.asked_for(
        actor=world.actor, wall=walls.of_order(order), kind="png"
    )
    assert not ready
    assert other != key
    drain()
    with Image.open(io.BytesIO(vault().read(other))) as two:
        assert two.width < wide
    assert "Own photo" not in client.get(reverse("order_wall", args=where)).content.decode()

"""What a partner puts behind people, which files come of it, and the wall that they make."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from PIL import Image

from accounts.models import Employee
from generation.finishing import consistency, finishes, wall_pictures
from generation.leaving import retention
from generation.models import Alternative, Finishing, State
from tests.api.program import Program, problem
from tests.world import World, bring, give_files, give_initials, jpeg

PAINTED = {"name": "Brand", "kind": "gradient", "colours": ["#204060", "#0A1A2A"], "angle": 90}


def png_logo() -> bytes:
    stream = io.BytesIO()
    Image.new("RGBA", (40, 20), (200, 30, 30, 255)).save(stream, "PNG")
    return stream.getvalue()


def test_a_look_gets_a_plate_files_and_a_logo(program: Program, world: World) -> None:
    place = f"looks/{world.look.pk}/finish"
    before = program.get(place).json()
    assert (before["version"], before["plate"], before["logo"]) == (1, None, False)
    plate = program.post("plates", PAINTED)
    assert plate.status_code == 201
    assert plate.json()["colours"] == ["#204060", "#0a1a2a"]
    assert plate.json()["picture"] is None
    rows = [{"kind": "badge", "width": 413, "height": 531, "dpi": 300, "logo": True}]
    changed = program.patch(place, {"plate": plate.json()["id"], "renditions": rows}).json()
    assert changed["version"] == 2
    assert changed["plate"] == plate.json()["id"]
    (row,) = changed["renditions"]
    assert row == {**rows[0], **{k: v for k, v in row.items() if k not in rows[0]}}
    assert (row["format"], row["quality"], row["frame"]) == ("jpeg", 92, False)
    # What is left out stays as it is.
    logo = program.send("PUT", f"{place}/logo", raw=png_logo(), **{"Content-Type": "image/png"})
    assert logo.json()["logo"] is True
    closer = program.patch(place, {"closer": 12}).json()
    assert (closer["logo"], closer["plate"]) == (True, plate.json()["id"])
    assert closer["renditions"] == changed["renditions"]
    # The engine is asked for what was said.
    order = world.order()
    asked = finishes.spec(finishes.of_order(order), order)
    assert asked.plate.colours == ("#204060", "#0a1a2a")
    assert [(r.kind, r.width, r.logo) for r in asked.renditions] == [("badge", 413, True)]
    assert asked.logo is not None
    assert program.delete(f"{place}/logo").json()["logo"] is False
    assert program.patch(place, {"plate": None}).json()["plate"] is None


def test_a_finish_that_cannot_be_made_changes_nothing(program: Program, world: World) -> None:
    place = f"looks/{world.look.pk}/finish"
    row = {"kind": "large", "width": 1024, "height": 1280}
    wrong: list[Any] = [
        {"eye_line": 0.9},
        {"eye_line": "nan"},
        {"closer": 10**30},
        {"logo_corner": "middle"},
        {"frame_colour": "red"},
        {"renditions": []},
        {"renditions": [row] * 13},
        {"renditions": [{**row, "width": 9000}]},
        {"renditions": [{**row, "round": True}]},
        {"renditions": [{**row, "colour": "x"}]},
        {"renditions": [row, row]},
        {"renditions": "large"},
        {"renditions": [[row]]},
        {"shape": "round"},
    ]
    for body in wrong:
        answer = program.patch(place, body)
        assert answer.status_code == 422, (body, answer.content)
        assert answer.json()["detail"]
    nobodys = {"plate": "00000000-0000-7000-8000-000000000000"}
    problem(program.patch(place, nobodys), 404, "not_found")
    assert program.get(place).json()["version"] == 1


def test_a_picture_is_a_plate(program: Program, world: World) -> None:
    body = {"name": "Lobby", "fall_off": "5", "picture": SimpleUploadedFile("l.jpg", jpeg(3))}
    made = program.send(
        "POST",
        "plates/pictures",
        raw=encode_multipart(BOUNDARY, body),
        **{"Content-Type": MULTIPART_CONTENT},
    )
    assert made.status_code == 201, made.content
    plate = made.json()
    assert (plate["kind"], plate["fall_off"], plate["version"]) == ("picture", 5, 1)
    file = program.get(plate["picture"])
    assert Image.open(io.BytesIO(file.content)).size == (640, 640)
    again = program.post("plates", {**PAINTED, "name": "Lobby"}).json()
    assert again["version"] == 2
    listed = program.get("plates").json()["data"]
    assert [each["id"] for each in listed] == [again["id"]]
    problem(program.get(f"plates/{again['id']}/picture"), 404, "not_found")


@pytest.mark.parametrize(("kind", "first"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_a_wall_is_drawn_with_whoever_opted_out(
    program: Program, world: World, kind: str, first: bytes
) -> None:
    shoot = world.shoot(State.DELIVERED)
    give_files(shoot)
    place = f"orders/{shoot.order_id}/wall"
    before = program.get(f"{place}?kind={kind}").json()
    assert (before["people"], before["ready"], before["file"]) == (1, False, None)
    OrmQ.objects.all().delete()
    asked = program.post(place, {"kind": kind})
    assert (asked.status_code, asked.json()["ready"]) == (202, False)
    (task,) = (each.task for each in OrmQ.objects.all())
    import_string(task["func"])(*task["args"])
    ready = program.get(asked["Location"]).json()
    assert ready["ready"] is True
    file = program.get(ready["file"])
    assert file["Content-Type"] == wall_pictures.KINDS[kind]
    assert b"".join(file.streaming_content).startswith(first)  # type: ignore[attr-defined]
    again = program.get(ready["file"], If_None_Match=file["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    # Somebody leaves it: that is another wall, and the old picture is not given out.
    Employee.objects.filter(pk=shoot.employee_id).update(last_name="Changed")
    assert program.get(f"{place}?kind={kind}").json()["ready"] is False
    problem(program.get(ready["file"]), 409, "not_ready")


def test_the_staff_wall_is_read_drawn_and_compared(program: Program, world: World) -> None:
    shoot = world.shoot(State.DELIVERED)
    give_files(shoot)
    waits = world.shoot(State.COLLECTING)
    Employee.objects.filter(pk=shoot.employee_id).update(department="Design")
    before = program.get("wall").json()
    assert (before["people"], before["ready"], before["file"]) == (1, False, None)
    assert before["missing"] == 1
    assert program.get("wall/missing").json()["data"] == [
        {"employee": str(waits.employee_id), "shoot": str(waits.pk), "state": "collecting"}
    ]
    assert program.get("wall?department=Design").json()["missing"] == 0
    assert program.get("wall/missing?department=Design").json()["data"] == []
    problem(program.post("wall", {"kind": "png", "department": "Sales"}), 409, "empty")
    OrmQ.objects.all().delete()
    asked = program.post("wall", {"kind": "pdf", "department": "Design"})
    assert (asked.status_code, asked.json()["ready"]) == (202, False)
    (task,) = (each.task for each in OrmQ.objects.all())
    import_string(task["func"])(*task["args"])
    ready = program.get(asked["Location"]).json()
    assert (ready["ready"], ready["department"]) == (True, "Design")
    file = program.get(ready["file"])
    assert b"".join(file.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]
    problem(program.get("wall/file?kind=pdf"), 409, "not_ready")
    (part,) = program.get("consistency").json()["parts"]
    assert (part["look"], part["backdrop"], part["figure"]) == ("Studio", "Studio grey", None)
    assert (part["people"], part["outliers"]) == (1, 0)
    (row,) = program.get("standings").json()["data"]
    assert (row["employee"], row["look"]) == (str(shoot.employee_id), "Studio")
    assert program.get("standings?outlying=true").json()["data"] == []


def test_what_was_given_instead_is_listed_with_its_picture(program: Program, world: World) -> None:
    given = give_initials(world.shoot())
    place = f"orders/{given.shoot.order_id}/alternatives"
    (row,) = program.get(place).json()["data"]
    assert row["employee"] == str(given.shoot.employee_id)
    assert (row["kind"], row["shoot"]) == ("initials", str(given.shoot_id))
    picture = program.get(row["picture"])
    assert Image.open(io.BytesIO(picture.content)).format == "JPEG"
    seen = program.get("audit-entries?action=picture.viewed").json()["data"]
    assert [entry["object_id"] for entry in seen] == [row["id"]]
    wall = program.get(f"orders/{given.shoot.order_id}/wall").json()
    assert wall["people"] == 1
    retention.destroy_inputs(actor=world.actor, shoot=given.shoot)
    assert program.get(row["picture"]).status_code == 200


def test_who_stands_out_is_named(program: Program, world: World) -> None:
    order = world.order(4)
    flat = {"eye_line": 0.42, "face_height": 0.5, "brightness": 60.0, "side_light": 0.0}
    for number, shoot in enumerate(order.shoots.order_by("pk")):
        bring(shoot, State.DELIVERED)
        give_files(shoot)
        Finishing.objects.filter(headshot__shoot=shoot).update(
            measures={**flat, "tilt": 8.0 if number == 3 else 0.0, "backdrop": [[50.0, 0.0, 0.0]]}
        )
    said = program.get(f"orders/{order.pk}/consistency").json()
    assert (said["people"], said["outliers"]) == (4, 1)
    (one,) = program.get(f"orders/{order.pk}/standings?outlying=true").json()["data"]
    assert one["employee"] == str(shoot.employee_id)
    assert one["headshot"] == str(shoot.headshot.pk)
    assert one["outlying"] == ["tilt"]
    assert one["deviations"]["tilt"] == 8.0
    tilt = next(each for each in said["measures"] if each["measure"] == "tilt")
    assert tilt["spread"] > tilt["bound"]
    assert 0 < said["figure"] < 100
    nobody = program.get(f"orders/{world.order().pk}/consistency").json()
    assert nobody == {"figure": None, "measures": [], "people": 0, "outliers": 0, "history": []}
    assert program.get(f"orders/{world.order().pk}/standings").json()["data"] == []
    # Everybody's own, and not only theirs who stand out.
    standings = program.get(f"orders/{order.pk}/standings").json()["data"]
    by_person = {each["employee"]: each for each in standings}
    assert len(standings) == len(by_person) == 4
    assert by_person[one["employee"]]["outlying"] == ["tilt"]
    other = order.shoots.exclude(pk=shoot.pk).first()
    assert by_person[str(other.employee_id)] == {
        "headshot": str(other.headshot.pk),
        "alternative": None,
        "employee": str(other.employee_id),
        "deviations": dict.fromkeys(consistency.BOUNDS, 0.0),
        "outlying": [],
    }


def test_what_the_figure_was_is_told_and_real_photos_are_compared_too(
    program: Program, world: World
) -> None:
    order = world.order(4)
    *sat, opted = order.shoots.order_by("pk")
    flat = {"eye_line": 0.42, "face_height": 0.5, "brightness": 60.0, "side_light": 0.0}
    for shoot in sat:
        bring(shoot, State.DELIVERED)
        give_files(shoot)
    finishings = Finishing.objects.filter(headshot__shoot__order=order)
    finishings.update(measures={**flat, "tilt": 0.0, "backdrop": [[50.0, 0.0, 0.0]]})
    consistency.note(order=order)
    finishings.filter(headshot__shoot=sat[0]).update(
        measures={**flat, "tilt": 8.0, "backdrop": [[50.0, 0.0, 0.0]]}
    )
    consistency.note(order=order)
    give_initials(opted)
    Alternative.objects.filter(shoot=opted).update(
        kind="photo",
        agreed_text="Yes.",
        measures={"backdrop": [[50.0, 0.0, 0.0]], "brightness": 20.0, "clothes": None},
    )
    said = program.get(f"orders/{order.pk}/consistency").json()
    newest, first = said["history"]
    assert (newest["figure"], newest["outliers"]) == (said["figure"], 1)
    assert first["figure"] == 100.0
    assert newest["at"] > first["at"]
    *people, photo = program.get(f"orders/{order.pk}/standings").json()["data"]
    assert (photo["headshot"], photo["alternative"]) == (None, str(opted.alternative.pk))
    assert photo["employee"] == str(opted.employee_id)
    assert photo["deviations"] == {"backdrop": 0.0, "brightness": -40.0}
    assert photo["outlying"] == ["brightness"]
    assert len(people) == said["people"] == 3
    assert all(each["headshot"] and each["alternative"] is None for each in people)

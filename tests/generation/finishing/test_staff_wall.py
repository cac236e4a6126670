"""The staff wall: everybody once with their newest picture, compared with those of their look."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from accounts.models import Employee
from generation.approving import choosing
from generation.finishing import harmonising, staff_consistency, wall_pictures, walls
from generation.finishing.staff_consistency import Staff
from generation.models import Finishing, Shoot, State
from generation.ordering import looks
from generation.storage import vault
from headshots.lib.problems import Problem
from tests.browser.queue import drain
from tests.generation.sitters import MEASURES
from tests.world import DIRECTION, World, bring, give_files, give_initials, jpeg


def measured(shoot: Shoot, **changes: object) -> Shoot:
    """A delivered shoot whose files are measured as the others', but for the changes."""
    bring(shoot, State.DELIVERED)
    give_files(shoot)
    Finishing.objects.filter(counts_for__shoot=shoot).update(measures={**MEASURES, **changes})
    return shoot


def delivered(world: World, people: int, **order: object) -> list[Shoot]:
    return [measured(shoot) for shoot in world.order(people, **order).shoots.all()]


def again(world: World, person: Employee) -> Shoot:
    """The shoot of somebody in another order."""
    return world.order(0, employees=[person]).shoots.get()


def staff_of(world: World) -> Staff:
    return staff_consistency.compare(walls.of_staff(world.organisation))


def hanging(world: World, department: str = "") -> set[object]:
    """The shoots whose pictures hang."""
    wall = walls.of_staff(world.organisation).only(department)
    return {one.shoot_id for one in (*wall.headshots, *wall.given)}


def test_everybody_hangs_once_with_the_newest_that_was_approved(world: World) -> None:
    first, other, left = delivered(world, 3)
    newer = again(world, first.employee)
    assert hanging(world) == {first.pk, other.pk, left.pk}
    bring(newer, State.APPROVING)
    assert hanging(world) == {first.pk, other.pk, left.pk}
    choosing.approve(actor=world.actor, shoot=newer)
    Employee.objects.filter(pk=left.employee_id).update(status=Employee.Status.LEFT)
    assert hanging(world) == {newer.pk, other.pk}


def test_what_somebody_gave_instead_hangs_until_a_headshot_comes_later(world: World) -> None:
    (shot,) = delivered(world, 1)
    out = again(world, shot.employee)
    give_initials(out)
    assert hanging(world) == {out.pk}
    later = measured(again(world, shot.employee))
    assert hanging(world) == {later.pk}


def test_who_is_missing_is_said_with_how_far_they_are(world: World) -> None:
    delivered(world, 1)
    waits = world.shoot(State.COLLECTING)
    (nobody,) = world.hire(1)
    Employee.objects.filter(pk=nobody.pk).update(department="Design")
    wall = walls.of_staff(world.organisation)
    found = {one.employee.pk: one.shoot.state if one.shoot else None for one in walls.missing(wall)}
    assert found == {waits.employee_id: State.COLLECTING, nobody.pk: None}
    (alone,) = walls.missing(wall.only("Design"))
    assert alone.employee.pk == nobody.pk


def test_departments_with_looks_of_their_own_are_not_held_against_each_other(world: World) -> None:
    delivered(world, 3)
    blue = {**DIRECTION, "backdrop": "studio blue"}
    other = looks.save_look(actor=world.actor, organisation=world.organisation, name="Lab", **blue)
    for shoot in world.order(4, look=other).shoots.all():
        measured(shoot, backdrop=[[30.0, 0.0, -30.0]], eye_line=0.36)
    staff = staff_of(world)
    assert [(part.look, part.backdrop, part.people) for part in staff.parts] == [
        ("Lab", "Studio blue", 4),
        ("Studio", "Studio grey", 3),
    ]
    assert staff.outliers == []
    assert staff.figure == 100.0


def test_a_wave_of_one_stands_out_beside_the_others_of_its_look_and_is_mended(world: World) -> None:
    delivered(world, 4)
    alone = measured(world.shoot(), tilt=6.0)
    (found,) = staff_of(world).outliers
    assert found.headshot.shoot_id == alone.pk
    assert staff_of(world).outlying_orders == [(alone.order, 1)]
    with pytest.raises(Problem, match="Nobody stands out"):
        harmonising.harmonise(actor=world.actor, order=alone.order)
    done = harmonising.harmonise(actor=world.actor, order=alone.order, among_staff=True)
    assert (done.refinished, done.left) == (1, 0)
    assert done.refinish is not None
    assert list(done.refinish.finishings.values_list("headshot__shoot", flat=True)) == [alone.pk]


def test_it_goes_home_whole_and_by_department(world: World, client: Client) -> None:
    shoots = delivered(world, 3)
    Employee.objects.filter(pk=shoots[0].employee_id).update(department="Design")
    client.force_login(world.owner)
    address = reverse("staff_wall_export", args=[world.organisation.slug, "png"])
    sizes = []
    for words in ("", "?department=Design"):
        assert client.get(address + words).status_code == 202
        drain()
        file = client.get(address + words)
        assert file["Content-Type"] == "image/png"
        sizes.append(Image.open(io.BytesIO(file.content)).size)
    assert sizes[0][0] > sizes[1][0]
    # Both stay, until somebody of theirs changes.
    assert client.get(address).status_code == 200
    measured(again(world, shoots[1].employee))
    assert client.get(address).status_code == 202
    assert client.get(f"{address}?department=Design").status_code == 200
    assert client.get(f"{address}?department=Nobody").status_code == 409


def test_pictures_of_other_proportions_are_cut_and_not_squeezed(world: World) -> None:
    delivered(world, 2)
    keys = [wall_pictures.picture_key(one) for one in walls.of_staff(world.organisation).headshots]
    vault().put(keys[0], jpeg(1, (400, 500)))
    vault().put(keys[1], jpeg(1, (800, 400)))
    tiles = wall_pictures._tiles([wall_pictures.Hung("", key) for key in keys], 320)
    assert [tile.size for tile in tiles] == [(320, 400)] * 2


def test_a_page_asks_as_much_of_many_as_of_few(world: World, client: Client) -> None:
    client.force_login(world.owner)
    address = reverse("staff_wall", args=[world.organisation.slug])

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    delivered(world, 3)
    give_initials(world.shoot())
    world.shoot()
    asked()
    few = asked()
    delivered(world, 3)
    give_initials(world.shoot())
    world.shoot()
    world.hire(2)
    assert asked() == few


def test_the_page_narrows_to_a_department_and_to_who_stands_out(
    world: World, client: Client
) -> None:
    shoots = delivered(world, 4)
    odd = measured(world.shoot(), tilt=6.0)
    Employee.objects.filter(pk__in=[odd.employee_id, shoots[0].employee_id]).update(
        department="Design"
    )
    client.force_login(world.owner)
    address = reverse("staff_wall", args=[world.organisation.slug])

    def named(words: str, of: Sequence[Shoot]) -> list[Shoot]:
        page = client.get(address + words).content.decode()
        return [shoot for shoot in of if f'alt="{shoot.employee.name}"' in page]

    everybody = [*shoots, odd]
    assert named("", everybody) == everybody
    assert named("?department=Design", everybody) == [shoots[0], odd]
    assert named("?show=outliers", everybody) == [odd]
    page = client.get(f"{address}?show=outliers").content.decode()
    assert "The head leans 6.0° more to the right than the others’." in page
    assert f"Harmonise “{odd.order.name}” (1)" in page
    assert "Nobody stands out" not in page

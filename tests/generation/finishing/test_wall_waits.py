"""Who waits for a wall's picture has it drawn once, and is told where that cannot be."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from accounts.models import AuditEntry
from generation.finishing import credentials, wall_pictures, walls
from generation.models import State
from generation.storage import vault
from generation.views.walls import MOST_WAITS
from tests.api.program import Program
from tests.browser.queue import drain, forget
from tests.world import World, bring, give_files

RUN_OUT = "The certificate of the content credentials has run out."


@pytest.fixture
def address(world: World, client: Client) -> str:
    """Where the owner, signed in, asks for an order's wall as a PNG."""
    order = world.order(1)
    give_files(bring(order.shoots.get(), State.DELIVERED))
    forget("default")
    client.force_login(world.owner)
    return reverse("wall_export", args=[world.organisation.slug, order.pk, "png"])


def queued() -> list[str]:
    tasks = [message.task["func"] for message in OrmQ.objects.all()]
    return [name for name in tasks if name == "generation.tasks.draw_wall"]


def refuse_to_sign(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuses(*data: object, **more: object) -> None:
        raise error

    monkeypatch.setattr(credentials, "sign", refuses)


def test_it_is_queued_and_noted_once_however_often_the_page_looks(
    address: str, client: Client
) -> None:
    for waited in range(4):
        answer = client.get(address, {"waited": waited} if waited else {})
        assert answer.status_code == 202
        assert f"url=?waited={waited + 1}" in answer.content.decode()
    assert len(queued()) == 1
    assert AuditEntry.objects.filter(action="wall.exported").count() == 1
    drain()
    assert client.get(address, {"waited": 4})["Content-Type"] == "image/png"


def test_the_page_of_a_department_goes_on_asking_for_it(world: World, client: Client) -> None:
    shoot = world.shoot(State.DELIVERED)
    give_files(shoot)
    type(shoot.employee).objects.update(department="Design & Co")
    client.force_login(world.owner)
    where = reverse("staff_wall_export", args=[world.organisation.slug, "png"])
    page = client.get(where, {"department": "Design & Co"}).content.decode()
    again = re.search(r'http-equiv="refresh" content="2; url=([^"]+)"', page)
    assert again is not None
    drain()
    told = again.group(1).replace("&amp;", "&")
    assert client.get(f"{where}{told}")["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (credentials.Unusable(RUN_OUT), RUN_OUT),
        (RuntimeError("no"), "The fault is here."),
    ],
)
def test_what_cannot_be_drawn_is_said_and_not_tried_without_end(
    address: str, client: Client, monkeypatch: pytest.MonkeyPatch, error: Exception, why: str
) -> None:
    with monkeypatch.context() as patched:
        refuse_to_sign(patched, error)
        assert client.get(address).status_code == 202
        with pytest.raises(type(error)):
            drain()
    for _look in range(2):
        answer = client.get(address, {"waited": 1})
        assert answer.status_code == 503
        assert f"The wall could not be drawn. {why}" in answer.content.decode()
        assert "refresh" not in answer.content.decode()
    assert queued() == []
    # Asked for anew it is tried anew.
    assert client.get(address).status_code == 202
    assert client.get(address, {"waited": 1}).status_code == 202
    drain()
    assert client.get(address, {"waited": 2}).status_code == 200


def test_a_program_reads_why_it_could_not_be_drawn(
    world: World, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program.of(world.organisation)
    place = f"orders/{world.organisation.orders.get().pk}/wall"
    assert program.post(place, {"kind": "png"}).json()["sentence"] == ""
    with monkeypatch.context() as patched:
        refuse_to_sign(patched, credentials.Unusable(RUN_OUT))
        with pytest.raises(credentials.Unusable):
            drain()
    said = program.get(place).json()
    assert (said["ready"], said["sentence"]) == (False, RUN_OUT)
    again = program.post(place, {"kind": "png"})
    assert (again.status_code, again.json()["sentence"]) == (202, "")
    drain()
    said = program.get(place).json()
    assert (said["ready"], said["sentence"]) == (True, "")


def test_after_long_the_page_says_so_and_looks_no_more(address: str, client: Client) -> None:
    page = client.get(address, {"waited": MOST_WAITS}).content.decode()
    assert "It takes longer than usual" in page
    assert "refresh" not in page


def test_a_wall_that_was_drawn_and_removed_is_drawn_again(world: World, address: str) -> None:
    wall = walls.of_order(world.organisation.orders.get())
    key, _ready = wall_pictures.asked_for(actor=world.actor, wall=wall, kind="png")
    drain()
    vault().delete(key)
    wall_pictures.asked_for(actor=world.actor, wall=wall, kind="png")
    assert len(queued()) == 1

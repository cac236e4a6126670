"""A program lists the orders in an earlier finish, and begins all of them."""

from __future__ import annotations

from accounts.actors import SYSTEM
from generation.finishing import refinishing
from generation.models import Finish, Order
from tests.api.program import Program, problem
from tests.generation.finishing.test_all_behind import finish as finish
from tests.generation.finishing.test_all_behind import orders as orders
from tests.world import World


def test_a_program_lists_and_begins_them(
    program: Program, world: World, orders: list[Order], finish: Finish
) -> None:
    place = f"looks/{world.look.pk}/finish/behind"
    one = refinishing.start(actor=SYSTEM, order=orders[0], finish=finish)
    found = {row["order"]: row["refinish"] for row in program.get(place).json()["data"]}
    assert found == {str(order.pk): str(one.pk) if order == orders[0] else None for order in orders}
    answer = program.post(place)
    assert (answer.status_code, answer.json()) == (200, {"count": 2})
    assert all(row["refinish"] for row in program.get(place).json()["data"])
    problem(program.post(place), 409, "nothing")

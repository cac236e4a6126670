"""What an administrator approves by a page is what that page showed."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actors import employee_actor
from accounts.models import Employee
from billing import ledger
from generation.approving import choosing
from generation.models import Finishing, Order, State
from tests.forms import hidden
from tests.generation.sitters import MEASURES
from tests.world import World, bring, everybody_compared, give_files


def picked_in(world: World, *departments: str) -> Order:
    """An order in which somebody of each of those departments has picked."""
    order = world.order(len(departments))
    for shoot, department in zip(order.shoots.all(), departments, strict=True):
        Employee.objects.filter(pk=shoot.employee_id).update(department=department)
        bring(shoot, State.APPROVING)
    return order


def delivered(order: Order) -> list[str]:
    """The departments of those whose headshots are delivered, sorted."""
    found = order.shoots.filter(state=State.DELIVERED)
    return sorted(found.values_list("employee__department", flat=True))


def test_approve_all_of_a_department_leaves_the_others(world: World, client: Client) -> None:
    client.force_login(world.owner)
    order = picked_in(world, "Sales", "Sales", "Legal")
    place = reverse("order", args=[world.organisation.slug, order.pk])
    action = reverse("order_approve", args=[world.organisation.slug, order.pk])
    # Whichever stage is looked at, the button counts the department.
    for stage in ("", "approving", "invited"):
        page = client.get(place, {"department": "Sales", "stage": stage})
        assert "Approve all 2" in page.content.decode()
        sent = hidden(page, action)
        assert sent.get("stage", "") == stage
    answer = client.post(action, sent, follow=True)
    assert delivered(order) == ["Sales", "Sales"]
    assert "2 headshots approved." in answer.content.decode()
    # The others' credits are held, not taken, and the department is still looked at.
    assert ledger.balance(organisation=world.organisation).held == 1
    assert answer.context["wanted"].department == "Sales"
    everybody = client.get(place)
    assert "Approve it" in everybody.content.decode()
    client.post(action, hidden(everybody, action))
    assert delivered(order) == ["Legal", "Sales", "Sales"]


def test_approve_all_of_those_found_leaves_the_others(world: World, client: Client) -> None:
    client.force_login(world.owner)
    order = picked_in(world, "Sales", "Legal")
    wanted = order.shoots.get(employee__department="Legal").employee.email
    action = reverse("order_approve", args=[world.organisation.slug, order.pk])
    page = client.get(reverse("order", args=[world.organisation.slug, order.pk]), {"q": wanted})
    assert "Approve it" in page.content.decode()
    client.post(action, hidden(page, action))
    assert delivered(order) == ["Legal"]


@pytest.mark.parametrize("page", ["order", "shoot"])
def test_a_picture_that_was_not_looked_at_is_not_approved(
    world: World, client: Client, page: str
) -> None:
    client.force_login(world.owner)
    shoot = world.shoot(State.APPROVING)
    slug = world.organisation.slug
    place = reverse(page, args=[slug, shoot.order_id if page == "order" else shoot.pk])
    action = reverse("shoot_approve", args=[slug, shoot.pk])
    sent = hidden(client.get(place), action)
    other = choosing.short_list(shoot=shoot)[1]
    choosing.pick(actor=employee_actor(shoot.employee), shoot=shoot, candidate=other)
    answer = client.post(action, sent, follow=True)
    shoot.refresh_from_db()
    assert shoot.state == State.APPROVING
    assert ledger.balance(organisation=world.organisation).held == 1
    # The picture that is picked now is shown, and can be approved.
    assert "has just picked another picture" in answer.content.decode()
    assert reverse("candidate_picture", args=[slug, other.pk]) in answer.content.decode()
    answer = client.post(action, hidden(answer, action), follow=True)
    assert "headshot is approved" in answer.content.decode()
    shoot.refresh_from_db()
    assert shoot.state == State.DELIVERED
    assert shoot.headshot.candidate == other


def test_what_became_of_those_that_were_ticked_is_said_of_each(
    world: World, client: Client
) -> None:
    client.force_login(world.owner)
    order = picked_in(world, "Sales", "Sales", "Legal", "Legal")
    ticked = [str(shoot.headshot.candidate_id) for shoot in order.shoots.all()]
    by_a_colleague, anew, *_others = order.shoots.all()
    choosing.approve(actor=world.actor, shoot=by_a_colleague)
    actor = employee_actor(anew.employee)
    choosing.pick(actor=actor, shoot=anew, candidate=choosing.short_list(shoot=anew)[1])
    action = reverse("order_approve_many", args=[world.organisation.slug, order.pk])
    page = client.post(action, {"candidates": ticked}, follow=True).content.decode()
    assert "2 headshots approved." in page
    assert "Who has picked another picture since is still here." in page
    assert "1 of those that you ticked no longer awaits approval" in page
    # Nothing is said of other picks where there are none.
    page = client.post(action, {"candidates": ticked[:1]}, follow=True).content.decode()
    assert "1 of those that you ticked no longer awaits approval" in page
    assert "picked another picture since" not in page
    assert "headshots approved" not in page


@pytest.mark.parametrize("said", [{}, {"candidate": "x"}])
def test_approving_without_saying_which_delivers_nothing(
    world: World, client: Client, said: dict[str, str]
) -> None:
    client.force_login(world.owner)
    shoot = world.shoot(State.APPROVING)
    action = reverse("shoot_approve", args=[world.organisation.slug, shoot.pk])
    answer = client.post(action, said, follow=True)
    assert "Look at the picture first" in answer.content.decode()
    shoot.refresh_from_db()
    assert shoot.state == State.APPROVING


def test_looking_through_a_department_is_about_nobody_else(world: World, client: Client) -> None:
    client.force_login(world.owner)
    order = picked_in(world, "Sales", "Legal", "Legal")
    for shoot in order.shoots.all():
        give_files(shoot)
    Finishing.objects.update(measures=MEASURES)
    everybody_compared()
    place = reverse("order", args=[world.organisation.slug, order.pk])
    page = client.get(place, {"department": "Legal", "stage": "invited"}).content.decode()
    link = re.search(r'id="look-through" href="([^"]+)"', page)
    assert link
    review = client.get(unescape(link[1]))
    assert {found.headshot.shoot.employee.department for found in review.context["judged"]} == {
        "Legal"
    }
    text = review.content.decode()
    assert "Show everybody" in text
    assert "Approve all 2 inside the bounds" in text
    # Ticked ones are looked through further in the same department.
    many = reverse("order_approve_many", args=[world.organisation.slug, order.pk])
    one = review.context["judged"][0].headshot
    back = client.post(many, {**hidden(review, many), "candidates": str(one.candidate_id)})
    review = client.get(back["Location"])
    assert len(review.context["judged"]) == 1
    inside = reverse("order_approve_inside", args=[world.organisation.slug, order.pk])
    client.post(inside, hidden(review, inside))
    assert delivered(order) == ["Legal", "Legal"]
    everybody = client.get(reverse("order_review", args=[world.organisation.slug, order.pk]))
    assert len(everybody.context["judged"]) == 1
    assert "Show everybody" not in everybody.content.decode()

"""Every number on an order's page leads to as many people as it says."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from accounts.mail import bounces
from accounts.models import Employee
from generation.models import Order
from generation.ordering import orders
from tests.forms import hidden
from tests.generation.approving.test_approving_pages import delivered, picked_in
from tests.world import World


@pytest.fixture
def order(world: World, client: Client) -> Order:
    """In Sales, and without a department, two each: one cancelled, one whose mail comes back."""
    client.force_login(world.owner)
    found = world.order(4)
    for number, shoot in enumerate(found.shoots.all()):
        department = ("Sales", "")[number // 2]
        Employee.objects.filter(pk=shoot.employee_id).update(department=department)
        if number % 2:
            bounces.mark(address=shoot.employee.email)
        else:
            orders.cancel_shoot(actor=world.actor, shoot=shoot)
    return found


def led_to(client: Client, place: str, page: str, words: str) -> int:
    """How many people the page shows that a link with these words leads to."""
    links = re.findall(r'<a [^>]*href="(\?[^"#]*)[^"]*"[^>]*>(.*?)</a>', page, re.DOTALL)
    (address,) = {unescape(href) for href, inside in links if words in inside}
    return int(client.get(place + address).context["page"].paginator.count)


@pytest.mark.parametrize("department", ["Sales", ""])
def test_links_keep_the_department(
    world: World, client: Client, order: Order, department: str
) -> None:
    place = reverse("order", args=[world.organisation.slug, order.pk])
    page = client.get(place, {"department": department})
    assert page.context["page"].paginator.count == page.context["total"] == 2
    text = page.content.decode()
    assert "1 person ended without a headshot" in text
    assert "Mail does not reach 1 person" in text
    for words in ("ended without a headshot", "See whom, and why", "Invited"):
        assert led_to(client, place, text, words) == 1
    head = re.search(r'class="people-head">(.*?)</p>', text, re.DOTALL)
    assert head
    assert (department or "No department") in head[1]


def test_whoever_has_no_department_is_found_by_its_link(
    world: World, client: Client, order: Order
) -> None:
    place = reverse("order", args=[world.organisation.slug, order.pk])
    everybody = client.get(place).content.decode()
    assert led_to(client, place, everybody, "No department") == 2
    assert led_to(client, place, everybody, "Sales") == 2
    # Reminding whom that page shows leaves the others alone.
    page = client.get(place, {"department": ""})
    action = reverse("order_nudge", args=[world.organisation.slug, order.pk])
    sent = hidden(page, action)
    assert sent["department"] == ""
    done = client.post(action, sent, follow=True)
    assert done.context["wanted"].department == ""
    assert "1 cannot be reached" in done.content.decode()


def test_approving_those_without_a_department_leaves_the_others(
    world: World, client: Client
) -> None:
    client.force_login(world.owner)
    order = picked_in(world, "Sales", "")
    page = client.get(
        reverse("order", args=[world.organisation.slug, order.pk]), {"department": ""}
    )
    action = reverse("order_approve", args=[world.organisation.slug, order.pk])
    assert "Approve it" in page.content.decode()
    client.post(action, hidden(page, action))
    assert delivered(order) == [""]


def test_the_page_follows_those_whom_it_was_opened_for(
    world: World, client: Client, order: Order
) -> None:
    place = reverse("order", args=[world.organisation.slug, order.pk])
    page = client.get(place, {"department": "Sales", "q": "last"}).content.decode()
    asked = re.search(r'hx-get="([^"]+)"', page)
    assert asked
    later = client.get(unescape(asked[1]))
    assert later.context["words"] == {"department": "Sales", "q": "last"}

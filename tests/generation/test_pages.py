"""Pages with many rows ask the database as often as those with few."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from generation.models import Order, State
from tests.world import World, bring, give_files


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(url)
    assert response.status_code == 200
    return len(captured)


@pytest.mark.parametrize("route", ["roster", "overview", "order_new", "credits", "members"])
def test_lists_have_a_constant_number_of_queries(
    world: World, client: Client, route: str, settings: Any
) -> None:
    client.force_login(world.owner)
    url = reverse(route, args=[world.organisation.slug])
    world.order(2)
    few = queries(client, url)
    for _ in range(3):
        world.order(4)
    assert queries(client, url) == few


def test_the_order_page_has_a_constant_number_of_queries(world: World, client: Client) -> None:
    client.force_login(world.owner)
    counts = []
    for people in (2, 8):
        order = world.order(people)
        for shoot in order.shoots.all():
            bring(shoot, State.APPROVING)
        counts.append(
            queries(client, reverse("order_live", args=[world.organisation.slug, order.pk]))
        )
    assert counts[0] == counts[1]


def test_the_order_page_shows_what_is_delivered_and_asks_no_more_for_it(
    world: World, client: Client
) -> None:
    client.force_login(world.owner)
    counts = []
    for people in (2, 8):
        order = world.order(people)
        files = [give_files(bring(shoot, State.DELIVERED)) for shoot in order.shoots.all()]
        url = reverse("order_live", args=[world.organisation.slug, order.pk])
        counts.append(queries(client, url))
    assert counts[0] == counts[1]
    page = client.get(url).content.decode()
    for file in files:
        address = reverse("rendition", args=[world.organisation.slug, file.pk])
        assert f'src="{address}"' in page
        assert client.get(address).status_code == 200
    assert "/candidates/" not in page


def test_every_order_is_on_a_page_of_the_first_page(world: World, client: Client) -> None:
    client.force_login(world.owner)
    (person,) = world.hire()
    oldest = world.order(employees=[person], name="The oldest")
    place = reverse("overview", args=[world.organisation.slug])
    few = queries(client, place)
    Order.objects.bulk_create(
        Order(
            organisation=world.organisation,
            name=f"Order {number}",
            look=world.look,
            frozen_look=oldest.frozen_look,
            due_at=oldest.due_at,
        )
        for number in range(120)
    )
    Order.objects.exclude(pk=oldest.pk).update(created_at=oldest.created_at + timedelta(days=1))
    found: list[str] = []
    address: str | None = place
    while address:
        # Each page asks as often as one with a single order.
        assert queries(client, address) <= few
        page = client.get(address).content.decode()
        found += re.findall(r'/orders/([0-9a-f-]{36})"', page)
        after = re.search(r'rel="next" href="([^"]+)"', page)
        address = f"{place}{after[1]}" if after else None
    assert len(found) == len(set(found)) == 121
    assert found[-1] == str(oldest.pk)

"""Pages with many rows ask the database as often as those with few."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from generation.models import State
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

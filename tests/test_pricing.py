"""The public page of prices: the calculator with and without JavaScript."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from billing import estimates
from billing.payments import catalogue

URL = reverse("pricing")


def test_the_price_is_the_one_that_is_charged(db: None) -> None:
    found = estimates.estimate(staff=120, pictures=4, hours=24)
    assert (found.credits, found.cents) == (120, catalogue.CREDITS.cents(120))
    more = estimates.estimate(staff=120, pictures=9, hours=24)
    assert more.credits == 360


def test_more_than_can_be_bought_at_once_is_said_and_costs_the_same(
    db: None, client: Client
) -> None:
    for staff, purchases in ((5_000, 1), (5_001, 2), (100_000, 20)):
        found = estimates.estimate(staff=staff, pictures=4, hours=24)
        assert found.purchases == purchases
        least, more = divmod(found.credits, purchases)
        assert max(least, least + bool(more)) <= catalogue.MOST
        each = (purchases - more) * catalogue.CREDITS.cents(least)
        assert each + more * catalogue.CREDITS.cents(least + 1) == found.cents
    text = " ".join(client.get(URL, {"staff": "12000"}).content.decode().split())
    assert "At most 5,000 credits are bought at once, so they come in 3 equal purchases." in text
    assert "are bought at once" not in client.get(URL, {"staff": "5000"}).content.decode()


def test_less_time_takes_more_gpus_and_no_more_hours(db: None) -> None:
    slow = estimates.estimate(staff=2000, pictures=4, hours=48)
    fast = estimates.estimate(staff=2000, pictures=4, hours=2)
    assert fast.gpu_hours == slow.gpu_hours
    assert fast.gpus > slow.gpus
    assert fast.gpus * 2 >= fast.gpu_hours


def test_it_works_without_javascript(db: None, client: Client) -> None:
    page = client.get(URL, {"staff": "100", "pictures": "4", "hours": "24"})
    assert page.status_code == 200
    text = page.content.decode()
    assert "<html" in text
    assert "$2,000" in text
    assert 'value="100"' in text


def test_htmx_gets_the_estimate_alone(db: None, client: Client) -> None:
    part = client.get(
        URL, {"staff": "100"}, headers={"hx-request": "true", "hx-target": "estimate"}
    )
    text = part.content.decode()
    assert "<html" not in text
    assert "$2,000" in text


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"staff": ""}, "Give the staff as a whole number."),
        ({"staff": "-3"}, "Give the staff as a whole number."),
        ({"staff": "0"}, "The staff can be 1 to 100,000."),
        ({"staff": "9" * 30}, "Give the staff as a whole number."),
        ({"pictures": "99"}, "The pictures can be 4 to 12."),
        ({"hours": "1e3"}, "Give the hours as a whole number."),
    ],
)
def test_what_cannot_be_reckoned_is_said(
    db: None, client: Client, asked: dict[str, str], says: str
) -> None:
    page = client.get(URL, asked)
    assert page.status_code == 422
    assert says in page.content.decode()


@pytest.mark.parametrize(
    ("staff", "pictures", "says"),
    [
        ("1", "4", "For 1 person, $29. That is 1 credit. "),
        ("1", "12", "For 1 person, $87. That is 3 credits. "),
        ("2", "4", "For 2 people, $29 each. That is 2 credits. "),
    ],
)
def test_one_person_and_one_credit_are_one(
    db: None, client: Client, staff: str, pictures: str, says: str
) -> None:
    page = client.get(URL, {"staff": staff, "pictures": pictures, "hours": "24"})
    assert says.strip() in " ".join(page.content.decode().split())


def test_thousands_are_typed_and_read_as_in_the_readers_language(db: None, client: Client) -> None:
    german = Client(headers={"accept-language": "de"})
    assert "100.000" in german.get(URL, {"staff": "0"}).content.decode()
    for asked, typed in ((client, "1,200"), (german, "1.200")):
        assert asked.get(URL, {"staff": typed}).context["estimate"].staff == 1200
    # A comma parts the fraction there.
    assert german.get(URL, {"staff": "1,200"}).status_code == 422

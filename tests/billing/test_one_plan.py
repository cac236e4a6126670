"""An organisation has one plan: however its months are paid, and however often it is begun."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import Purchase
from billing.payments import catalogue, plans, purchases
from headshots.lib.problems import Problem
from tests.api.program import Program
from tests.billing.payment_steps import credits, told
from tests.stand_in import ACCEPTED, AUTHENTICATED, Shop
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
INCLUDED = catalogue.PLAN.included


@pytest.fixture
def world(db: None) -> World:
    return make_world(credits=0)


@pytest.fixture
def shop(stocked: Shop) -> Shop:
    return stocked


def begun(world: World, units: int) -> Purchase:
    return plans.begin(actor=world.actor, organisation=world.organisation, units=units)


def address(purchase: Purchase) -> str:
    url = purchases.go_on(purchase=purchase).url
    assert url is not None
    return url


def subscriptions(shop: Shop) -> list[str]:
    return [one.status for one in shop.api.v1.subscriptions.list().data]


def waiting_month(world: World, shop: Shop) -> Purchase:
    """The plan's second month, which waits for the holder of the card to confirm it."""
    assert shop.pay(begun(world, 1), AUTHENTICATED)[0] == 303
    shop.does("clock", days="32")
    told(shop)
    assert subscriptions(shop) == ["past_due"]
    assert credits(world) == (INCLUDED, 0)
    return Purchase.objects.get(session_id=None)


def test_a_month_that_wants_authentication_is_paid_by_its_invoice(
    world: World, shop: Shop, client: Client
) -> None:
    month = waiting_month(world, shop)
    assert month.state == Purchase.State.OPEN
    client.force_login(world.owner)
    slug = world.organisation.slug
    listed = client.get(reverse("invoices", args=[slug])).content.decode()
    assert month.number in listed
    assert f'href="{month.invoice_url}"' in listed
    assert reverse("purchase_go_on", args=[slug, month.pk]) in (
        client.get(reverse("credits_buy", args=[slug])).content.decode()
    )
    led = client.post(reverse("purchase_go_on", args=[slug, month.pk]))
    assert (led.status_code, led["Location"]) == (303, month.invoice_url)
    assert shop.post(month.invoice_url, number=AUTHENTICATED)[0] == 303
    told(shop)
    month.refresh_from_db()
    assert (month.state, credits(world)) == (Purchase.State.PAID, (2 * INCLUDED, 0))
    assert subscriptions(shop) == ["active"]
    # Gone on with once more, there is nothing left to pay.
    assert purchases.go_on(purchase=month).url is None


def test_a_month_that_was_voided_leads_to_no_checkout(world: World, shop: Shop) -> None:
    month = waiting_month(world, shop)
    shop.api.v1.invoices.void_invoice(str(month.invoice_id))
    with pytest.raises(Problem, match="was dropped"):
        purchases.go_on(purchase=month)
    assert len(subscriptions(shop)) == 1


def test_another_number_of_plans_closes_the_checkout_before(world: World, shop: Shop) -> None:
    once = begun(world, 1)
    first = address(once)
    second = address(begun(world, 2))
    assert shop.post(first, number=ACCEPTED)[0] != 303
    once.refresh_from_db()
    assert once.state == Purchase.State.DROPPED
    assert shop.post(second, number=ACCEPTED)[0] == 303
    told(shop)
    assert (subscriptions(shop), credits(world)) == (["active"], (2 * INCLUDED, 0))


def test_who_goes_on_with_the_first_closes_the_second(world: World, shop: Shop) -> None:
    once = begun(world, 1)
    address(once)
    second = address(begun(world, 2))
    once.refresh_from_db()
    first = address(once)
    assert shop.post(second, number=ACCEPTED)[0] != 303
    assert shop.post(first, number=ACCEPTED)[0] == 303
    told(shop)
    assert (subscriptions(shop), credits(world)) == (["active"], (INCLUDED, 0))


@pytest.mark.parametrize("heard", [True, False], ids=["Stripe has told us", "not yet"])
def test_a_plan_that_was_begun_is_not_gone_on_with_beside_a_running_one(
    world: World, shop: Shop, heard: bool
) -> None:
    left = begun(world, 1)
    other = begun(world, 2)
    assert shop.pay(other)[0] == 303
    if heard:
        told(shop)
    with pytest.raises(Problem) as refused:
        purchases.go_on(purchase=left)
    assert refused.value.code == "has_plan"
    assert subscriptions(shop) == ["active"]
    assert [one.status for one in shop.api.v1.checkout.sessions.list().data if one.url] == []
    told(shop)
    assert credits(world) == (2 * INCLUDED, 0)


def test_a_program_is_told_that_there_is_a_plan(world: World, shop: Shop) -> None:
    left = begun(world, 1)
    assert shop.pay(begun(world, 2))[0] == 303
    answer = Program.of(world.organisation).post(f"invoices/{left.pk}/checkout")
    assert (answer.status_code, answer.json()["code"]) == (409, "has_plan")

"""The catalogue at Stripe: products and prices made, or brought to what we sell."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import stripe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from djstripe.models import Price, Product

from billing.payments import catalogue, shapes
from billing.payments.client import NOTHING_CHARGED, answering, once


def sync_catalogue() -> list[str]:
    """Bring products and prices there; returns what was done, nothing where all stood.

    A price cannot be changed at Stripe. Another one takes its lookup key, and it is switched off;
    what was bought at it keeps its meaning.
    """
    done: list[str] = []
    with answering(gettext_noop("Nothing is half done: run it again.")) as api:
        for product, name, price in _wanted():
            done += _product(api, product, name)
            done += _price(api, price)
    return done


def price_id(lookup_key: str, kept: str = NOTHING_CHARGED) -> str:
    """The price at Stripe that has the key now. Raises Problem where it is not there yet, and
    while Stripe is away, which says what is `kept`."""
    from headshots.lib.problems import Problem

    with answering(kept) as api:
        found = api.v1.prices.list(params={"lookup_keys": [lookup_key], "active": True, "limit": 1})
    for price in found.data:
        return price.id
    raise Problem(
        _(
            "What we sell has not been brought to Stripe yet. Ask whoever runs this "
            "installation to run manage.py sync_catalogue."
        ),
        code="catalogue_missing",
        status=503,
    )


def _wanted() -> list[tuple[str, str, dict[str, Any]]]:
    credits, plan = catalogue.CREDITS, catalogue.PLAN
    volume = {
        "product": credits.product,
        "currency": catalogue.CURRENCY,
        "lookup_key": credits.lookup_key,
        "nickname": credits.name,
        "billing_scheme": "tiered",
        "tiers_mode": "volume",
        "tiers": [
            {"up_to": tier.up_to or "inf", "unit_amount": tier.cents} for tier in credits.tiers
        ],
    }
    monthly = {
        "product": plan.product,
        "currency": catalogue.CURRENCY,
        "lookup_key": plan.lookup_key,
        "nickname": plan.name,
        "unit_amount": plan.cents,
        "recurring": {"interval": "month"},
    }
    return [(credits.product, credits.name, volume), (plan.product, plan.name, monthly)]


def _product(api: stripe.StripeClient, product_id: str, name: str) -> list[str]:
    try:
        product = api.v1.products.retrieve(product_id)
    except stripe.InvalidRequestError as error:
        if error.code != "resource_missing":
            raise
        made = api.v1.products.create(
            params={"id": product_id, "name": name}, options=once("product", product_id, name)
        )
        Product.sync_from_stripe_data(made)
        return [f"product {product_id} made"]
    if product.name == name and product.active:
        return []
    changed = api.v1.products.update(product_id, params={"name": name, "active": True})
    Product.sync_from_stripe_data(changed)
    return [f"product {product_id} changed"]


def _price(api: stripe.StripeClient, wanted: dict[str, Any]) -> list[str]:
    key = wanted["lookup_key"]
    found = api.v1.prices.list(params={"lookup_keys": [key], "limit": 10, "expand": ["data.tiers"]})
    kept = next((shapes.plain(price) for price in found.data), None)
    if kept is not None and not shapes.price_differs(kept, wanted):
        # Where an earlier run broke off, the one that was replaced is still on.
        return _switch_off(api, wanted, but=kept["id"])
    # With the old one's id, so that going back to an earlier price makes one as well.
    print_ = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()[:24]
    made = api.v1.prices.create(
        params={**wanted, "transfer_lookup_key": True, "metadata": {"lookup_key": key}},  # type: ignore[typeddict-item]
        options=once("price", print_, kept["id"] if kept else "first"),
    )
    Price.sync_from_stripe_data(made)
    if kept is None:
        return [f"price {key} made"]
    _switch_off(api, wanted, but=made.id)
    return [f"price {key} replaced"]


def _switch_off(api: stripe.StripeClient, wanted: dict[str, Any], *, but: str) -> list[str]:
    """Have nothing sold any more at the prices that had the key before."""
    on = api.v1.prices.list(params={"product": wanted["product"], "active": True, "limit": 100})
    # Collected first: a list that is changed while one turns its pages leaves some out.
    former = [
        price.id
        for price in on.auto_paging_iter()
        if price.id != but
        and shapes.plain(price)["metadata"].get("lookup_key") == wanted["lookup_key"]
    ]
    for one in former:
        Price.sync_from_stripe_data(api.v1.prices.update(one, params={"active": False}))
    return [f"price {one} switched off" for one in former]

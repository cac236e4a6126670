"""Products and prices."""

from __future__ import annotations

from billing.sandbox.api import operation, shown
from billing.sandbox.common import announce, currency, listing, merge, need
from billing.sandbox.errors import Refused
from billing.sandbox.store import Account, Obj


@operation("POST", "/v1/products", "_product_create_params:ProductCreateParams")
def create_product(account: Account, given: Obj) -> Obj:
    wanted = given.get("id")
    if wanted and account.find("product", wanted):
        raise Refused("Product already exists.", code="resource_already_exists")
    made = account.add(
        "prod",
        "product",
        id=wanted,
        active=given.get("active", True),
        default_price=None,
        description=None,
        images=[],
        marketing_features=[],
        metadata={},
        name=given["name"],
        package_dimensions=None,
        shippable=None,
        statement_descriptor=None,
        tax_code=None,
        type="service",
        unit_label=None,
        updated=account.now,
        url=None,
    )
    account.save(merge(made, given, "description", "metadata", "tax_code", "unit_label", "url"))
    announce(account, "product.created", made)
    if "default_price_data" in given:
        price = create_price(account, {"product": made["id"], **given["default_price_data"]})
        made["default_price"] = price["id"]
        account.save(made)
    return made


@operation("POST", "/v1/products/{id}", "_product_modify_params:ProductModifyParams")
def update_product(account: Account, given: Obj, id: str) -> Obj:
    product = need(account, "product", id)
    merge(product, given, "active", "default_price", "description", "metadata", "name")
    merge(product, given, "tax_code", "unit_label", "url")
    announce(account, "product.updated", account.save(product))
    return product


@operation("GET", "/v1/products/{id}", "_product_retrieve_params:ProductRetrieveParams")
def product(account: Account, given: Obj, id: str) -> Obj:
    return need(account, "product", id)


@operation("GET", "/v1/products", "_product_list_params:ProductListParams")
def products(account: Account, given: Obj) -> Obj:
    found = account.all("product", **{n: given[n] for n in ("active",) if n in given})
    if "ids" in given:
        found = [one for one in found if one["id"] in given["ids"]]
    return listing(found, given, "/v1/products")


@operation(
    "GET", "/v1/products/{id}/features", "_product_list_features_params:ProductListFeaturesParams"
)
def features(account: Account, given: Obj, id: str) -> Obj:
    need(account, "product", id)
    return listing([], given, f"/v1/products/{id}/features")


@operation("DELETE", "/v1/products/{id}", "_product_delete_params:ProductDeleteParams")
def delete_product(account: Account, given: Obj, id: str) -> Obj:
    gone = need(account, "product", id)
    account.remove(gone)
    announce(account, "product.deleted", gone)
    return {"id": id, "object": "product", "deleted": True}


@operation("POST", "/v1/prices", "_price_create_params:PriceCreateParams")
def create_price(account: Account, given: Obj) -> Obj:
    if "product_data" in given:
        owner = create_product(account, given["product_data"])["id"]
    else:
        owner = need(account, "product", given.get("product"))["id"]
    tiers = given.get("tiers")
    if (given.get("billing_scheme") == "tiered") != bool(tiers):
        raise Refused("Tiers and billing_scheme=tiered go together.", param="tiers")
    if tiers and ("tiers_mode" not in given or tiers[-1].get("up_to") != "inf"):
        raise Refused("Tiers need a tiers_mode, and the last one up_to=inf.", param="tiers")
    if not tiers and "unit_amount" not in given and "unit_amount_decimal" not in given:
        raise Refused("A price needs unit_amount or tiers.", param="unit_amount")
    recurring = given.get("recurring")
    made = account.add(
        "price",
        "price",
        active=given.get("active", True),
        billing_scheme=given.get("billing_scheme", "per_unit"),
        currency=currency(given["currency"]),
        custom_unit_amount=None,
        lookup_key=_lookup_key(account, given),
        metadata=given.get("metadata", {}),
        nickname=given.get("nickname"),
        product=owner,
        recurring=recurring
        and {"interval_count": 1, "meter": None, "usage_type": "licensed", **recurring},
        tax_behavior=given.get("tax_behavior", "unspecified"),
        tiers=[_tier(tier) for tier in tiers] if tiers else None,
        tiers_mode=given.get("tiers_mode"),
        transform_quantity=None,
        type="recurring" if recurring else "one_time",
        unit_amount=given.get("unit_amount"),
        unit_amount_decimal=str(given["unit_amount"]) if "unit_amount" in given else None,
    )
    announce(account, "price.created", made)
    return shown(made)


def _tier(tier: Obj) -> Obj:
    unit, flat = tier.get("unit_amount"), tier.get("flat_amount")
    return {
        "flat_amount": flat,
        "flat_amount_decimal": None if flat is None else str(flat),
        "unit_amount": unit,
        "unit_amount_decimal": None if unit is None else str(unit),
        "up_to": None if tier["up_to"] == "inf" else tier["up_to"],
    }


def _lookup_key(account: Account, given: Obj) -> str | None:
    key: str | None = given.get("lookup_key")
    taken = account.all("price", lookup_key=key, active=True) if key else []
    for other in taken:
        if not given.get("transfer_lookup_key"):
            raise Refused(
                f"A price ({other['id']}) already uses that lookup key.", param="lookup_key"
            )
        other["lookup_key"] = None
        account.save(other)
    return key


@operation("POST", "/v1/prices/{id}", "_price_modify_params:PriceModifyParams")
def update_price(account: Account, given: Obj, id: str) -> Obj:
    price = need(account, "price", id)
    if "lookup_key" in given:
        _lookup_key(account, given)
    merge(price, given, "active", "lookup_key", "metadata", "nickname", "tax_behavior")
    announce(account, "price.updated", account.save(price))
    return shown(price)


@operation("GET", "/v1/prices/{id}", "_price_retrieve_params:PriceRetrieveParams")
def price(account: Account, given: Obj, id: str) -> Obj:
    return shown(need(account, "price", id))


@operation("GET", "/v1/prices", "_price_list_params:PriceListParams")
def prices(account: Account, given: Obj) -> Obj:
    found = account.all(
        "price", **{n: given[n] for n in ("active", "product", "type", "currency") if n in given}
    )
    if "lookup_keys" in given:
        found = [one for one in found if one["lookup_key"] in given["lookup_keys"]]
    return listing(found, given, "/v1/prices")


def amount_of(price: Obj, quantity: int) -> int:
    """What a quantity costs in the currency's smallest unit."""
    tiers = price.get("tiers")
    if not tiers:
        return int(price["unit_amount"] or 0) * quantity
    total, below = 0, 0
    for tier in tiers:
        top = quantity if tier["up_to"] is None else min(quantity, tier["up_to"])
        if price["tiers_mode"] == "volume":
            if top == quantity:
                return int(tier["unit_amount"] or 0) * quantity + int(tier["flat_amount"] or 0)
        elif top > below:
            total += int(tier["unit_amount"] or 0) * (top - below) + int(tier["flat_amount"] or 0)
            below = top
    return total

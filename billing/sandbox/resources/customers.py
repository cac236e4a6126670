"""Customers and their tax numbers."""

from __future__ import annotations

from billing.sandbox.api import operation, shown
from billing.sandbox.common import announce, listing, merge, need, whole_list
from billing.sandbox.errors import Refused
from billing.sandbox.store import Account, Obj

_FIELDS = (
    "address", "business_name", "description", "email", "individual_name", "invoice_settings",
    "metadata", "name", "phone", "preferred_locales", "shipping", "tax_exempt",
)  # fmt: skip


@operation("POST", "/v1/customers", "_customer_create_params:CustomerCreateParams")
def create(account: Account, given: Obj) -> Obj:
    made = account.add(
        "cus",
        "customer",
        address=None,
        balance=0,
        currency=None,
        default_source=None,
        delinquent=False,
        description=None,
        discount=None,
        email=None,
        invoice_prefix=None,
        invoice_settings={"custom_fields": None, "default_payment_method": None, "footer": None},
        metadata={},
        name=None,
        phone=None,
        preferred_locales=[],
        shipping=None,
        tax_exempt="none",
        test_clock=given.get("test_clock"),
    )
    made["invoice_prefix"] = made["id"][-8:].upper()
    made["tax_ids"] = whole_list([], f"/v1/customers/{made['id']}/tax_ids")
    # A test's card may come with the customer, as `source` or `payment_method`.
    asked = given.get("payment_method") or given.get("source")
    if asked:
        from billing.sandbox.resources import cards

        card = cards.attach_to(account, cards.resolve(account, asked), made["id"])
        chosen = {**(given.get("invoice_settings") or {}), "default_payment_method": card["id"]}
        given = {**given, "invoice_settings": chosen}
    _take(account, made, given)
    account.save(made)
    announce(account, "customer.created", made)
    for tax in given.get("tax_id_data", []):
        add_tax_id(account, tax, id=made["id"])
    return shown(need(account, "customer", made["id"]))


def _take(account: Account, customer: Obj, given: Obj) -> None:
    settings = {**customer["invoice_settings"], **(given.get("invoice_settings") or {})}
    merge(customer, given, *_FIELDS)
    customer["invoice_settings"] = settings
    chosen = settings.get("default_payment_method")
    if chosen:
        card = need(account, "payment_method", chosen)
        if card["customer"] != customer["id"]:
            raise Refused(
                "The customer does not have a payment method with that ID attached.",
                param="invoice_settings[default_payment_method]",
            )


@operation("POST", "/v1/customers/{id}", "_customer_modify_params:CustomerModifyParams")
def update(account: Account, given: Obj, id: str) -> Obj:
    customer = need(account, "customer", id)
    _take(account, customer, given)
    account.save(customer)
    announce(account, "customer.updated", customer)
    return shown(customer)


@operation("GET", "/v1/customers/{id}", "_customer_retrieve_params:CustomerRetrieveParams")
def retrieve(account: Account, given: Obj, id: str) -> Obj:
    return shown(need(account, "customer", id))


@operation("GET", "/v1/customers", "_customer_list_params:CustomerListParams")
def all_of_them(account: Account, given: Obj) -> Obj:
    same = {"email": given["email"]} if "email" in given else {}
    return listing(account.all("customer", **same), given, "/v1/customers")


@operation("DELETE", "/v1/customers/{id}", "_customer_delete_params:CustomerDeleteParams")
def delete(account: Account, given: Obj, id: str) -> Obj:
    customer = need(account, "customer", id)
    account.remove(customer)
    announce(account, "customer.deleted", customer)
    return {"id": id, "object": "customer", "deleted": True}


@operation(
    "POST", "/v1/customers/{id}/tax_ids", "_customer_create_tax_id_params:CustomerCreateTaxIdParams"
)
def add_tax_id(account: Account, given: Obj, id: str) -> Obj:
    customer = need(account, "customer", id)
    value = given["value"].strip()
    if given["type"] == "eu_vat" and not (value[:2].isalpha() and 4 <= len(value) <= 14):
        raise Refused("Invalid value for eu_vat.", code="tax_id_invalid", param="value")
    made = account.add(
        "txi",
        "tax_id",
        country=value[:2].upper() if given["type"] == "eu_vat" else None,
        customer=id,
        owner={"type": "customer", "customer": id},
        type=given["type"],
        value=value,
        verification={"status": "pending", "verified_address": None, "verified_name": None},
    )
    customer["tax_ids"] = whole_list(
        [*customer["tax_ids"]["data"], made], f"/v1/customers/{id}/tax_ids"
    )
    account.save(customer)
    announce(account, "customer.tax_id.created", made)
    return made


@operation(
    "GET", "/v1/customers/{id}/tax_ids", "_customer_list_tax_ids_params:CustomerListTaxIdsParams"
)
def tax_ids(account: Account, given: Obj, id: str) -> Obj:
    kept = account.all("tax_id", customer=id)
    return listing(kept, given, f"/v1/customers/{id}/tax_ids")


@operation(
    "GET",
    "/v1/customers/{id}/tax_ids/{tax}",
    "_customer_retrieve_tax_id_params:CustomerRetrieveTaxIdParams",
)
def tax_id(account: Account, given: Obj, id: str, tax: str) -> Obj:
    return need(account, "tax_id", tax)


@operation(
    "DELETE",
    "/v1/customers/{id}/tax_ids/{tax}",
    "_customer_delete_tax_id_params:CustomerDeleteTaxIdParams",
)
def remove_tax_id(account: Account, given: Obj, id: str, tax: str) -> Obj:
    customer, gone = need(account, "customer", id), need(account, "tax_id", tax)
    left = [one for one in customer["tax_ids"]["data"] if one["id"] != tax]
    customer["tax_ids"] = whole_list(left, f"/v1/customers/{id}/tax_ids")
    account.save(customer)
    account.remove(gone)
    return {"id": tax, "object": "tax_id", "deleted": True}

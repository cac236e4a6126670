"""Billing portal: a way in for a customer, for a while."""

from __future__ import annotations

from billing.sandbox.api import operation
from billing.sandbox.common import announce, listing, merge, need
from billing.sandbox.store import Account, Obj


@operation(
    "POST",
    "/v1/billing_portal/configurations",
    "billing_portal._configuration_create_params:ConfigurationCreateParams",
)
def configure(account: Account, given: Obj) -> Obj:
    made = account.add(
        "bpc",
        "billing_portal.configuration",
        active=True,
        application=None,
        business_profile=given.get("business_profile") or {},
        default_return_url=given.get("default_return_url"),
        features=given["features"],
        is_default=not account.all("billing_portal.configuration"),
        login_page={"enabled": False, "url": None},
        metadata=given.get("metadata", {}),
        name=given.get("name"),
        updated=account.now,
    )
    announce(account, "billing_portal.configuration.created", made)
    return made


@operation(
    "POST",
    "/v1/billing_portal/configurations/{id}",
    "billing_portal._configuration_modify_params:ConfigurationModifyParams",
)
def reconfigure(account: Account, given: Obj, id: str) -> Obj:
    kept = need(account, "billing_portal.configuration", id)
    merge(kept, given, "active", "business_profile", "default_return_url", "features", "metadata")
    return account.save(kept)


@operation(
    "GET",
    "/v1/billing_portal/configurations",
    "billing_portal._configuration_list_params:ConfigurationListParams",
)
def configurations(account: Account, given: Obj) -> Obj:
    same = {name: given[name] for name in ("active", "is_default") if name in given}
    found = account.all("billing_portal.configuration", **same)
    return listing(found, given, "/v1/billing_portal/configurations")


@operation(
    "POST",
    "/v1/billing_portal/sessions",
    "billing_portal._session_create_params:SessionCreateParams",
)
def create(account: Account, given: Obj) -> Obj:
    customer = need(account, "customer", given.get("customer"))
    made = account.add(
        "bps",
        "billing_portal.session",
        configuration=given.get("configuration"),
        customer=customer["id"],
        flow=None,
        locale=given.get("locale"),
        on_behalf_of=None,
        return_url=given.get("return_url"),
        url="",
    )
    made["url"] = f"{account.address}/portal/{made['id']}"
    announce(account, "billing_portal.session.created", account.save(made))
    return made

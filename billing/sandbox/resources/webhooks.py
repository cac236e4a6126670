"""Webhook endpoints, and the events that they are sent."""

from __future__ import annotations

import secrets

from billing.sandbox.api import operation
from billing.sandbox.common import API_VERSION, listing, merge, need
from billing.sandbox.errors import Refused
from billing.sandbox.store import Account, Obj


@operation(
    "POST", "/v1/webhook_endpoints", "_webhook_endpoint_create_params:WebhookEndpointCreateParams"
)
def create(account: Account, given: Obj) -> Obj:
    if not given["url"].startswith(("http://", "https://")):
        raise Refused("Invalid URL: an explicit scheme (such as https) must be provided.")
    secret = f"whsec_{secrets.token_urlsafe(24)}"
    made = account.add(
        "we",
        "webhook_endpoint",
        api_version=given.get("api_version", API_VERSION),
        application=None,
        description=given.get("description"),
        enabled_events=given["enabled_events"],
        metadata=given.get("metadata", {}),
        status="enabled",
        url=given["url"],
        _secret=secret,
    )
    # Shown this once.
    return {**_open(made), "secret": secret}


def _open(made: Obj) -> Obj:
    return {name: value for name, value in made.items() if not name.startswith("_")}


@operation(
    "POST",
    "/v1/webhook_endpoints/{id}",
    "_webhook_endpoint_modify_params:WebhookEndpointModifyParams",
)
def update(account: Account, given: Obj, id: str) -> Obj:
    endpoint = need(account, "webhook_endpoint", id)
    if "disabled" in given:
        endpoint["status"] = "disabled" if given["disabled"] else "enabled"
    merge(endpoint, given, "description", "enabled_events", "metadata", "url")
    return _open(account.save(endpoint))


@operation(
    "GET",
    "/v1/webhook_endpoints/{id}",
    "_webhook_endpoint_retrieve_params:WebhookEndpointRetrieveParams",
)
def retrieve(account: Account, given: Obj, id: str) -> Obj:
    return _open(need(account, "webhook_endpoint", id))


@operation(
    "GET", "/v1/webhook_endpoints", "_webhook_endpoint_list_params:WebhookEndpointListParams"
)
def all_of_them(account: Account, given: Obj) -> Obj:
    return listing(account.all("webhook_endpoint"), given, "/v1/webhook_endpoints")


@operation(
    "DELETE",
    "/v1/webhook_endpoints/{id}",
    "_webhook_endpoint_delete_params:WebhookEndpointDeleteParams",
)
def delete(account: Account, given: Obj, id: str) -> Obj:
    account.remove(need(account, "webhook_endpoint", id))
    return {"id": id, "object": "webhook_endpoint", "deleted": True}


@operation("GET", "/v1/events/{id}", "_event_retrieve_params:EventRetrieveParams")
def event(account: Account, given: Obj, id: str) -> Obj:
    return need(account, "event", id)


@operation("GET", "/v1/events", "_event_list_params:EventListParams")
def events(account: Account, given: Obj) -> Obj:
    found = account.all("event")
    if "type" in given:
        found = [one for one in found if one["type"] == given["type"]]
    if "types" in given:
        found = [one for one in found if one["type"] in given["types"]]
    return listing(found, given, "/v1/events")

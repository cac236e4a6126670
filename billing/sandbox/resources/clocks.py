"""Test clocks: time that passes when it is told to."""

from __future__ import annotations

from billing.sandbox.api import operation
from billing.sandbox.common import announce, listing, need
from billing.sandbox.errors import Refused
from billing.sandbox.resources import subscriptions
from billing.sandbox.store import Account, Obj


@operation(
    "POST",
    "/v1/test_helpers/test_clocks",
    "test_helpers._test_clock_create_params:TestClockCreateParams",
)
def create(account: Account, given: Obj) -> Obj:
    made = account.add(
        "clock",
        "test_helpers.test_clock",
        deletes_after=account.now + 30 * 86_400,
        frozen_time=given["frozen_time"],
        name=given.get("name"),
        status="ready",
        status_details={},
    )
    announce(account, "test_helpers.test_clock.created", made)
    return made


@operation(
    "POST",
    "/v1/test_helpers/test_clocks/{id}/advance",
    "test_helpers._test_clock_advance_params:TestClockAdvanceParams",
)
def advance(account: Account, given: Obj, id: str) -> Obj:
    clock = need(account, "test_helpers.test_clock", id)
    if given["frozen_time"] <= clock["frozen_time"]:
        raise Refused("A test clock only goes forward.", param="frozen_time")
    clock["frozen_time"] = given["frozen_time"]
    account.save(clock)
    subscriptions.renew_due(account, clock=id)
    announce(account, "test_helpers.test_clock.ready", clock)
    return clock


@operation(
    "GET",
    "/v1/test_helpers/test_clocks/{id}",
    "test_helpers._test_clock_retrieve_params:TestClockRetrieveParams",
)
def retrieve(account: Account, given: Obj, id: str) -> Obj:
    return need(account, "test_helpers.test_clock", id)


@operation(
    "GET",
    "/v1/test_helpers/test_clocks",
    "test_helpers._test_clock_list_params:TestClockListParams",
)
def all_of_them(account: Account, given: Obj) -> Obj:
    found = account.all("test_helpers.test_clock")
    return listing(found, given, "/v1/test_helpers/test_clocks")

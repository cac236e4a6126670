"""The client: resources of one organisation behind a key."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import httpx

from headshots_client import account, hooks, looks, money, orders, people, pictures, shoots
from headshots_client.money import MoneyCalls
from headshots_client.organisation import OrganisationCalls
from headshots_client.staff import StaffCalls
from headshots_client.transport import Transport


class Headshots(OrganisationCalls, StaffCalls, MoneyCalls):
    """What a key can reach.

    `key` and `base_url` are read from HEADSHOTS_KEY and HEADSHOTS_URL where they are not given;
    `organisation` is the customer that a partner acts for; `sleep` waits between attempts. Use it
    in a `with` block, or call `close`.
    """

    def __init__(
        self,
        key: str | None = None,
        *,
        base_url: str | None = None,
        organisation: str | None = None,
        version: str | None = None,
        timeout_s: float = 60.0,
        retries: int = 4,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        key = key or os.environ.get("HEADSHOTS_KEY")
        base_url = base_url or os.environ.get("HEADSHOTS_URL")
        if not key or not base_url:
            raise ValueError(
                "Give a key and the address of the site (HEADSHOTS_KEY, HEADSHOTS_URL)."
            )
        self.transport = transport = Transport(
            key=key,
            base_url=base_url,
            organisation=organisation,
            version=version,
            timeout_s=timeout_s,
            retries=retries,
            http=http,
            sleep=sleep,
        )
        self.employees = people.Employees(transport)
        self.members = people.Members(transport)
        self.member_invitations = people.MemberInvitations(transport)
        self.join_links = people.JoinLinks(transport)
        self.releases = people.Releases(transport)
        self.looks = looks.Looks(transport)
        self.plates = looks.Plates(transport)
        self.orders = orders.Orders(transport)
        self.shoots = shoots.Shoots(transport)
        self.headshots = pictures.Headshots(transport)
        self.exports = pictures.Exports(transport)
        self.domains = account.Domains(transport)
        self.keys = account.Keys(transport)
        self.partner_grants = account.PartnerGrants(transport)
        self.credit_entries = money.Entries(transport)
        self.budgets = money.Budgets(transport)
        self.invoices = money.Invoices(transport)
        self.audit_entries = account.AuditEntries(transport)
        self.directories = account.Directories(transport)
        self.webhook_endpoints = hooks.WebhookEndpoints(transport)

    def read(self, url: str, **query: Any) -> dict[str, Any]:
        """A resource by its path or address, such as an event's; it is read from your `base_url`,
        whatever host the address names. Raises HeadshotsError for no address of the API."""
        found: dict[str, Any] = self.transport.send("GET", url, query=query).json()
        return found

    def close(self) -> None:
        """Give the connections back."""
        self.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

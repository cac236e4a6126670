"""The client: resources of one organisation behind a key."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, cast

import httpx

from headshots_client import account, hooks, orders, people, pictures, shoots
from headshots_client.resources import given
from headshots_client.shapes import Balance, Clocks, Customer, Organisation, UsageRow
from headshots_client.transport import Transport


class Headshots:
    """What a key can reach.

    `key` and `base_url` are read from HEADSHOTS_KEY and HEADSHOTS_URL where they are not given;
    `organisation` is the customer that a partner acts for. Use it in a `with` block, or call
    `close`.
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
        )
        self.employees = people.Employees(transport)
        self.members = people.Members(transport)
        self.member_invitations = people.MemberInvitations(transport)
        self.releases = people.Releases(transport)
        self.looks = orders.Looks(transport)
        self.plates = orders.Plates(transport)
        self.orders = orders.Orders(transport)
        self.shoots = shoots.Shoots(transport)
        self.headshots = pictures.Headshots(transport)
        self.exports = pictures.Exports(transport)
        self.keys = account.Keys(transport)
        self.partner_grants = account.PartnerGrants(transport)
        self.credit_entries = account.Entries(transport)
        self.budgets = account.Budgets(transport)
        self.invoices = account.Invoices(transport)
        self.audit_entries = account.AuditEntries(transport)
        self.directories = account.Directories(transport)
        self.webhook_endpoints = hooks.WebhookEndpoints(transport)

    def organisation(self) -> Organisation:
        """The organisation that the key acts for."""
        found: Organisation = self.transport.send("GET", "/organisation").json()
        return found

    def change_organisation(
        self,
        *,
        name: str | None = None,
        embed_origins: Sequence[str] | None = None,
        if_match: str | None = None,
    ) -> Organisation:
        """Another name, or other origins whose pages may frame the employees' way."""
        origins = None if embed_origins is None else list(embed_origins)
        found: Organisation = self.transport.send(
            "PATCH",
            "/organisation",
            body=given(name=name, embed_origins=origins),
            headers={"If-Match": if_match} if if_match else None,
        ).json()
        return found

    def put_logo(self, logo: bytes) -> Organisation:
        """A PNG or WebP above mail to employees and members."""
        found: Organisation = self.transport.send("PUT", "/organisation/logo", content=logo).json()
        return found

    def take_logo_off(self) -> Organisation:
        """Mail goes out with the name alone."""
        found: Organisation = self.transport.send("DELETE", "/organisation/logo").json()
        return found

    def clocks(self) -> Clocks:
        """Where the organisation and its locations are, and when reminders rest."""
        found: Clocks = self.transport.send("GET", "/organisation/clocks").json()
        return found

    def set_clocks(
        self,
        *,
        time_zone: str | None = None,
        quiet_from: int | None = None,
        quiet_until: int | None = None,
        locations: Mapping[str, str | None] | None = None,
        if_match: str | None = None,
    ) -> Clocks:
        """Change what is given; a location with None has the organisation's clock again."""
        zones = None if locations is None else dict(locations)
        found: Clocks = self.transport.send(
            "PATCH",
            "/organisation/clocks",
            body=given(
                time_zone=time_zone,
                quiet_from=quiet_from,
                quiet_until=quiet_until,
                locations=zones,
            ),
            headers={"If-Match": if_match} if if_match else None,
        ).json()
        return found

    def customers(self) -> Iterator[Customer]:
        """Organisations that let you act for them; give an id of these as `organisation`."""
        return cast("Iterator[Customer]", self.transport.pages("/customers", {}))

    def credits(self) -> Balance:
        """What the organisation has: free, held, owed."""
        found: Balance = self.transport.send("GET", "/credits").json()
        return found

    def usage(self) -> list[UsageRow]:
        """What departments used in each of the last twelve months."""
        found: list[UsageRow] = self.transport.send("GET", "/credits/usage").json()["data"]
        return found

    def warn_below(self, credits: int | None) -> Balance:
        """Be told by mail and by `credits.low` below so many free credits; None: never."""
        found: Balance = self.transport.send(
            "PATCH", "/credits", body={"low_balance": credits}
        ).json()
        return found

    def read(self, url: str, **query: Any) -> dict[str, Any]:
        """A resource by its path or address, such as an event's."""
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

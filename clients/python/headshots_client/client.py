"""The client: resources of one organisation behind a key."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Any, Self

import httpx

from headshots_client import resources
from headshots_client.shapes import Balance, Organisation
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
        self.employees = resources.Employees(transport)
        self.looks = resources.Looks(transport)
        self.orders = resources.Orders(transport)
        self.shoots = resources.Shoots(transport)
        self.exports = resources.Exports(transport)
        self.releases = resources.Releases(transport)
        self.credit_entries = resources.Entries(transport)
        self.headshots = resources.Headshots(transport)
        self.webhook_endpoints = resources.WebhookEndpoints(transport)

    def organisation(self) -> Organisation:
        """The organisation that the key acts for."""
        found: Organisation = self.transport.send("GET", "/organisation").json()
        return found

    def credits(self) -> Balance:
        """What the organisation has: free, held, owed."""
        found: Balance = self.transport.send("GET", "/credits").json()
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

"""Credits: the balance, what they cost, buying them, budgets."""

from __future__ import annotations

from typing import Literal, cast

from headshots_client import shapes
from headshots_client.resources import Listed, Resource, given, matching
from headshots_client.shapes import Balance, CreditStory, Plan, Prices, StoringCard, TopUp, UsageRow
from headshots_client.transport import Transport


class Entries(Listed[shapes.Entry]):
    """Movements of credits. Filters: `kind`, `since`, `until`."""

    path = "/credits/entries"


class Invoices(Resource[shapes.Invoice]):
    """What was bought, or is being paid. Filter: `state`."""

    path = "/invoices"

    def begin(
        self,
        *,
        kind: Literal["pack", "invoice", "plan"] = "pack",
        credits: int | None = None,
        units: int | None = None,
        po_number: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Invoice:
        """Begin to buy so many credits, or the monthly plan so many times. Nothing is charged."""
        body = given(kind=kind, credits=credits, units=units, po_number=po_number)
        made = self._post(self.path, body, idempotency_key=idempotency_key)
        return cast(shapes.Invoice, made)

    def checkout(self, id: str, *, if_match: str | None = None) -> shapes.Checkout:
        """The page where a person pays it, for a pack or the plan."""
        made = self._post(f"{self.path}/{id}/checkout", if_match=if_match)
        return cast(shapes.Checkout, made)

    def send(
        self, id: str, *, vat_id: str | None = None, if_match: str | None = None
    ) -> shapes.Invoice:
        """Have it sent, where it is bought by invoice."""
        made = self._post(f"{self.path}/{id}/send", given(vat_id=vat_id), if_match=if_match)
        return cast(shapes.Invoice, made)

    def give_up(self, id: str, *, if_match: str | None = None) -> shapes.Invoice:
        """Nobody can pay it any more."""
        return cast(shapes.Invoice, self._delete(f"{self.path}/{id}", if_match))


class Budgets(Resource[shapes.Budget]):
    """The most credits that departments may take."""

    path = "/credits/budgets"

    def set(
        self, *, department: str, period: Literal["month", "quarter", "year"], credits: int
    ) -> shapes.Budget:
        """A department's budget, in place of the one it has."""
        body = {"department": department, "period": period, "credits": credits}
        return cast(shapes.Budget, self._post(self.path, body))

    def remove(self, id: str, *, if_match: str | None = None) -> None:
        """The department orders without a cap again."""
        self._delete(f"{self.path}/{id}", if_match)


class MoneyCalls:
    """Methods of the client about credits."""

    transport: Transport

    def credits(self) -> Balance:
        """What the organisation has: free, held, owed."""
        found: Balance = self.transport.send("GET", "/credits").json()
        return found

    def usage(self) -> list[UsageRow]:
        """What departments used in each of the last twelve months."""
        return cast("list[UsageRow]", list(self.transport.pages("/credits/usage", {})))

    def warn_below(self, credits: int | None, *, if_match: str | None = None) -> Balance:
        """Be told by mail and by `credits.low` below so many free credits; None: never."""
        found: Balance = self.transport.send(
            "PATCH", "/credits", body={"low_balance": credits}, headers=matching(if_match)
        ).json()
        return found

    def credit_costs(self) -> CreditStory:
        """Where a credit goes. Raises NotFound while no headshot was delivered."""
        found: CreditStory = self.transport.send("GET", "/credits/costs").json()
        return found

    def prices(self) -> Prices:
        """What credits, packs and the plan cost."""
        found: Prices = self.transport.send("GET", "/credits/prices").json()
        return found

    def plan(self) -> Plan:
        """The monthly plan, as it stands."""
        found: Plan = self.transport.send("GET", "/credits/plan").json()
        return found

    def portal(self) -> str:
        """The address of Stripe's portal for a person: cards, billing address, the plan."""
        return str(self.transport.send("POST", "/credits/portal").json()["url"])

    def top_up(self) -> TopUp:
        """How credits are topped up by themselves."""
        found: TopUp = self.transport.send("GET", "/credits/top-up").json()
        return found

    def set_top_up(
        self,
        *,
        on: bool | None = None,
        below: int | None = None,
        credits: int | None = None,
        cap_cents: int | None = None,
        if_match: str | None = None,
    ) -> TopUp:
        """Change what is given."""
        found: TopUp = self.transport.send(
            "PATCH",
            "/credits/top-up",
            body=given(on=on, below=below, credits=credits, cap_cents=cap_cents),
            headers=matching(if_match),
        ).json()
        return found

    def begin_card(self) -> StoringCard:
        """Where a person stores the card that top-ups charge."""
        found: StoringCard = self.transport.send("POST", "/credits/top-up/card").json()
        return found

    def keep_card(self, session: str, *, if_match: str | None = None) -> TopUp:
        """Take it over once they are done. Raises NotFound while none is stored."""
        found: TopUp = self.transport.send(
            "PUT",
            "/credits/top-up/card",
            body={"session": session},
            headers=matching(if_match),
        ).json()
        return found

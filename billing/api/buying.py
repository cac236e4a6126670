"""What credits cost, the monthly plan, automatic top-up, and the ways to Stripe's own pages."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from billing import prices
from billing.api import refusals
from billing.models import TopUp
from billing.payments import catalogue, plans, subscriptions, top_ups
from billing.payments.client import is_on
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Credits"


class TierShape(Shape):
    """What each credit costs where at most so many are bought at once."""

    up_to = serializers.IntegerField(allow_null=True)
    cents = serializers.IntegerField()


class PackShape(Shape):
    """A number of credits that is offered by name."""

    name = serializers.CharField()
    credits = serializers.IntegerField()
    cents = serializers.IntegerField()


class PricesShape(Shape):
    """What is sold here, in cents, and what is paid in credits."""

    on = serializers.BooleanField(help_text="Whether anything can be bought here.")
    currency = serializers.CharField()
    least = serializers.IntegerField(help_text="Credits in one purchase.")
    most = serializers.IntegerField()
    least_by_invoice = serializers.IntegerField()
    invoice_days = serializers.IntegerField(help_text="Until an invoice is due.")
    tiers: Any = TierShape(many=True)
    packs: Any = PackShape(many=True)
    plan_credits = serializers.IntegerField(help_text="What the plan brings each month.")
    plan_cents = serializers.IntegerField()
    plan_bound = serializers.IntegerField(help_text="The most that rolls over, in all.")
    credits_a_headshot = serializers.IntegerField()
    credits_more_pictures = serializers.IntegerField()
    credits_another_look = serializers.IntegerField()

    example = {
        "on": True,
        "currency": "usd",
        "least": 1,
        "most": 5000,
        "least_by_invoice": 50,
        "invoice_days": 30,
        "tiers": [{"up_to": 9, "cents": 2900}, {"up_to": None, "cents": 1800}],
        "packs": [{"name": "A team", "credits": 25, "cents": 57500}],
        "plan_credits": 10,
        "plan_cents": 19900,
        "plan_bound": 30,
        "credits_a_headshot": 1,
        "credits_more_pictures": 1,
        "credits_another_look": 1,
    }


class PricesView(TenantView):
    """The list of prices."""

    @operation("prices_get", "Read the prices", tag=TAG, scope="credits:read", shape=PricesShape)
    def get(self, request: Request) -> HttpResponseBase:
        """The whole number bought costs what its tier says for each credit."""
        plan, by_invoice = catalogue.PLAN, catalogue.INVOICE
        return self.shown(
            {
                "on": is_on(),
                "currency": catalogue.CURRENCY,
                "least": catalogue.LEAST,
                "most": catalogue.MOST,
                "least_by_invoice": by_invoice.least,
                "invoice_days": by_invoice.days,
                "tiers": catalogue.TIERS,
                "packs": [
                    {
                        "name": pack.name,
                        "credits": pack.credits,
                        "cents": catalogue.CREDITS.cents(pack.credits),
                    }
                    for pack in catalogue.PACKS
                ],
                "plan_credits": plan.included,
                "plan_cents": plan.cents,
                "plan_bound": plan.bound,
                "credits_a_headshot": prices.CREDITS_A_SHOOT,
                "credits_more_pictures": prices.MORE_PICTURES.credits,
                "credits_another_look": prices.ANOTHER_LOOK.credits,
            }
        )


class PlanShape(Shape):
    """The monthly plan, as Stripe told it last."""

    runs = serializers.BooleanField()
    status = serializers.CharField(help_text="Stripe's word; empty where there never was one.")
    units = serializers.IntegerField(help_text="How often it is taken.")
    credits = serializers.IntegerField(help_text="What it brings each month.")
    until = serializers.DateTimeField(allow_null=True, help_text="The end of what is paid.")
    ends = serializers.BooleanField(help_text="Whether it ends then.")

    example = {
        "runs": True,
        "status": "active",
        "units": 2,
        "credits": 20,
        "until": "2026-12-25T09:00:00Z",
        "ends": False,
    }


class PlanView(TenantView):
    """The plan."""

    @operation("plan_get", "Read the plan", tag=TAG, scope="credits:read", shape=PlanShape)
    def get(self, request: Request) -> HttpResponseBase:
        """Begin one with `POST /invoices` and `kind` `plan`; a person changes and ends it in the
        portal."""
        state = subscriptions.plan_of(self.organisation)
        units = state.quantity if state else 0
        return self.shown(
            {
                "runs": state is not None and state.runs,
                "status": state.status if state else "",
                "units": units,
                "credits": units * catalogue.PLAN.included,
                "until": state.until if state else None,
                "ends": state is not None and state.ends,
            }
        )


class PlaceShape(Shape):
    """A page of Stripe's, for a person's browser."""

    url = serializers.CharField()

    example = {"url": "https://billing.stripe.com/p/session/x"}


class PortalView(TenantView):
    """Stripe's portal."""

    @operation(
        "portal_open",
        "Open Stripe's portal",
        tag=TAG,
        scope="credits:write",
        shape=PlaceShape,
        status=201,
        refuses=(
            refusals.PAYMENTS_OFF,
            *refusals.STRIPE,
            refusals.SANDBOX_PAYS_NOTHING,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Good for some minutes: cards, billing address, tax number, old invoices, the plan."""
        return self.shown({"url": plans.portal_url(organisation=self.organisation)})


class TopUpShape(Shape):
    """More credits by themselves, charged to a stored card, within a sum a month."""

    on = serializers.BooleanField()
    below = serializers.IntegerField(help_text="It happens below so many free credits.")
    credits = serializers.IntegerField(help_text="So many are bought each time.")
    cap_cents = serializers.IntegerField(help_text="The most that it spends in a month.")
    spent_cents = serializers.IntegerField(help_text="This month so far (UTC).")
    card = serializers.CharField(source="method_label", help_text="Empty where none is stored.")
    problem = serializers.CharField(help_text="Why it has stopped by itself.")

    example = {
        "on": True,
        "below": 5,
        "credits": 25,
        "cap_cents": 100000,
        "spent_cents": 57500,
        "card": "Visa 4242",
        "problem": "",
    }


class TopUpGiven(Given):
    """What changes; what is left out stays as it is."""

    on = serializers.BooleanField(required=False)
    below = serializers.IntegerField(min_value=1, max_value=catalogue.MOST, required=False)
    credits = serializers.IntegerField(min_value=1, max_value=catalogue.MOST, required=False)
    cap_cents = serializers.IntegerField(min_value=1, max_value=100_000_000, required=False)

    example = {"on": False, "below": 5, "credits": 25, "cap_cents": 100000}


class CardShape(Shape):
    """Where a person stores a card."""

    url = serializers.CharField(help_text="Stripe's page.")
    session = serializers.CharField(help_text="Give it back once they are done.")

    example = {"url": "https://checkout.stripe.com/c/pay/cs_live_x", "session": "cs_live_x"}


class CardGiven(Given):
    """A card that was stored."""

    session = serializers.RegexField(r"^cs_[A-Za-z0-9_]{1,200}$")

    example = {"session": "cs_live_x"}


class TopUpView(TenantView):
    """How it is set."""

    @operation("top_up_get", "Read the top-up", tag=TAG, scope="credits:read", shape=TopUpShape)
    def get(self, request: Request) -> HttpResponseBase:
        """Off, where nobody has set it."""
        return self.told(top_ups.top_up_of(self.organisation))

    def told(self, row: TopUp) -> HttpResponseBase:
        row.spent_cents = top_ups.spent_cents(self.organisation)  # type: ignore[attr-defined]
        return self.shown(row)

    @operation(
        "top_up_update",
        "Set the top-up",
        tag=TAG,
        scope="credits:write",
        match=True,
        shape=TopUpShape,
        body=TopUpGiven,
        calls={"cap": "cap_cents"},
        refuses=(refusals.PAYMENTS_OFF, refusals.CAP, refusals.NO_CARD_YET),
    )
    def patch(self, request: Request) -> HttpResponseBase:
        """It is looked at each minute. A card that is declined stops it until it is set anew."""
        said, now = self.body(), top_ups.top_up_of(self.organisation)
        changed = top_ups.change(
            actor=self.actor,
            organisation=self.organisation,
            **{
                name: said.get(name, getattr(now, name))
                for name in ("on", "below", "credits", "cap_cents")
            },
        )
        return self.told(changed)


class TopUpCardView(TenantView):
    """The card that it charges."""

    acts_on = TopUpView

    @operation(
        "top_up_begin_card",
        "Begin to store a card",
        tag=TAG,
        scope="credits:write",
        shape=CardShape,
        status=201,
        refuses=(
            refusals.PAYMENTS_OFF,
            *refusals.STRIPE,
            refusals.SANDBOX_PAYS_NOTHING,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """A person types it in at Stripe; then take it over with PUT and the same `session`."""
        url, session = top_ups.begin_card(organisation=self.organisation)
        return self.shown({"url": url, "session": session})

    @operation(
        "top_up_keep_card",
        "Take over a card that was stored",
        tag=TAG,
        scope="credits:write",
        match=True,
        shape=TopUpShape,
        body=CardGiven,
        refuses=(
            refusals.PAYMENTS_OFF,
            *refusals.STRIPE,
            refusals.NO_CARD_THERE,
        ),
    )
    def put(self, request: Request) -> HttpResponseBase:
        """A 404 while none is stored there, or where it was another's checkout."""
        kept = top_ups.keep_card(
            actor=self.actor,
            organisation=self.organisation,
            session_id=self.body()["session"],
        )
        kept.spent_cents = top_ups.spent_cents(self.organisation)  # type: ignore[attr-defined]
        return self.shown(kept)

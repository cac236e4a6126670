"""The monthly plan: begun by a checkout, kept and cancelled in Stripe's portal."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from djstripe.models import Subscription

from accounts.actors import Actor
from accounts.models import Organisation
from billing.models import Purchase
from billing.payments import catalogue, purchases, shapes
from billing.payments.client import answering, client, once
from billing.payments.customers import customer_of
from billing.payments.shapes import PlanState
from headshots.lib.problems import Problem

MOST_UNITS = 50
"""Times the plan's credits that one organisation can have a month."""


def plan_of(organisation: Organisation) -> PlanState | None:
    """The plan that an organisation has, or the last that it had."""
    kept = Subscription.objects.filter(customer__subscriber=organisation).order_by("-created")
    states = [shapes.plan_state(row.stripe_data) for row in kept[:20]]
    running = [state for state in states if state.runs]
    return next(iter(running or states), None)


@transaction.atomic
def begin(*, actor: Actor, organisation: Organisation, units: int) -> Purchase:
    """Note that somebody wants the plan, `units` times. `purchases.go_on` leads to the checkout.

    Raises Problem where the organisation has one already.
    """
    client()
    if not 1 <= units <= MOST_UNITS:
        raise Problem(
            f"The plan can be had once to {MOST_UNITS} times.", code="amount", field="units"
        )
    # A double click must not make two plans.
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    kept = plan_of(organisation)
    if kept is not None and kept.runs:
        raise Problem(
            "You have the plan already. Change it under “Manage the plan”.",
            code="has_plan",
            status=409,
        )
    credits, cents = catalogue.PLAN.included * units, catalogue.PLAN.cents * units
    waiting = Purchase.objects.filter(
        organisation=organisation,
        kind=Purchase.Kind.PLAN,
        state=Purchase.State.OPEN,
        credits=credits,
        invoice_id=None,
    ).first()
    return waiting or purchases.note(
        actor=actor,
        organisation=organisation,
        kind=Purchase.Kind.PLAN,
        credits=credits,
        cents=cents,
    )


def refresh(organisation: Organisation) -> None:
    """Read the plan at Stripe now, for whoever comes back from its portal."""
    customer = customer_of(organisation)
    with answering("What you changed there stands.") as api:
        found = api.v1.subscriptions.list(
            params={"customer": customer, "status": "all", "limit": 10}
        )
        for subscription in found.data:
            Subscription.sync_from_stripe_data(subscription)


def portal_url(*, organisation: Organisation) -> str:
    """A way into Stripe's portal: the plan, cards, billing address, tax number, invoices."""
    customer = customer_of(organisation)
    back = settings.SITE_URL + reverse("plan", args=[organisation.slug]) + "?fresh=1"
    with answering("Your plan stands as it is.") as api:
        known = api.v1.billing_portal.configurations.list(params={"active": True, "limit": 100})
        ours = next(
            (one.id for one in known.data if shapes.plain(one)["metadata"].get("of") == _OF), None
        )
        if ours is None:
            ours = api.v1.billing_portal.configurations.create(
                params={
                    "metadata": {"of": _OF},
                    "features": {
                        "customer_update": {
                            "enabled": True,
                            "allowed_updates": ["name", "email", "address", "tax_id"],
                        },
                        "invoice_history": {"enabled": True},
                        "payment_method_update": {"enabled": True},
                        "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
                    },
                },
                options=once("portal", _OF),
            ).id
        session = api.v1.billing_portal.sessions.create(
            params={"customer": customer, "configuration": ours, "return_url": back}
        )
    return session.url


_OF = "headshots-1"
"""Marks our configuration of the portal; another number where the features change."""

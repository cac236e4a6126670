"""The monthly plan: begun by a checkout, kept and cancelled in Stripe's portal."""

from __future__ import annotations

from uuid import uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from djstripe.models import Subscription

from accounts.actors import Actor
from accounts.models import Organisation
from billing.models import Purchase
from billing.payments import catalogue, purchases, shapes, subscriptions, turns
from billing.payments.client import answering, client, once
from billing.payments.customers import customer_of
from headshots.lib.problems import Problem

log = structlog.get_logger(__name__)

MOST_UNITS = 50
"""Times the plan's credits that one organisation can have a month."""


@transaction.atomic
def begin(*, actor: Actor, organisation: Organisation, units: int) -> Purchase:
    """Note that somebody wants the plan, `units` times. `purchases.go_on` leads to the checkout.

    Raises Problem where the organisation has one already.
    """
    client()
    if not 1 <= units <= MOST_UNITS:
        raise Problem(
            _("The plan can be had once to {most_units} times.").format(most_units=MOST_UNITS),
            code="amount",
            field="units",
        )
    # A double click must not make two plans.
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    subscriptions.refuse_another(organisation)
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


def came_back(*, purchase: Purchase) -> Purchase:
    """The buyer of a plan has come back from the checkout: see at once what became of it."""
    purchase = purchases.came_back(purchase=purchase)
    subscriptions.refresh(purchase.organisation)
    return purchase


def end_of_closed() -> int:
    """End the plans of organisations that have closed; returns how many. Meant for the sweep:
    while Stripe is away, it waits for one answer alone and they stay to be ended by the next."""
    running = Subscription.objects.filter(
        customer__subscriber__closed_at__isnull=False,
        stripe_data__status__in=["active", "past_due", "trialing"],
    )
    ended = 0
    for row in turns.next_of(running, name="plans_of_closed"):
        try:
            with answering(gettext_noop("It is ended later.")) as api:
                Subscription.sync_from_stripe_data(api.v1.subscriptions.cancel(row.id))
        except Problem as problem:
            log.warning("plan_not_ended", subscription=row.id, problem=problem.code)
            if problem.status == 503:
                break
        else:
            ended += 1
    return ended


def portal_url(*, organisation: Organisation) -> str:
    """A way into Stripe's portal: the plan, cards, billing address, tax number, invoices."""
    customer = customer_of(organisation)
    back = settings.SITE_URL + reverse("plan", args=[organisation.slug]) + "?fresh=1"
    with answering(gettext_noop("Your plan stands as it is.")) as api:
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
            params={"customer": customer, "configuration": ours, "return_url": back},
            options=once("portal", customer, uuid4()),
        )
    return session.url


_OF = "headshots-1"
"""Marks our configuration of the portal; another number where the features change."""

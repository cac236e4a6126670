"""The subscription behind an organisation's plan: dj-stripe keeps it, Stripe's pages change it."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from djstripe.models import Subscription

from accounts.models import Organisation
from billing.payments import shapes
from billing.payments.client import answering
from billing.payments.customers import customer_of
from billing.payments.shapes import PlanState
from headshots.lib.problems import Problem


def plan_of(organisation: Organisation) -> PlanState | None:
    """The plan that an organisation has, or the last that it had."""
    kept = Subscription.objects.filter(customer__subscriber=organisation).order_by("-created")
    states = [shapes.plan_state(row.stripe_data) for row in kept[:20]]
    running = [state for state in states if state.runs]
    return next(iter(running or states), None)


def refuse_another(organisation: Organisation) -> None:
    """Raises Problem where the organisation has the plan already, as far as we know."""
    kept = plan_of(organisation)
    if kept is not None and kept.runs:
        raise Problem(
            _(
                "You have the plan already. Cancel it or change its card under “Manage the plan”; "
                "more credits can be bought any time."
            ),
            code="has_plan",
            status=409,
        )


def refresh(
    organisation: Organisation, kept: str = gettext_noop("What you changed there stands.")
) -> None:
    """Read the plan at Stripe now. Raises Problem while it is away, which says what is `kept`."""
    customer = customer_of(organisation, kept)
    with answering(kept) as api:
        found = api.v1.subscriptions.list(
            params={"customer": customer, "status": "all", "limit": 10}
        )
        for subscription in found.data:
            Subscription.sync_from_stripe_data(subscription)

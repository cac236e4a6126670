"""Organisations as Stripe's customers, one each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from djstripe.models import Customer

from accounts.models import Organisation
from billing.payments.client import NOTHING_CHARGED, answering, once
from headshots.lib.problems import Problem

if TYPE_CHECKING:
    import stripe


def customer_of(organisation: Organisation, kept: str = NOTHING_CHARGED) -> str:
    """The id of an organisation's customer; made where there is none. Raises Problem, which says
    what is `kept` while Stripe is away."""
    if organisation.sandbox_of_id:
        raise Problem(
            _("Nothing is bought in the sandbox: its credits cost nothing."),
            code="sandbox",
            status=409,
        )
    known = Customer.objects.filter(subscriber=organisation, date_purged=None).first()
    if known is not None:
        return str(known.id)
    email = organisation.email
    params: stripe.params.CustomerCreateParams = {
        "name": organisation.name,
        "email": email,
        "metadata": {"organisation": str(organisation.pk)},
    }
    with answering(kept) as api:
        made = api.v1.customers.create(
            params=params, options=once("customer", organisation.pk, organisation.name, email)
        )
        customer = Customer.sync_from_stripe_data(made)
    customer.subscriber = organisation
    customer.save(update_fields=["subscriber"])
    return made.id


def organisation_of(customer_id: str) -> Organisation | None:
    """Whose customer that is; None for one that is nobody's here."""
    found = Customer.objects.filter(id=customer_id).select_related("subscriber").first()
    subscriber = found.subscriber if found else None
    return subscriber if isinstance(subscriber, Organisation) else None

"""Buying by invoice: for organisations that pay by transfer, with a PO number and a VAT number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.actors import Actor
from accounts.models import Organisation
from billing.models import Purchase
from billing.payments import catalogue, fulfilment, purchases, shapes
from billing.payments.catalogue_sync import price_id
from billing.payments.client import answering, client, once
from billing.payments.customers import customer_of
from headshots.lib import numbers
from headshots.lib.problems import Problem

if TYPE_CHECKING:
    import stripe

_KEPT = gettext_noop("The invoice is kept here and goes out when you send it again.")


@transaction.atomic
def begin(
    *,
    actor: Actor,
    organisation: Organisation,
    credits: int,
    po_number: str = "",
    once: bool = False,
    again: bool = False,
) -> Purchase:
    """Note that somebody wants credits by invoice; `send` writes it.

    With `once`, for a form that may be sent again, one like it that was not sent yet is found
    again, and one that was sent and waits to be paid is a Problem (like_one), unless another one
    is meant by `again`. Raises Problem for too few credits as well.
    """
    client()
    po_number = " ".join(po_number.split())
    if len(po_number) > 30:
        raise Problem(
            _("A PO number has 30 characters at most."), code="po_number", field="po_number"
        )
    if not catalogue.INVOICE.least <= credits <= catalogue.MOST:
        raise Problem(
            _("Between {least} and {most} credits can be bought by invoice.").format(
                least=numbers.grouped(catalogue.INVOICE.least),
                most=numbers.grouped(catalogue.MOST),
            ),
            code="amount",
            field="credits",
        )
    if once:
        Organisation.objects.select_for_update().get(pk=organisation.pk)
        alike = Purchase.objects.filter(
            organisation=organisation,
            kind=Purchase.Kind.INVOICE,
            state=Purchase.State.OPEN,
            credits=credits,
            po_number=po_number,
        )
        unsent = alike.filter(number="").first()
        if unsent is not None:
            return unsent
        sent = alike.first()
        if sent is not None and not again:
            raise Problem(
                _(
                    "Invoice {number} for the same is still to be paid. Tick the box if you want "
                    "another one like it."
                ).format(number=sent.number),
                code="like_one",
                status=409,
            )
    purchases.refuse_hoarding(organisation)
    return purchases.note(
        actor=actor,
        organisation=organisation,
        kind=Purchase.Kind.INVOICE,
        credits=credits,
        cents=catalogue.INVOICE.price.cents(credits),
        po_number=po_number,
    )


def send(*, purchase: Purchase, vat_id: str = "") -> Purchase:
    """Write the invoice at Stripe and have it sent; goes on where an earlier call broke off.

    The VAT number is kept until then. Raises Problem where Stripe is away or refuses that number,
    and for a purchase that was dropped or is paid.
    """
    if purchase.kind != Purchase.Kind.INVOICE:
        raise Problem(_("This purchase is paid by card."), code="by_card", status=409)
    if purchase.state in (Purchase.State.DROPPED, Purchase.State.FAILED):
        raise purchases.dropped()
    if purchase.state != Purchase.State.OPEN:
        raise purchases.paid()
    _keep_vat_id(purchase, vat_id)
    customer = customer_of(purchase.organisation, _KEPT)
    if purchase.vat_id:
        try:
            with answering(_KEPT) as api:
                _add_vat_id(api, customer, purchase.vat_id)
        except Problem as refused:
            if refused.code == "stripe_refused":
                purchase.vat_id = ""
                purchase.save(update_fields=["vat_id"])
            raise
    invoice_id = write(
        purchase,
        customer,
        {
            "collection_method": "send_invoice",
            "days_until_due": catalogue.INVOICE.days,
            "payment_settings": {
                "payment_method_types": ["customer_balance"],
                "payment_method_options": {
                    "customer_balance": {
                        "funding_type": "bank_transfer",
                        "bank_transfer": {"type": "us_bank_transfer"},
                    }
                },
            },
            **(
                {"custom_fields": [{"name": "PO number", "value": purchase.po_number}]}
                if purchase.po_number
                else {}
            ),
        },
    )
    with answering(_KEPT) as api:
        status = api.v1.invoices.retrieve(invoice_id).status
        if status == "draft":
            status = api.v1.invoices.finalize_invoice(
                invoice_id, options=once("invoice", purchase.pk, "finalize")
            ).status
        # Also where it was finalized already: it may be this step before which we broke off.
        if status == "open":
            api.v1.invoices.send_invoice(invoice_id, options=once("invoice", purchase.pk, "send"))
    return fulfilment.fulfil(source_id=invoice_id) or purchase


def discard(*, purchase: Purchase) -> None:
    """Forget an invoice that Stripe refused before it was written."""
    Purchase.objects.filter(
        pk=purchase.pk, kind=Purchase.Kind.INVOICE, invoice_id=None, state=Purchase.State.OPEN
    ).delete()


def write(purchase: Purchase, customer: str, given: stripe.params.InvoiceCreateParams) -> str:
    """The draft of a purchase's invoice with its one line; the id of the one there is already."""
    if purchase.invoice_id:
        return purchase.invoice_id
    price = price_id(catalogue.CREDITS.lookup_key, _KEPT)
    with answering(_KEPT) as api:
        invoice = api.v1.invoices.create(
            params={
                "customer": customer,
                "currency": catalogue.CURRENCY,
                "auto_advance": False,
                "metadata": {"purchase": str(purchase.pk), "credits": str(purchase.credits)},
                # Not translated: whoever goes on with it may read another language, and Stripe
                # takes an idempotency key for one and the same request alone.
                "description": catalogue.CREDITS.name,
                **given,
            },
            options=once("invoice", purchase.pk, purchase.attempt),
        )
        api.v1.invoice_items.create(
            params={
                "customer": customer,
                "invoice": invoice.id,
                "pricing": {"price": price},
                "quantity": purchase.credits,
            },
            options=once("invoice", purchase.pk, purchase.attempt, "line"),
        )
    # Kept only now: an invoice without its line must not be found again as if it were whole.
    purchase.invoice_id = invoice.id
    purchase.save(update_fields=["invoice_id"])
    return invoice.id


def _keep_vat_id(purchase: Purchase, vat_id: str) -> None:
    value = "".join(vat_id.split()).upper()
    if len(value) > 30:
        raise Problem(_("A VAT number has 30 characters at most."), code="vat_id", field="vat_id")
    if value and value != purchase.vat_id:
        purchase.vat_id = value
        purchase.save(update_fields=["vat_id"])


def _add_vat_id(api: stripe.StripeClient, customer: str, value: str) -> None:
    known = api.v1.customers.tax_ids.list(customer, params={"limit": 20})
    if any(shapes.plain(one)["value"].upper() == value for one in known.data):
        return
    kind = "eu_vat" if value[:2].isalpha() and value[:2] != "GB" else "gb_vat"
    if value[:2] == "CH":
        kind = "ch_vat"
    api.v1.customers.tax_ids.create(
        customer,
        params={"type": kind, "value": value},
        options=once("vat", customer, value),
    )

"""Purchases: begun, paid at Stripe's checkout or by invoice, given up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from billing import access
from billing.api import refusals
from billing.models import Purchase
from billing.payments import catalogue, invoices, plans, purchases
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Credits"


class InvoiceShape(Shape):
    """What was bought, or is being paid."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=Purchase.Kind.choices)
    state = serializers.ChoiceField(choices=Purchase.State.choices)
    credits = serializers.IntegerField()
    cents = serializers.IntegerField()
    refunded_cents = serializers.IntegerField(help_text="What of `cents` went back by refunds.")
    currency = serializers.CharField()
    po_number = serializers.CharField()
    problem = serializers.CharField(help_text="Why it was not paid.")
    invoice_url = serializers.CharField()
    pdf_url = serializers.CharField()
    receipt_url = serializers.CharField()
    due_at = serializers.DateTimeField(allow_null=True)
    paid_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000015",
        "number": "HS-0001",
        "kind": "invoice",
        "state": "open",
        "credits": 100,
        "cents": 150000,
        "refunded_cents": 0,
        "currency": "usd",
        "po_number": "PO-77",
        "problem": "",
        "invoice_url": "https://invoice.stripe.com/i/acct_x/live_x",
        "pdf_url": "https://pay.stripe.com/invoice/acct_x/live_x/pdf",
        "receipt_url": "",
        "due_at": "2026-12-25T09:00:00Z",
        "paid_at": None,
        "created_at": "2026-11-25T09:00:00Z",
    }


class InvoicesQuery(Given):
    """Which purchases."""

    state = serializers.ChoiceField(choices=Purchase.State.choices, required=False)


class PurchaseGiven(Given):
    """What to buy: so many credits, or the monthly plan so many times."""

    kind = serializers.ChoiceField(
        choices=["pack", "invoice", "plan"],
        default="pack",
        help_text="`pack` is paid by card or bank debit at a checkout, `invoice` by transfer.",
    )
    credits = serializers.IntegerField(
        min_value=catalogue.LEAST, max_value=catalogue.MOST, required=False
    )
    units = serializers.IntegerField(
        min_value=1,
        max_value=plans.MOST_UNITS,
        required=False,
        help_text="How often the plan is taken, in place of `credits`.",
    )
    po_number = serializers.CharField(
        max_length=30, required=False, allow_blank=True, help_text="Stands on an invoice."
    )

    example = {"kind": "pack", "credits": 25}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        plan = attrs["kind"] == "plan"
        needed, other = ("units", "credits") if plan else ("credits", "units")
        if needed not in attrs:
            raise serializers.ValidationError({needed: ["This field is required."]})
        for name in (other, *(["po_number"] if attrs["kind"] != "invoice" else [])):
            if attrs.get(name):
                raise serializers.ValidationError({name: [f"Not with {attrs['kind']}."]})
        return attrs


class VatGiven(Given):
    """What else the invoice says."""

    vat_id = serializers.CharField(max_length=30, required=False, allow_blank=True)

    example = {"vat_id": "DE123456789"}


class CheckoutShape(Shape):
    """Where a person pays."""

    invoice = serializers.UUIDField(source="purchase.pk")
    state = serializers.ChoiceField(source="purchase.state", choices=Purchase.State.choices)
    url = serializers.CharField(
        allow_null=True, help_text="Stripe's page; null where it is paid, or on its way."
    )

    example = {
        "invoice": "019ab1c2-0000-7000-8000-000000000015",
        "state": "open",
        "url": "https://checkout.stripe.com/c/pay/cs_live_x",
    }


class InvoicesView(TenantView):
    """What was bought."""

    @operation(
        "invoices_list",
        "List invoices",
        tag=TAG,
        scope="credits:read",
        shape=InvoiceShape,
        many=True,
        query=InvoicesQuery,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Every purchase, paid or to be paid, the newest first."""
        bought = access.purchases(self.inside)
        if "state" in self.query:
            bought = bought.filter(state=self.query["state"])
        return self.listed(bought, owner=self.organisation.pk)

    @operation(
        "invoices_create",
        "Begin a purchase",
        tag=TAG,
        scope="credits:write",
        shape=InvoiceShape,
        body=PurchaseGiven,
        status=201,
        refuses=(
            refusals.PAYMENTS_OFF,
            refusals.TOO_FEW_FOR_INVOICE,
            refusals.HAS_PLAN,
            refusals.SANDBOX_BUYS_NOTHING,
            refusals.MANY_OPEN,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Nothing is charged yet. Go on with its `checkout`, or have an invoice sent with `send`.
        `GET /credits/prices` says what it costs."""
        said = self.body()
        who: Any = {"actor": self.actor, "organisation": self.organisation}
        if said["kind"] == "plan":
            made = plans.begin(**who, units=said["units"])
        elif said["kind"] == "invoice":
            made = invoices.begin(
                **who, credits=said["credits"], po_number=said.get("po_number", "")
            )
        else:
            made = purchases.begin(**who, credits=said["credits"])
        return self.shown(made, location=reverse("api:invoice", args=[made.pk]))


class InvoiceView(TenantView):
    """One purchase."""

    @operation("invoices_get", "Read an invoice", tag=TAG, scope="credits:read", shape=InvoiceShape)
    def get(self, request: Request, invoice_id: UUID) -> HttpResponseBase:
        """With the addresses of its invoice and receipt at Stripe."""
        return self.shown(access.purchase(self.inside, invoice_id))

    @operation(
        "invoices_delete",
        "Give up a purchase",
        tag=TAG,
        scope="credits:write",
        match=True,
        shape=InvoiceShape,
        refuses=(
            refusals.PAID,
            refusals.BUSY,
            *refusals.STRIPE,
            refusals.PAYMENTS_OFF,
        ),
    )
    def delete(self, request: Request, invoice_id: UUID) -> HttpResponseBase:
        """One that nobody has paid; it cannot be paid after this, and stays in the list."""
        found = access.purchase(self.inside, invoice_id)
        return self.shown(purchases.drop(actor=self.actor, purchase=found))


class InvoiceCheckoutView(TenantView):
    """Paying."""

    acts_on = InvoiceView

    @operation(
        "invoices_checkout",
        "Go on to the checkout",
        tag=TAG,
        scope="credits:write",
        match=True,
        shape=CheckoutShape,
        refuses=(
            refusals.PAYMENTS_OFF,
            refusals.BY_INVOICE,
            refusals.DROPPED,
            refusals.HAS_PLAN,
            refusals.BUSY,
            *refusals.STRIPE,
            refusals.CATALOGUE_MISSING,
        ),
    )
    def post(self, request: Request, invoice_id: UUID) -> HttpResponseBase:
        """The address of Stripe's page, where a person pays; asked again, the same. Credits come
        once Stripe says that it is paid, wherever that person goes on from there. Of a plan's
        checkouts one is open at a time."""
        return self.shown(purchases.go_on(purchase=access.purchase(self.inside, invoice_id)))


class InvoiceSendView(TenantView):
    """Being sent an invoice."""

    acts_on = InvoiceView

    @operation(
        "invoices_send",
        "Have an invoice sent",
        tag=TAG,
        scope="credits:write",
        match=True,
        shape=InvoiceShape,
        body=VatGiven,
        refuses=(
            refusals.PAYMENTS_OFF,
            refusals.BY_CARD,
            refusals.DROPPED,
            refusals.PAID,
            refusals.BUSY,
            *refusals.STRIPE,
            refusals.VAT_ID,
            refusals.CATALOGUE_MISSING,
        ),
    )
    def post(self, request: Request, invoice_id: UUID) -> HttpResponseBase:
        """Stripe writes it and mails it to the organisation's billing address."""
        found = access.purchase(self.inside, invoice_id)
        return self.shown(invoices.send(purchase=found, vat_id=self.body().get("vat_id", "")))

"""Credits: the balance, the ledger, what was bought."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from billing import access, ledger, terms
from billing.models import CreditEntry, Purchase
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Credits"


class BalanceShape(Shape):
    """What the organisation has."""

    available = serializers.IntegerField(help_text="Free to use.")
    held = serializers.IntegerField(help_text="Reserved by shoots that are under way.")
    debt = serializers.IntegerField(help_text="Owed: used, then refunded.")
    low_balance = serializers.IntegerField(
        allow_null=True, help_text="Below so many free ones `credits.low` is told; null: never."
    )

    example = {"available": 120, "held": 12, "debt": 0, "low_balance": 20}


class LowBalanceGiven(Given):
    """When to be told."""

    low_balance = serializers.IntegerField(min_value=1, max_value=10**9, allow_null=True)

    example = {"low_balance": 20}


class EntryShape(Shape):
    """One movement of credits. It never changes."""

    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=CreditEntry.Kind.choices)
    amount = serializers.IntegerField()
    change = serializers.IntegerField(help_text="What it did to the credits that are free.")
    available_after = serializers.IntegerField()
    held_after = serializers.IntegerField()
    debt_after = serializers.IntegerField()
    source_key = serializers.CharField(help_text="`shoot:` and its id, or alike.")
    note = serializers.CharField()
    actor_kind = serializers.CharField()
    actor_name = serializers.CharField()
    created_at = serializers.DateTimeField()

    example = {
        "number": 17,
        "kind": "hold",
        "amount": 1,
        "change": -1,
        "available_after": 120,
        "held_after": 12,
        "debt_after": 0,
        "source_key": "shoot:019ab1c2-0000-7000-8000-00000000000d",
        "note": "",
        "actor_kind": "employee",
        "actor_name": "",
        "created_at": "2026-11-25T09:00:00Z",
    }


class EntriesQuery(Given):
    """Which movements."""

    kind = serializers.ChoiceField(choices=CreditEntry.Kind.choices, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class InvoiceShape(Shape):
    """What was bought, or is being paid."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=Purchase.Kind.choices)
    state = serializers.ChoiceField(choices=Purchase.State.choices)
    credits = serializers.IntegerField()
    cents = serializers.IntegerField()
    currency = serializers.CharField()
    po_number = serializers.CharField()
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
        "currency": "usd",
        "po_number": "PO-77",
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


class CreditsView(TenantView):
    """The balance."""

    @operation("credits_get", "Read the balance", tag=TAG, scope="credits:read", shape=BalanceShape)
    def get(self, request: Request) -> HttpResponseBase:
        """What is free, reserved and owed."""
        return self._told()

    @operation(
        "credits_update",
        "Set the low balance",
        tag=TAG,
        scope="credits:write",
        shape=BalanceShape,
        body=LowBalanceGiven,
        match=True,
    )
    def patch(self, request: Request) -> HttpResponseBase:
        """Owners and administrators get a mail, endpoints get `credits.low`, once until it has
        recovered."""
        terms.warn_below(
            actor=self.actor,
            organisation=self.organisation,
            credits=self.body()["low_balance"],
        )
        return self._told()

    def _told(self) -> HttpResponseBase:
        return self.shown(self._balance())

    def _balance(self) -> dict[str, int | None]:
        own = access.terms(self.inside)
        balance = ledger.balance(organisation=self.organisation)
        return {**asdict(balance), "low_balance": own.low_balance if own else None}


class EntriesView(TenantView):
    """The ledger."""

    @operation(
        "credit_entries_list",
        "List ledger entries",
        tag=TAG,
        scope="credits:read",
        shape=EntryShape,
        many=True,
        query=EntriesQuery,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The newest first; `until` is not included."""
        entries = access.entries(self.inside)
        if "kind" in self.query:
            entries = entries.filter(kind=self.query["kind"])
        if "since" in self.query:
            entries = entries.filter(created_at__gte=self.query["since"])
        if "until" in self.query:
            entries = entries.filter(created_at__lt=self.query["until"])
        return self.listed(entries, owner=self.organisation.pk, order="-number")


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


class InvoiceView(TenantView):
    """One purchase."""

    @operation("invoices_get", "Read an invoice", tag=TAG, scope="credits:read", shape=InvoiceShape)
    def get(self, request: Request, invoice_id: UUID) -> HttpResponseBase:
        """With the addresses of its invoice and receipt at Stripe."""
        return self.shown(access.purchase(self.inside, invoice_id))

"""Credits: the balance and the ledger."""

from __future__ import annotations

from dataclasses import asdict

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from billing import access, ledger, terms
from billing.models import CreditEntry
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

    low_balance = serializers.IntegerField(min_value=1, max_value=ledger.MOST, allow_null=True)

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

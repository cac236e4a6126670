"""Budgets of departments."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from billing import access, budgets, ledger
from billing.api.refusals import BUSY
from billing.models import DepartmentBudget
from generation.ordering import budgets_used
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Credits"


class BudgetShape(Shape):
    """The most credits that a department's people may take in a period."""

    id = serializers.UUIDField()
    department = serializers.CharField()
    period = serializers.ChoiceField(choices=DepartmentBudget.Period.choices)
    credits = serializers.IntegerField()
    taken = serializers.SerializerMethodField(help_text="Ordered in the present period.")
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000022",
        "department": "Research",
        "period": "quarter",
        "credits": 40,
        "taken": 12,
        "created_at": "2026-11-25T09:00:00Z",
    }

    def get_taken(self, row: DepartmentBudget) -> int:
        known: dict[UUID, int] = self.context["view"].taken
        return known[row.pk]


class BudgetGiven(Given):
    """A department's budget."""

    department = serializers.CharField(max_length=100)
    period = serializers.ChoiceField(choices=DepartmentBudget.Period.choices)
    credits = serializers.IntegerField(min_value=0, max_value=ledger.MOST)

    example = {"department": "Research", "period": "quarter", "credits": 40}


class BudgetViews(TenantView):
    """What the views of budgets share."""

    taken: dict[UUID, int] = {}

    def rows_found(self, rows: list[Any]) -> None:
        used = budgets_used.of_organisation(self.organisation)
        self.taken = {use.budget.pk: use.taken for use in used}


class BudgetsView(BudgetViews):
    """Budgets as a list."""

    @operation(
        "budgets_list", "List budgets", tag=TAG, scope="credits:read", shape=BudgetShape, many=True
    )
    def get(self, request: Request) -> HttpResponseBase:
        """With what was taken of each."""
        return self.listed(access.budgets(self.inside), owner=self.organisation.pk)

    @operation(
        "budgets_create",
        "Set a budget",
        tag=TAG,
        scope="credits:write",
        shape=BudgetShape,
        body=BudgetGiven,
        status=201,
        refuses=(BUSY,),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """A department that has one gets this in its place. What was taken before counts."""
        made = budgets.set_budget(actor=self.actor, organisation=self.organisation, **self.body())
        self.rows_found([made])
        return self.shown(made, location=reverse("api:budget", args=[made.pk]))


class BudgetView(BudgetViews):
    """One budget."""

    @operation("budgets_get", "Read a budget", tag=TAG, scope="credits:read", shape=BudgetShape)
    def get(self, request: Request, budget_id: UUID) -> HttpResponseBase:
        """With what was taken of it."""
        found = access.budget(self.inside, budget_id)
        self.rows_found([found])
        return self.shown(found)

    @operation(
        "budgets_delete", "Remove a budget", tag=TAG, scope="credits:write", match=True, status=204
    )
    def delete(self, request: Request, budget_id: UUID) -> HttpResponseBase:
        """The department orders without a cap again."""
        budgets.remove(actor=self.actor, budget=access.budget(self.inside, budget_id))
        return self.done()

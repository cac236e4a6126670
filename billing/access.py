"""The one door to an organisation's money."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from accounts.access import Inside
from billing.models import CreditEntry, DepartmentBudget, Purchase, Terms


def entries(inside: Inside) -> QuerySet[CreditEntry]:
    """The ledger, newest first."""
    return CreditEntry.objects.filter(account__organisation=inside.organisation)


def purchases(inside: Inside) -> QuerySet[Purchase]:
    """What was bought or is being bought, newest first."""
    return Purchase.objects.filter(organisation=inside.organisation).select_related("bought_by")


def purchase(inside: Inside, purchase_id: UUID) -> Purchase:
    """One of those; Http404 for another organisation's."""
    found = purchases(inside).select_related("organisation").filter(pk=purchase_id).first()
    if found is None:
        raise Http404
    return found


def terms(inside: Inside) -> Terms | None:
    """What the organisation has set for itself; None where it has set nothing."""
    return Terms.objects.filter(organisation=inside.organisation).first()


def budgets(inside: Inside) -> QuerySet[DepartmentBudget]:
    """The budgets of its departments."""
    return DepartmentBudget.objects.filter(organisation=inside.organisation)


def budget(inside: Inside, budget_id: UUID) -> DepartmentBudget:
    """One of those; Http404 for another organisation's."""
    found = budgets(inside).select_related("organisation").filter(pk=budget_id).first()
    if found is None:
        raise Http404
    return found

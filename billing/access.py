"""The one door to an organisation's money."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.access import Membership
from billing.models import CreditEntry


def entries(inside: Membership) -> QuerySet[CreditEntry]:
    """The ledger, newest first."""
    return CreditEntry.objects.filter(account__organisation=inside.organisation)

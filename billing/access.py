"""The one door to an organisation's money."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.access import Inside
from billing.models import CreditEntry


def entries(inside: Inside) -> QuerySet[CreditEntry]:
    """The ledger, newest first."""
    return CreditEntry.objects.filter(account__organisation=inside.organisation)

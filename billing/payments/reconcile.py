"""Each night: whatever Stripe says happened, whether or not we were told."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from billing.models import Purchase
from billing.payments import news, shapes
from billing.payments.client import answering, is_on
from billing.payments.receivers import OF_PAYMENTS

log = structlog.get_logger(__name__)

DAYS = 4

_UNDER_WAY = Q(state__in=[Purchase.State.OPEN, Purchase.State.SETTLING])
# Refunded before the sum was kept here, however long ago.
_SUM_UNKNOWN = Q(
    state__in=[Purchase.State.PART_REFUNDED, Purchase.State.REFUNDED], refunded_cents=0
)


def reconcile(*, days: int = DAYS) -> int:
    """Have every payment read that Stripe tells of for these days, those that stand open here, and
    those with a refund whose sum is not known here.

    Returns how many. Raises Problem while Stripe does not answer; the next night is long enough
    back to make up for it.
    """
    if not is_on():
        return 0
    since = int((timezone.now() - timedelta(days=days)).timestamp())
    found: set[str] = set()
    with answering(gettext_noop("It is tried again.")) as api:
        for start in range(0, len(OF_PAYMENTS), 20):
            events = api.v1.events.list(
                params={
                    "types": OF_PAYMENTS[start : start + 20],
                    "created": {"gte": since},
                    "limit": 100,
                }
            )
            for event in events.auto_paging_iter():
                plain = shapes.plain(event)
                source_id = shapes.about(plain["type"], plain["data"]["object"])
                if source_id:
                    found.add(source_id)
    unsure = Purchase.objects.filter(_UNDER_WAY | _SUM_UNKNOWN)
    for session_id, invoice_id in unsure.values_list("session_id", "invoice_id"):
        found |= {source for source in (session_id, invoice_id) if source}
    for source_id in sorted(found):
        news.heard(source_id=source_id)
    log.info("payments_reconciled", read=len(found))
    return len(found)

"""Which deliveries are sent next: a few at once of each endpoint and of each customer, in turn.

A customer's sandbox counts as the customer. Who has more under way, and then who was served more,
comes later, so that no backlog keeps anybody waiting, however long it is and however slowly it is
answered.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.models import WebhookDelivery

AT_ONCE = 32
AT_ONCE_AN_ENDPOINT = 3
AT_ONCE_A_CUSTOMER = 8
CLAIM = timedelta(seconds=90)

# Of each endpoint no more rows are looked at than it has lanes, whatever waits behind them.
_TAKE = """
    UPDATE accounts_webhookdelivery SET claimed_until = %(until)s WHERE id IN (
        SELECT id FROM (
            SELECT id, next_at, COALESCE((%(served)s::jsonb ->> customer)::int, 0) AS served,
                   COALESCE((%(busy)s::jsonb ->> customer)::int, 0)
                       + row_number() OVER (PARTITION BY customer ORDER BY turn, next_at) AS lane
              FROM (
                SELECT due.id, due.next_at, COALESCE(o.sandbox_of_id, o.id)::text AS customer,
                       COALESCE((%(served)s::jsonb ->> e.id::text)::int, 0)
                           + row_number() OVER (PARTITION BY e.id ORDER BY due.next_at) AS turn
                  FROM accounts_webhookendpoint e
                  JOIN accounts_organisation o ON o.id = e.organisation_id
                 CROSS JOIN LATERAL (
                    SELECT d.id, d.next_at FROM accounts_webhookdelivery d
                     WHERE d.endpoint_id = e.id AND d.state = 'waiting' AND d.next_at <= %(now)s
                       AND (d.claimed_until IS NULL OR d.claimed_until <= %(now)s)
                     ORDER BY d.next_at, d.id
                     LIMIT %(lanes)s - COALESCE((%(busy)s::jsonb ->> e.id::text)::int, 0)
                       FOR UPDATE SKIP LOCKED
                 ) due
                 WHERE e.disabled_at IS NULL
                   AND (e.rests_until IS NULL OR e.rests_until <= %(now)s)
                   AND NOT COALESCE(o.sandbox_of_id, o.id) = ANY(%(passed_over)s::uuid[])
            ) waiting
        ) queued
         WHERE lane <= %(customer_lanes)s
         ORDER BY lane, served, next_at LIMIT %(most)s
    ) RETURNING id
"""


def customer_of(delivery: WebhookDelivery) -> UUID:
    """Whose lanes a delivery takes."""
    organisation = delivery.endpoint.organisation
    return organisation.sandbox_of_id or organisation.pk


@dataclass
class Turns:
    """How often each endpoint and each customer was served, while one sender runs."""

    served: Counter[str] = field(default_factory=Counter)

    def take(
        self, *, flying: Iterable[WebhookDelivery], passed_over: Collection[UUID] = ()
    ) -> list[WebhookDelivery]:
        """Claim what is due, as far as there are lanes beside what is `flying`; nothing of the
        customers that are `passed_over`."""
        busy = _counted(flying := [*flying])
        free = AT_ONCE - len(flying)
        if free <= 0:
            return []
        now = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute(
                _TAKE,
                {
                    "until": now + CLAIM,
                    "now": now,
                    "lanes": AT_ONCE_AN_ENDPOINT,
                    "customer_lanes": AT_ONCE_A_CUSTOMER,
                    "busy": json.dumps(busy),
                    "served": json.dumps(self.served),
                    "passed_over": [*passed_over],
                    "most": free,
                },
            )
            ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return []
        found = WebhookDelivery.objects.filter(pk__in=ids)
        found = found.select_related("event", "endpoint__organisation")
        taken = list(found.prefetch_related("endpoint__secrets").order_by("next_at", "pk"))
        self.served += _counted(taken)
        return taken


def _counted(deliveries: Iterable[WebhookDelivery]) -> Counter[str]:
    """How many there are of each endpoint and of each customer, by their ids."""
    return Counter(str(pk) for each in deliveries for pk in (each.endpoint_id, customer_of(each)))

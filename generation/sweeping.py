"""The sweep: whatever a lost message or a dead worker left behind, and what has run out."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import structlog
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from django_q.exceptions import TimeoutException

from accounts import pace
from accounts.developers import api_keys
from accounts.sso import domains
from accounts.staff import roster_imports
from accounts.webhooks import sending
from billing import ledger, terms
from billing.payments import news, plans, purchases, top_ups
from generation import own_vault
from generation.accounting import usage
from generation.approving import alternatives, later_colleagues, previews
from generation.delivering import exports
from generation.dispatch import claims, heartbeat, queue, watch
from generation.finishing import consistency, in_turn, renditions
from generation.inviting import join_links, reminders
from generation.leaving import closing, journal, leavers, retention
from generation.models import Worker
from generation.ordering import another_look, orders, promises
from generation.photos import handing_in, selfies, uploads
from generation.publishing import runs
from generation.sandbox import calls as sandbox_calls
from headshots.lib import locks, sessions, shared_cache

log = structlog.get_logger(__name__)

LONGEST_S = 200.0
"""No step begins later than this, so that the last one ends before the task's own limit."""

ROW = "sweep"
"""The name under which it is among the workers; heard of when it has come to its end."""

TRUSTED = timedelta(minutes=10)
"""How long after the last end another sweep is taken to be at it."""

ALONE = UUID("0198c1b4-6d5e-7c07-9d0b-5a3f0c2e7a11")
"""What one sweep at a time holds."""

_CUT = "sweep-cut"
"""Where it is remembered which step the task's limit broke off; it comes last the next time."""

STEPS: tuple[tuple[str, Callable[[], int | dict[str, int]]], ...] = (
    # What people were promised is destroyed first, whatever happens to the rest.
    ("retention", retention.sweep),
    ("exports_expired", exports.sweep),
    ("uploads_forgotten", uploads.forget_abandoned),
    ("imports_forgotten", roster_imports.forget_old),
    ("closed", closing.finish_all),
    ("withdrawals_noted", journal.catch_up),
    ("left_and_cancelled", leavers.cancel),
    # Work goes on.
    ("claims", claims.sweep),
    ("rejudged", selfies.judge_again),
    ("handed_in", handing_in.hand_in_waiting),
    ("rendered_again", in_turn.go_on),
    ("rendering_begun", renditions.begin_missing),
    ("alternatives_again", alternatives.finish_lost),
    ("previews_begun", previews.begin_missing),
    ("compared_again", later_colleagues.begin),
    ("looks_begun", another_look.begin_missing),
    ("sandbox_woken", sandbox_calls.wake_stalled),
    ("webhooks", sending.sweep),
    ("publishing", runs.sweep),
    ("grants_expired", ledger.expire_due),
    ("made_free", promises.sweep),
    ("orders_lapsed", orders.note_lapsed),
    ("payments_due", news.read_due),
    ("topped_up", top_ups.sweep),
    ("low_balances", terms.sweep),
    ("reminded", reminders.sweep),
    ("consistency_noted", consistency.note_changed),
    ("storage_counted", usage.count_storage),
    ("answers_forgotten", api_keys.forget_answers),
    ("codes_forgotten", join_links.forget_codes),
    ("tallies_forgotten", pace.forget),
    ("workers_forgotten", heartbeat.forget_silent),
    ("cache_forgotten", shared_cache.forget),
    ("sessions_forgotten", sessions.forget),
    ("failed_tasks_forgotten", queue.forget),
    ("vault_counted", own_vault.count_on),
    ("watched", watch.alarm),
    # These wait for other people's servers.
    ("plans_ended", plans.end_of_closed),
    ("purchases_dropped", purchases.drop_of_closed),
    ("domains_lost", domains.sweep),
)


def sweep() -> dict[str, int]:
    """Take every step; returns how much each found to do, and how many steps failed; nothing where
    another sweep is at it.

    A step that fails is logged and said by the row ROW; the others are taken all the same. Those
    that LONGEST_S leaves no time for count as failed.
    """
    with locks.alone(ALONE) as mine:
        return _sweep() if mine or not _lately() else {}


def _lately() -> bool:
    """Whether a sweep has ended lately: one whose host was lost may hold its lock for hours."""
    since = timezone.now() - TRUSTED
    return Worker.objects.filter(name=ROW, seen_at__gt=since).exists()


def _sweep() -> dict[str, int]:
    began = time.monotonic()
    found: dict[str, int] = {}
    failed: list[str] = []
    cut = cache.get(_CUT)
    for name, step in sorted(STEPS, key=lambda each: each[0] == cut):
        if time.monotonic() - began > LONGEST_S:
            log.error("sweep_step_left_out", step=name)
            failed.append(name)
            continue
        try:
            done = step()
        except TimeoutException:
            log.error("sweep_step_cut", step=name)
            if not connection.in_atomic_block:
                connection.close()  # it was amid a query, perhaps
            cache.set(_CUT, name, 3600)
            _report([*failed, name])
            raise
        except Exception:
            log.exception("sweep_step_failed", step=name)
            failed.append(name)
            if connection.errors_occurred:
                connection.close_if_unusable_or_obsolete()
        else:
            found |= done if isinstance(done, dict) else {name: done}
    _report(failed)
    return {**found, "failed_steps": len(failed)}


def _report(failed: list[str]) -> None:
    doing = f"{len(failed)} of {len(STEPS)} steps failed: {', '.join(failed)}" if failed else ""
    heartbeat.report(worker=ROW, doing=doing[:200])

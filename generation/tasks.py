"""What the clusters run. Each takes ids, calls one service, and does no harm when run twice."""

from __future__ import annotations

import os
import socket
from uuid import UUID

import structlog
from django.conf import settings
from django.utils import translation
from django_q.tasks import async_task

from accounts import pace
from accounts.developers import api_keys
from accounts.sso import domains
from accounts.staff import roster_imports
from accounts.webhooks import sending
from billing import ledger, terms
from billing.payments import news, plans, top_ups
from generation.accounting import usage
from generation.approving import alternatives, previews
from generation.delivering import exports
from generation.dispatch import claims, heartbeat
from generation.finishing import consistency, renditions, wall_pictures
from generation.inviting import join_links, mailing, member_notices, reminders
from generation.leaving import closing, leavers, retention
from generation.ordering import another_look, orders, promises
from generation.photos import selfies, uploads
from generation.publishing import doing, runs
from generation.sandbox import calls as sandbox_calls
from headshots.lib import stopping

log = structlog.get_logger(__name__)


def work() -> int:
    """gpu: do whatever work there is."""
    worker = f"gpu@{socket.gethostname()}:{os.getppid()}"
    heartbeat.report(worker=worker)
    if claims.waiting() == 0:
        claims.fail_exhausted()
        return 0
    from generation.dispatch import worker as gpu_worker

    return gpu_worker.run(worker=worker, should_stop=stopping.asked)


def judge_selfie(selfie_id: str) -> None:
    """default: judge one photo."""
    selfies.judge_selfie(selfie_id=UUID(selfie_id))


def finish_alternative(alternative_id: str, anew: bool = False) -> None:
    """default: make the picture of somebody who opted out."""
    alternatives.finish(alternative_id=UUID(alternative_id), anew=anew)


def send_notices(kind: str, shoot_ids: list[str], asked: str = "") -> int:
    """default: send one kind of mail about some shoots. What the mail server does not take is
    noted and tried again later; an address that it refuses for good is marked."""
    return mailing.send_batch(kind=kind, shoot_ids=shoot_ids, asked=asked)


def send_headshot_withdrawn(shoot_id: str, member_id: str) -> bool:
    """default: tell somebody in charge that a delivered headshot may not be used any more."""
    return member_notices.send_headshot_withdrawn(
        shoot_id=UUID(shoot_id), member_id=UUID(member_id)
    )


def send_short_of_credits(shoot_id: str, member_id: str) -> bool:
    """default: tell somebody in charge that photos wait for credits."""
    return member_notices.send_short_of_credits(shoot_id=UUID(shoot_id), member_id=UUID(member_id))


def render(finishing_id: str) -> None:
    """default: render the files of one headshot. Loads OpenCV and dlib, never torch."""
    renditions.render(finishing_id=UUID(finishing_id))


def preview(shoot_id: str) -> int:
    """default: put the pictures somebody chooses from on the organisation's plate."""
    return previews.make(shoot_id=UUID(shoot_id))


def advance_sandbox(order_id: str) -> bool:
    """default: take the shoots of a sandbox's order a step further, and call again for more."""
    from generation.sandbox import engine

    again = engine.advance(order_id=UUID(order_id))
    if again:
        async_task("generation.tasks.advance_sandbox", order_id)
    return again


def make_export(export_id: str) -> None:
    """default: pack an order's approved headshots."""
    exports.make(export_id=UUID(export_id))


def draw_wall(order_id: str, kind: str, key: str, language: str | None = None) -> None:
    """default: draw a staff wall as a PNG or PDF, with its notes in the language of whoever asked
    for it. Loads no torch."""
    with translation.override(language or settings.LANGUAGE_CODE):
        wall_pictures.draw(order_id=UUID(order_id), kind=kind, key=key)


def publish(run_id: str) -> bool:
    """default: go on with a publishing run for a while."""
    return doing.go(run_id=UUID(run_id))


def finish_closing(organisation_id: str) -> bool:
    """default: destroy what a closed organisation leaves behind. The sweep goes on with it."""
    return closing.finish(organisation_id=UUID(organisation_id))


def note_order_completed(order_id: str) -> bool:
    """default: tell partners of an order of which every shoot has ended."""
    return orders.note_completed(order_id=UUID(order_id))


def begin_another_look(shoot_id: str) -> bool:
    """default: copy somebody's photos into the shoot of their other look, and hand it in."""
    return another_look.begin(shoot_id=UUID(shoot_id))


def sweep() -> dict[str, int]:
    """default, each minute: whatever a lost message or a dead worker left behind, and what has
    run out."""
    heartbeat.report(worker=f"default@{socket.gethostname()}")
    return {
        **claims.sweep(),
        "rejudged": selfies.judge_again(),
        "exports_expired": exports.sweep(),
        "answers_forgotten": api_keys.forget_answers(),
        "sandbox_woken": sandbox_calls.wake_stalled(),
        "rendered_again": renditions.render_lost(),
        "rendering_begun": renditions.begin_missing(),
        "alternatives_again": alternatives.finish_lost(),
        "previews_begun": previews.begin_missing(),
        "uploads_forgotten": uploads.forget_abandoned(),
        "left_and_cancelled": leavers.cancel(),
        "imports_forgotten": roster_imports.forget_old(),
        "handed_in": selfies.hand_in_waiting(),
        "reminded": reminders.sweep(),
        "consistency_noted": consistency.note_changed(),
        "codes_forgotten": join_links.forget_codes(),
        "domains_lost": domains.sweep(),
        "tallies_forgotten": pace.forget(),
        "closed": closing.finish_all(),
        "grants_expired": ledger.expire_due(),
        "payments_due": news.read_due(),
        "topped_up": top_ups.sweep(),
        "made_free": promises.sweep(),
        "low_balances": terms.sweep(),
        "looks_begun": another_look.begin_missing(),
        "storage_counted": usage.count_storage(),
        "plans_ended": plans.end_of_closed(),
        **retention.sweep(),
        **runs.sweep(),
        **sending.sweep(),
    }

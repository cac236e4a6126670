"""What the clusters run. Each takes ids, calls one service, and does no harm when run twice."""

from __future__ import annotations

import time
from uuid import UUID

import structlog
from django.conf import settings
from django.utils import translation
from django_q.tasks import async_task

from accounts.actors import unpacked
from accounts.mail.again import Outcome
from accounts.models import Organisation
from generation import sweeping
from generation.approving import alternatives, at_once, later_colleagues, previews
from generation.delivering import exports
from generation.dispatch import canary, claims, heartbeat, unusable
from generation.finishing import all_behind, in_turn, renditions, wall_pictures, walls
from generation.inviting import join_codes, mailing, member_notices
from generation.leaving import closing, strays
from generation.models import Order
from generation.ordering import another_look, orders
from generation.photos import selfies
from generation.publishing import doing
from headshots.lib import stopping

log = structlog.get_logger(__name__)

# A message is worked on for so long; then the work is given back and announced anew, before the
# cluster's limit of six hours would cut it off as an attempt that failed.
WORK_S = 5 * 3600.0


def work() -> int:
    """gpu: do whatever work there is."""
    worker = canary.name()
    heartbeat.report(worker=worker, doing=unusable.doing())
    if claims.waiting() == 0:
        claims.fail_exhausted()
        return 0
    from generation.dispatch import worker as gpu_worker

    until = time.monotonic() + WORK_S
    done = gpu_worker.run(
        worker=worker, should_stop=lambda: stopping.asked() or time.monotonic() > until
    )
    if time.monotonic() > until and not stopping.asked() and claims.waiting():
        claims.announce()
    return done


def show_life() -> None:
    """either, beside the queue: report that this cluster takes tasks."""
    # A worker at rest takes back what it said of a base model that was mended since.
    heartbeat.report(worker=canary.name(), doing=unusable.doing() if unusable.last() else None)


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


def send_join_code(code_id: str) -> bool:
    """default: a join link's code that the mail server did not take before."""
    return join_codes.send(code_id=UUID(code_id)) == Outcome.SENT


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


def render_in_turn(order_id: str) -> bool:
    """default: render the next few of an order's headshots, and call again for more."""
    again = in_turn.take_turn(order_id=UUID(order_id))
    if again:
        async_task("generation.tasks.render_in_turn", order_id)
    return again


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
    """default: draw an order's wall as a PNG or PDF, with its notes in the language of whoever
    asked for it. Loads no torch."""
    order = Order.objects.select_related("organisation", "look").get(pk=order_id)
    with translation.override(language or settings.LANGUAGE_CODE):
        wall_pictures.draw(wall=walls.of_order(order), kind=kind, key=key)


def draw_staff_wall(
    organisation_id: str, department: str, kind: str, key: str, language: str | None = None
) -> None:
    """default: the same of the whole staff, or of a department of it."""
    wall = walls.of_staff(Organisation.objects.get(pk=organisation_id)).only(department)
    with translation.override(language or settings.LANGUAGE_CODE):
        wall_pictures.draw(wall=wall, kind=kind, key=key)


def publish(run_id: str) -> bool:
    """default: go on with a publishing run for a while."""
    return doing.go(run_id=UUID(run_id))


def clear_strays() -> int:
    """default, once a day: look for files of people that no row knows any more."""
    return strays.begin()


def clear_strays_of(organisation_id: str, after: str = "") -> int:
    """default: destroy an organisation's files that no row knows any more, for a while."""
    return strays.clear(organisation_id=UUID(organisation_id), after=after)


def finish_closing(organisation_id: str) -> bool:
    """default: destroy what a closed organisation leaves behind. The sweep goes on with it."""
    return closing.finish(organisation_id=UUID(organisation_id))


def note_order_completed(order_id: str) -> bool:
    """default: tell partners of an order that nobody is awaited in any more."""
    return orders.note_completed(order_id=UUID(order_id))


def approve_some(actor: dict[str, str], picks: list[tuple[str, str]]) -> int:
    """default: approve a piece of those who are approved at once."""
    said = [(UUID(shoot), UUID(candidate)) for shoot, candidate in picks]
    return at_once.approve_some(actor=unpacked(actor), picks=said)


def refinish_some(actor: dict[str, str], order_ids: list[str]) -> int:
    """default: begin a piece of the orders that are rendered anew at once."""
    return all_behind.start_some(
        actor=unpacked(actor), order_ids=[UUID(order_id) for order_id in order_ids]
    )


def cancel_some(actor: dict[str, str], shoot_ids: list[str]) -> int:
    """default: cancel a piece of an order."""
    return orders.cancel_some(actor=unpacked(actor), shoot_ids=[UUID(pk) for pk in shoot_ids])


def compare_with_later(headshot_id: str) -> bool:
    """default: compare what somebody picked with colleagues whose photos came later. May load dlib,
    never torch."""
    return later_colleagues.compare(headshot_id=UUID(headshot_id))


def begin_another_look(shoot_id: str) -> bool:
    """default: copy somebody's photos into the shoot of their other look, and hand it in."""
    return another_look.begin(shoot_id=UUID(shoot_id))


def sweep() -> dict[str, int]:
    """default, each minute: whatever a lost message or a dead worker left behind, and what has
    run out."""
    return sweeping.sweep()

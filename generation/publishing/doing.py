"""One run, person by person: a lease on the run, attempts in our rows, a step at a time.

What was done is written down before and after each call to the directory, so that a process that
dies leaves nobody's photo overwritten without the one before being kept.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.webhooks import events
from generation import states
from generation.engine.provenance import CannotSign
from generation.finishing.credentials import Unusable
from generation.models import Alternative, Headshot, Publication, PublishingRun, State
from generation.publishing import directories, pictures, putting_back, runs
from generation.publishing.directories import PURPOSE
from generation.publishing.interface import Forbidden, Later, Refusal, Target, TokenDead
from generation.storage import destroy, vault
from headshots.lib import sealed
from headshots.lib.problems import Problem
from headshots.lib.vault import FileMissing

log = structlog.get_logger(__name__)

LEASE_S = 120
# A task works this long and then hands over, so that mail is not kept waiting.
SLICE_S = 45.0
MOST_ATTEMPTS = 5
# Of so many different pictures that were written of one person in a run each is known again.
MOST_KNOWN = 5
# So many people in a row whose photo a token may not change are not their own fault.
MOST_FORBIDDEN = 3
# Shorter pauses are waited through.
SHORT_S = 3.0
Aim = PublishingRun.Aim
_BROKE = gettext_noop(
    "This photo could not be published; the fault is here. Whoever runs this installation finds "
    "the reason in its log."
)


class _Lost(Exception):
    """Somebody else has this run now."""


def go(*, run_id: UUID) -> bool:
    """Work on a run for a while. Returns whether it has ended; a run that somebody else works on,
    or that has to wait, is left alone."""
    lease = _claim(run_id)
    if lease is None:
        return False
    run = PublishingRun.objects.select_related("directory", "order__organisation").get(pk=run_id)
    try:
        target = directories.open_target(run.directory)
    except (TokenDead, Problem) as problem:
        _end(run, PublishingRun.State.STOPPED, problem.sentence)
        return True
    try:
        return _work(run, target, lease)
    except TokenDead as dead:
        _end(run, PublishingRun.State.STOPPED, dead.sentence)
        return True
    except _Lost:
        return False
    finally:
        target.close()


def _claim(run_id: UUID) -> datetime | None:
    now = timezone.now()
    lease = now + timedelta(seconds=LEASE_S)
    claimed = PublishingRun.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=now),
        Q(not_before=None) | Q(not_before__lte=now),
        pk=run_id,
        state=PublishingRun.State.RUNNING,
    ).update(lease_until=lease)
    return lease if claimed else None


def _work(run: PublishingRun, target: Target, lease: datetime) -> bool:
    ends = time.monotonic() + SLICE_S
    forbidden: list[UUID] = []
    while True:
        lease = _renew(run, lease)
        waiting = Publication.objects.filter(run=run, state=Publication.State.WAITING)
        ready = waiting.filter(Q(not_before=None) | Q(not_before__lte=timezone.now()))
        publication = (
            ready.select_related("shoot__employee", "shoot__order")
            .order_by("attempts", "pk")
            .first()
        )
        if publication is None:
            next_at = waiting.order_by("not_before").values_list("not_before", flat=True).first()
            if next_at is None:
                if forbidden and not _any_done(run):
                    _stop_forbidden(run, forbidden)
                else:
                    _end(run, PublishingRun.State.DONE, "")
                return True
            if not _pause(run, (next_at - timezone.now()).total_seconds()):
                return False
            continue
        try:
            _one(run, target, publication)
            forbidden.clear()
        except Later as later:
            _put_off(publication, later)
            if not _pause(run, later.seconds):
                return False
        except Forbidden as refusal:
            _finish(publication, Publication.State.FAILED, refusal.sentence)
            forbidden.append(publication.pk)
            # Who was tried before goes last, so that the untried show whether it is everybody.
            if len(forbidden) >= MOST_FORBIDDEN and waiting.filter(attempts=0).exists():
                _stop_forbidden(run, forbidden)
                return True
        except (Refusal, Problem) as refusal:
            _finish(publication, Publication.State.FAILED, refusal.sentence)
        except (CannotSign, Unusable) as problem:
            _finish(publication, Publication.State.FAILED, str(problem))
        except (TokenDead, DatabaseError):
            raise
        except Exception:
            log.exception("publishing_broke", publication=str(publication.pk))
            _finish(publication, Publication.State.FAILED, _BROKE)
        if time.monotonic() > ends:
            _let_go(run, None)
            runs.announce(run)
            return False


def _any_done(run: PublishingRun) -> bool:
    return Publication.objects.filter(run=run, state=Publication.State.DONE).exists()


def _stop_forbidden(run: PublishingRun, forbidden: Sequence[UUID]) -> None:
    """End a run whose token may not change photos; those it was tried with wait with the rest."""
    Publication.objects.filter(pk__in=forbidden).update(
        state=Publication.State.WAITING, attempts=F("attempts") + 1
    )
    sentence = _("The token may not change photos. Give it the right named in the instructions.")
    _end(run, PublishingRun.State.STOPPED, sentence)


def _renew(run: PublishingRun, lease: datetime) -> datetime:
    later = timezone.now() + timedelta(seconds=LEASE_S)
    held = PublishingRun.objects.filter(
        pk=run.pk, state=PublishingRun.State.RUNNING, lease_until=lease
    ).update(lease_until=later)
    if not held:
        raise _Lost
    return later


def _pause(run: PublishingRun, seconds: float) -> bool:
    """Wait a short while here, or give the run back for a long one; whether to go on."""
    if seconds <= SHORT_S:
        time.sleep(max(0.0, seconds))
        return True
    _let_go(run, timezone.now() + timedelta(seconds=seconds))
    return False


def _let_go(run: PublishingRun, not_before: datetime | None) -> None:
    PublishingRun.objects.filter(pk=run.pk).update(lease_until=None, not_before=not_before)


def _end(run: PublishingRun, state: PublishingRun.State, sentence: str) -> None:
    type = "publishing.stopped" if state == PublishingRun.State.STOPPED else "publishing.ended"
    with transaction.atomic():
        ended = PublishingRun.objects.filter(pk=run.pk, state=PublishingRun.State.RUNNING).update(
            state=state, sentence=sentence, lease_until=None, not_before=None
        )
        if ended:
            events.emit(organisation=run.order.organisation, type=type, resource=run)
    log.info("publishing_ended", run=str(run.pk), state=str(state))


def _put_off(publication: Publication, later: Later) -> None:
    note(publication, later.sentence)
    if publication.attempts + 1 >= MOST_ATTEMPTS:
        _finish(publication, Publication.State.FAILED, later.sentence)
        return
    Publication.objects.filter(pk=publication.pk).update(
        attempts=F("attempts") + 1,
        not_before=timezone.now() + timedelta(seconds=later.seconds),
        sentence=later.sentence,
    )


def _finish(publication: Publication, state: Publication.State, sentence: str) -> None:
    note(publication, sentence)
    Publication.objects.filter(pk=publication.pk).update(
        state=state,
        sentence=sentence,
        done_at=timezone.now() if state == Publication.State.DONE else None,
    )


def note(publication: Publication, what: str) -> None:
    """Write a step into the log."""
    publication.steps = [*publication.steps, [timezone.now().isoformat(), what]][-40:]
    Publication.objects.filter(pk=publication.pk).update(steps=publication.steps)


def _one(run: PublishingRun, target: Target, publication: Publication) -> None:
    if run.aim == Aim.UNDO:
        _put_back(run, target, publication)
        return
    of = _of(publication)
    picture = pictures.prepare(of, target.photo, closer=run.directory.closer)
    remote_id = publication.remote_id or target.find(publication.shoot.employee)
    Publication.objects.filter(pk=publication.pk).update(remote_id=remote_id)
    if run.aim == Aim.REHEARSE:
        found = target.read(remote_id)
        said = (
            gettext_noop("Would be their first photo there.")
            if found is None
            else gettext_noop("Would replace the photo there.")
        )
        Publication.objects.filter(pk=publication.pk).update(had_before=found is not None)
        _finish(publication, Publication.State.DONE, said)
        return
    if publication.had_before is None or runs.taken_out(run=run, among=[publication]):
        over = target.read(remote_id)
        _begin_to_write(publication, of, picture, over)
    else:
        over = _kept(publication)
        _begin_to_write(publication, of, picture)
    try:
        target.write(remote_id, picture)
    except (Refusal, TokenDead):
        # It was not taken; who is out of time may have taken it.
        Publication.objects.filter(pk=publication.pk).update(
            wrote=publication.wrote, wrote_at=publication.wrote_at
        )
        raise
    note(publication, gettext_noop("Written."))
    pictures.read_back(target, remote_id, picture, over=over)
    _finish(publication, Publication.State.DONE, gettext_noop("Stands there and was read back."))


def _of(publication: Publication) -> Headshot | Alternative:
    """What is published of a person: their approved headshot, or the real photo that they gave
    instead of one. Never initials, which would take away a photo that stands there."""
    headshot = (
        Headshot.objects.select_related("candidate", "finishing__finish", "shoot__order")
        .filter(shoot=publication.shoot_id, shoot__state=State.DELIVERED)
        .first()
    )
    if headshot is not None:
        return headshot
    given = (
        Alternative.objects.select_related("shoot__order__look", "shoot__order__organisation")
        .filter(shoot=publication.shoot_id, shoot__state=State.OPTED_OUT)
        .filter(kind=Alternative.Kind.PHOTO)
        .exclude(finished="")
        .first()
    )
    if given is None:
        raise Refusal(
            gettext_noop("This person has taken their photo back.")
            if publication.shoot.state == State.OPTED_OUT
            else gettext_noop("There is no approved headshot of this person any more.")
        )
    return given


def _begin_to_write(
    publication: Publication, of: Headshot | Alternative, picture: bytes, *found: bytes | None
) -> None:
    """Note that `of` may stand there from now on, with what `picture` is known again by, and, of
    the first time and after it was put back, keep what was `found` there, sealed, in a folder of
    its person's.

    Preparing and asking the directory take seconds: whoever withdraws or takes their photo back
    meanwhile is not written, and whoever does so later is seen to stand there. Raises Refusal.
    """
    place = f"{pictures.folder_of_before(publication.shoot)}/{publication.pk}"
    # What is kept of a time before stays until this one is noted.
    old = [publication.ours, publication.before if found else ""]
    ours, before = f"{place}-ours-{uuid4().hex}", ""
    vault().put(ours, _known(publication, picture))
    kept: dict[str, object] = {"ours": ours}
    if found:
        (photo,) = found
        if photo is not None:
            before = f"{place}-{uuid4().hex}" if publication.before else place
            text = base64.b64encode(photo).decode()
            vault().put(before, sealed.seal(text, purpose=PURPOSE).encode())
        kept |= {"before": before, "had_before": photo is not None}
    try:
        with transaction.atomic():
            publication.shoot = states.locked(publication.shoot_id)
            if pictures.version(_of(publication)) != pictures.version(of):
                raise Refusal(gettext_noop("The photo was changed meanwhile. Try it again."))
            Publication.objects.filter(pk=publication.pk).update(
                wrote=True, wrote_at=timezone.now(), **kept
            )
            destroy(keys=filter(None, old))
    except Refusal:
        for key in filter(None, (ours, before)):
            vault().delete(key)
        raise
    if before:
        note(publication, gettext_noop("The photo that stood there is kept."))


def _kept(publication: Publication) -> bytes | None:
    """What stood there before an earlier attempt, where that can be told."""
    try:
        return putting_back.kept(publication) if publication.before else None
    except (Refusal, FileMissing):
        return None


def _known(publication: Publication, picture: bytes) -> bytes:
    """What all that was written of a person is known again by: which of it stands there is not
    known where a write was not read back."""
    try:
        before = vault().read(publication.ours) if publication.ours else b""
    except FileMissing:
        before = b""
    small = pictures.small(picture)
    others = [before[at : at + len(small)] for at in range(0, len(before), len(small))]
    return b"".join([*(one for one in others if one != small), small][-MOST_KNOWN:])


def _put_back(run: PublishingRun, target: Target, publication: Publication) -> None:
    was = Publication.objects.select_related("run", "shoot").get(
        run=run.undoes_id, shoot=publication.shoot_id
    )
    said = putting_back.put_back(target, was)
    _finish(publication, Publication.State.DONE, said)
    note(was, said)
    if was.ours:
        Publication.objects.filter(pk=was.pk, ours=was.ours).update(ours="")
        destroy(keys=[was.ours])

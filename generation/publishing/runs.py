"""Runs: begun, tried again where they stopped, undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Least, Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from accounts import audit
from accounts.actors import Actor
from generation.approving import alternatives
from generation.delivering import delivery
from generation.models import Alternative, Directory, Order, Publication, PublishingRun, Shoot
from generation.models import State as ShootState
from generation.sandbox import directory as stand_ins
from generation.storage import destroy, vault
from headshots.lib.problems import Problem

Aim, State = PublishingRun.Aim, PublishingRun.State
# How long the photo of before is kept to be put back.
KEPT = timedelta(days=90)


def start(
    *, actor: Actor, order: Order, directory: Directory, aim: PublishingRun.Aim
) -> PublishingRun:
    """Publish an order's approved headshots, and the real photos that people gave instead of one,
    to a directory, or rehearse it without a change.

    Raises Problem where nothing is approved or something runs there already.
    """
    shoots = [headshot.shoot_id for headshot in delivery.delivered(order=order)]
    shoots += [given.shoot_id for given in alternatives.photos(order)]
    if not shoots:
        raise Problem(_("Nothing is approved yet."), code="nothing", status=409)
    if aim not in (Aim.REHEARSE, Aim.PUBLISH):
        raise Problem(_("Choose a dry run or publishing."), code="aim", field="aim")
    return _begin(actor, order, directory, aim, shoots, None)


@transaction.atomic
def undo(*, actor: Actor, run: PublishingRun, shoot: Shoot | None = None) -> PublishingRun:
    """Put back what stood there before, for everybody whose photo this run has written, or for
    `shoot`'s person alone; nothing for whoever may not stand there any more and took the photo of
    before along. Whoever was put back alone is left out of the rest.

    Raises Problem where there is nothing to put back, or it is already being put back.
    """
    run = PublishingRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    changed = can_be_put_back(run=run)
    asked = changed if shoot is None else changed & {shoot.pk}
    if not asked:
        raise Problem(
            _("This run changed nothing that can be put back.")
            if shoot is None
            else _("This run changed nothing of this person that can be put back."),
            code="nothing",
            status=409,
        )
    left = asked - put_back(run=run)
    if not left:
        raise Problem(
            _("This run was put back already.")
            if shoot is None
            else _("What stood there of this person was put back already."),
            code="undone",
            status=409,
        )
    return _begin(actor, run.order, run.directory, Aim.UNDO, sorted(left), run)


def can_be_put_back(*, run: PublishingRun) -> set[UUID]:
    """The shoots whose photo this run has written over one that is kept, over none, or where none
    may stand any more; whether or not they were put back since."""
    if run.aim != Aim.PUBLISH:
        return set()
    written = run.publications.filter(wrote=True).select_related("shoot__alternative")
    return _restorable(written)


def _restorable(rows: Iterable[Publication]) -> set[UUID]:
    return {
        row.shoot_id
        for row in rows
        if row.wrote and (row.had_before is False or row.before or must_go(row.shoot))
    }


def left_to_put_back(*, run: PublishingRun, rows: Iterable[Publication]) -> set[UUID]:
    """Of these people of a run, the shoots of those whose photo of before `undo` would write now:
    of none while it runs. `rows` with their shoots and alternatives."""
    if run.aim != Aim.PUBLISH or run.state == State.RUNNING:
        return set()
    found = _restorable(rows)
    return found - set(_begun(run).filter(shoot__in=found).values_list("shoot", flat=True))


def put_back(*, run: PublishingRun) -> set[UUID]:
    """The shoots that an undoing of this run was begun for, whatever came of it: where it failed,
    that one is tried again. Whose photo the run wrote once more after that is not among them."""
    return set(_begun(run).values_list("shoot", flat=True))


def _begin(
    actor: Actor,
    order: Order,
    directory: Directory,
    aim: PublishingRun.Aim,
    shoots: Sequence[UUID],
    undoes: PublishingRun | None,
) -> PublishingRun:
    try:
        with transaction.atomic():
            run = PublishingRun.objects.create(
                order=order, directory=directory, aim=aim, undoes=undoes, made_by=actor.user
            )
            Publication.objects.bulk_create(
                [Publication(run=run, shoot_id=shoot) for shoot in shoots], batch_size=500
            )
            audit.record(
                actor=actor,
                organisation=order.organisation,
                action="publishing.started",
                about=run,
                aim=str(aim),
                directory=directory.kind,
                people=len(shoots),
            )
            announce(run)
    except IntegrityError:
        raise _busy() from None
    return run


def _busy() -> Problem:
    return Problem(
        _("Something is being published there already. Wait until it has ended."),
        code="running",
        status=409,
    )


def resume(*, actor: Actor, run: PublishingRun) -> int:
    """Try the rest again: everybody who failed or was not come to. Returns how many they are."""
    try:
        with transaction.atomic():
            rest = Publication.objects.filter(run=run).exclude(state=Publication.State.DONE)
            count = rest.update(
                state=Publication.State.WAITING,
                # Whoever was not come to goes first.
                attempts=Least(F("attempts"), 1),
                not_before=None,
                sentence="",
            )
            began = PublishingRun.objects.filter(pk=run.pk).exclude(state=State.RUNNING)
            if not count or not began.update(
                state=State.RUNNING, sentence="", lease_until=None, not_before=None
            ):
                raise Problem(_("Nothing is left to try again."), code="nothing", status=409)
            audit.record(
                actor=actor,
                organisation=run.order.organisation,
                action="publishing.resumed",
                about=run,
                people=count,
            )
            announce(run)
    except IntegrityError:
        raise _busy() from None
    return count


def announce(run: PublishingRun) -> None:
    """Tell the default cluster that there is something to publish."""
    async_task("generation.tasks.publish", str(run.pk))


def must_go(shoot: Shoot) -> bool:
    """Whether no picture of this person may stand anywhere any more."""
    if shoot.state == ShootState.OPTED_OUT:
        given = getattr(shoot, "alternative", None)
        return given is None or given.kind != Alternative.Kind.PHOTO
    return shoot.state == ShootState.WITHDRAWN


def standing_in(*, shoot: Shoot) -> list[Directory]:
    """The directories that a person's picture was published to and not taken out of again."""
    standing = Publication.objects.filter(
        ~Exists(_taken_out().filter(run__undoes=OuterRef("run"), shoot=shoot)),
        run__aim=Aim.PUBLISH,
        shoot=shoot,
        wrote=True,
    )
    return list(Directory.objects.filter(pk__in=standing.values("run__directory")).order_by("kind"))


def taken_out(*, run: PublishingRun, among: Iterable[Publication] | None = None) -> set[UUID]:
    """The shoots, of all or of these people, whose picture of this run was taken out of the
    directory again."""
    found = _taken_out().filter(run__undoes=run)
    if among is not None:
        found = found.filter(shoot__in=[row.shoot_id for row in among])
    return set(found.values_list("shoot", flat=True))


def earlier(*, run: PublishingRun) -> PublishingRun | None:
    """The newest run before this one (of an undoing: before the one that it undoes) that wrote
    photos of the same people in the same directory and was not put back: what this one replaced is
    those."""
    run = run.undoes or run
    if run.aim != Aim.PUBLISH:
        return None
    mine = run.publications.filter(wrote=True).values("shoot__employee")
    back = _taken_out().filter(run__undoes=OuterRef("run"), shoot=OuterRef("shoot"))
    theirs = Publication.objects.filter(
        ~Exists(back),
        run__aim=Aim.PUBLISH,
        run__directory=run.directory_id,
        run__created_at__lt=run.created_at,
        wrote=True,
        shoot__employee__in=mine,
    ).order_by()
    return PublishingRun.objects.filter(pk__in=theirs.values("run")).first()


def written_over(was: Publication) -> bool:
    """Whether a later run, of whichever order, wrote a photo of the same person into the same
    directory that can be put back and was not."""
    if was.wrote_at is None:
        return False
    over = Publication.objects.filter(
        ~Exists(_taken_out().filter(run__undoes=OuterRef("run"), shoot=OuterRef("shoot"))),
        run__aim=Aim.PUBLISH,
        run__directory=was.run.directory_id,
        shoot__employee=was.shoot.employee_id,
        wrote=True,
        wrote_at__gt=was.wrote_at,
    )
    return bool(_restorable(over.select_related("shoot__alternative")))


def _taken_out() -> QuerySet[Publication]:
    done = Publication.objects.filter(run__aim=Aim.UNDO, state=Publication.State.DONE)
    return done.exclude(_written_again()).order_by()


def _begun(run: PublishingRun) -> QuerySet[Publication]:
    begun = Publication.objects.filter(run__undoes=run)
    return begun.exclude(Q(state=Publication.State.DONE) & _written_again()).order_by()


def _written_again() -> Exists:
    """Of what was put back: whether the run that it undoes was resumed and wrote it once more."""
    return Exists(
        Publication.objects.filter(
            run=OuterRef("run__undoes"),
            shoot=OuterRef("shoot"),
            wrote=True,
            wrote_at__gte=OuterRef("done_at"),
        )
    )


def forget_before(*, shoot: Shoot) -> None:
    """Destroy the photos that a person's stands over in directories, and what ours is known again
    by; they cannot be put back any more, and neither can this shoot's where another of theirs was
    put over it. In a sandbox what stands in its stand-ins goes as well. Call it in the transaction
    of what it stands for."""
    kept = Publication.objects.filter(shoot=shoot).exclude(before="", ours="")
    stood = Publication.objects.filter(
        run__aim=Aim.PUBLISH,
        run__directory=OuterRef("run__directory"),
        shoot=shoot,
        wrote=True,
        # What was never written may have been read meanwhile all the same.
        wrote_at__lt=Coalesce(OuterRef("wrote_at"), Now()),
    )
    over = Publication.objects.filter(Exists(stood), shoot__employee=shoot.employee_id)
    over = over.exclude(Q(shoot=shoot) | Q(before=""))
    keys = [key for both in kept.values_list("before", "ours") for key in both if key]
    keys += over.values_list("before", flat=True)
    kept.update(before="", ours="")
    over.update(before="")
    destroy(keys=keys)
    stand_ins.forget(shoot=shoot)


def counts(run: PublishingRun) -> dict[str, int]:
    """How many wait, are done, failed, and all."""
    found = run.publications.aggregate(
        waiting=Count("pk", filter=Q(state=Publication.State.WAITING)),
        done=Count("pk", filter=Q(state=Publication.State.DONE)),
        failed=Count("pk", filter=Q(state=Publication.State.FAILED)),
        total=Count("pk"),
    )
    return {name: int(value) for name, value in found.items()}


def sweep() -> dict[str, int]:
    """Go on with runs whose task was lost or that had to wait, and forget photos of before that
    are too old to be put back."""
    now = timezone.now()
    lost = PublishingRun.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=now),
        Q(not_before=None) | Q(not_before__lte=now),
        state=State.RUNNING,
    )
    resumed = 0
    for run in lost[:20]:
        announce(run)
        resumed += 1
    old = Publication.objects.filter(created_at__lt=now - KEPT).exclude(before="")[:200]
    for publication in old:
        vault().delete(publication.before)
        Publication.objects.filter(pk=publication.pk).update(before="")
    return {"publishing_resumed": resumed, "photos_before_forgotten": len(old)}

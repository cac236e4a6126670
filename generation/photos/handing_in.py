"""A shoot's photos are handed in: its credits are held, and it is queued."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from accounts.actors import SYSTEM, Actor
from billing import ledger
from generation import states
from generation.dispatch import claims
from generation.models import Selfie, Shoot, State
from generation.ordering import short_of_credits
from generation.photos import together
from generation.photos.counts import LEAST
from generation.sandbox import credits
from headshots.lib.problems import Problem


def hand_in(*, actor: Actor, shoot: Shoot, proven: bool = False) -> Shoot:
    """Hold its credits and queue the shoot. Handing in twice is handing in once.

    Raises Problem where no photos are awaited, some are being checked, too few are accepted, all
    are one picture or of two people alike (not of `proven` ones, which gave pictures before), or a
    credit is missing. The last is noted, and told to who is in charge; whoever has a transaction
    around this that ends with it notes it again afterwards.
    """
    try:
        return _hand_in(actor, shoot, proven=proven)
    except Problem as problem:
        if problem.code != "credits_missing":
            raise
        short_of_credits.note(shoot=shoot)
        if actor.kind != "employee":
            later = _("The photos are kept, and go in by themselves once there are credits.")
            raise Problem(
                f"{problem.sentence} {later}", code=problem.code, status=problem.status
            ) from problem
        raise Problem(
            _(
                "{name} has to add credits before your headshot can be made, and has been told. "
                "Your photos are kept, and go in by themselves once there are credits."
            ).format(name=shoot.order.organisation.name),
            code="credits_missing",
            status=409,
        ) from problem


def hand_in_waiting() -> int:
    """Hand in what waits for credits, as far as they go, first those who have waited longest;
    returns how many. What lacks something else by now is left to its person."""
    # Another look whose photos are not copied yet is begun anew (generation.ordering.another_look).
    photos = Selfie.objects.filter(shoot=OuterRef("pk"))
    found = Shoot.objects.filter(
        Q(order__extends=None) | Q(Exists(photos)), short_of_credits.waiting()
    )
    left: dict[UUID, int] = {}
    done = 0
    rows = found.select_related("order__organisation").order_by("short_of_credits_at", "pk")
    for shoot in list(rows):
        organisation = shoot.order.organisation
        if organisation.pk not in left:
            left[organisation.pk] = ledger.balance(organisation=organisation).available
        needed = 0 if shoot.made_free_at else shoot.credits
        if needed > left[organisation.pk]:
            continue
        try:
            hand_in(actor=SYSTEM, shoot=shoot)
        except Problem as problem:
            if problem.code not in ("credits_missing", "checking"):
                Shoot.objects.filter(pk=shoot.pk).update(short_of_credits_at=None)
        else:
            left[organisation.pk] -= needed
            done += 1
    return done


@transaction.atomic
def _hand_in(actor: Actor, shoot: Shoot, *, proven: bool) -> Shoot:
    shoot = states.locked(shoot.pk)
    if shoot.state in states.WORKING:
        return shoot
    if shoot.state != State.COLLECTING:
        # A page that was left open must not take pictures or a pick away.
        raise Problem(
            _("No photos are awaited any more; everything stays as it is."),
            code="transition",
            status=409,
        )
    photos = list(Selfie.objects.filter(shoot=shoot))
    verdicts = [photo.verdict for photo in photos]
    if Selfie.Verdict.CHECKING in verdicts:
        raise Problem(
            _("Some photos are still being checked. Wait a moment and try again."),
            code="checking",
            status=409,
        )
    good = verdicts.count(Selfie.Verdict.ACCEPTED)
    if good < LEAST:
        raise Problem(
            _(
                "{good} of your photos can be used and {least} are needed. Add {missing} more."
            ).format(good=good, least=LEAST, missing=LEAST - good),
            code="too_few",
            field="photos",
        )
    wrong = None if proven else together.wrong(photos)
    if wrong is not None:
        raise wrong
    if shoot.made_free_at is None:
        credits.refuse_hand_in(shoot=shoot)
        ledger.hold(
            actor=actor,
            organisation=shoot.order.organisation,
            amount=shoot.credits,
            source_key=shoot.hold_key,
        )
    if shoot.short_of_credits_at:
        Shoot.objects.filter(pk=shoot.pk).update(short_of_credits_at=None)
    claims.enqueue(actor=actor, shoot=shoot)
    return shoot

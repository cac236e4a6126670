"""The employee's pick and the administrator's yes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actors import Actor
from accounts.models import User
from accounts.webhooks import events
from billing import ledger
from generation import states
from generation.dispatch import claims
from generation.finishing import renditions
from generation.inviting import notices
from generation.leaving import retention
from generation.models import Candidate, Headshot, Shoot, State, TeamConsent
from generation.ordering import settling
from headshots.lib.problems import Problem

# How often new pictures can be asked for.
MOST_AGAIN = 2
# Of a round so many are offered, the likest of what passed, or as many more as were asked for.
SHORT_LIST = 6
# So many are shown at a time.
MOST_SHOWN = 8
# Fewer are only shown where no more of all that may be drawn passed, and it is said then.
SHORTEST = 4


class Reason(models.TextChoices):
    """What is wrong with pictures; each makes the next otherwise (generation.photos.demands)."""

    FACE = "face", gettext_lazy("The face is not mine")
    AGE = "age", gettext_lazy("I look younger or older")
    SKIN = "skin", gettext_lazy("My skin has another tone")
    HAIR = "hair", gettext_lazy("The hair is wrong")
    GLASSES = "glasses", gettext_lazy("The glasses are wrong")
    EXPRESSION = "expression", gettext_lazy("The expression is not me")
    OTHER = "other", gettext_lazy("Something else")


@dataclass(frozen=True)
class Choice:
    """What somebody can pick from, each likest first; who wears other clothes than the
    ordered ones in it comes last.

    `short_list`: the likest of the newest round with any that passed, and the favourite, which is
    what was picked; MOST_SHOWN in all. `others`: what is less like them, and what was on the list
    before.
    """

    short_list: list[Candidate]
    others: list[Candidate]

    @property
    def likest(self) -> Candidate | None:
        """Of all that is offered; one from before may be liker than the newest."""
        return min([*self.short_list[:1], *self.others[:1]], key=_likest_first, default=None)


def _likest_first(one: Candidate) -> tuple[bool, float, int, int]:
    """After all in the ordered clothes come those in others."""
    other_clothes = "attire" in one.receipt.get("flags", ())
    return (other_clothes, one.likeness_own or 0, -one.round, one.number)


def choice(*, shoot: Shoot) -> Choice:
    """What a shoot's person can pick from. What the organisation rejected is not offered again,
    unless nothing else is there."""
    passed = sorted(Candidate.objects.filter(shoot=shoot, passed=True), key=_likest_first)
    passed = [one for one in passed if one.rejected_at is None] or passed
    picked = set(Headshot.objects.filter(shoot=shoot).values_list("candidate_id", flat=True))
    most = max(SHORT_LIST, shoot.wanted + SHORT_LIST - 4)
    of_round: Counter[int] = Counter()
    among: list[Candidate] = []
    favourites: set[UUID] = set()
    for one in passed:
        of_round[one.round] += 1
        if one.kept or one.pk in picked:
            favourites.add(one.pk)
        if of_round[one.round] <= most or one.pk in favourites:
            among.append(one)
    newest = [one.pk for one in among if one.round == max(of_round)]
    newest = [pk for pk in newest if pk not in favourites][: MOST_SHOWN - len(favourites)]
    listed = favourites.union(newest)
    return Choice(
        short_list=[one for one in among if one.pk in listed],
        others=[one for one in among if one.pk not in listed],
    )


def short_list(*, shoot: Shoot) -> list[Candidate]:
    """What a shoot's person chooses from first, likest first; see Choice."""
    return choice(shoot=shoot).short_list


def offered(*, shoot: Shoot) -> list[Candidate]:
    """All that a shoot's person can pick from, the short list first."""
    found = choice(shoot=shoot)
    return [*found.short_list, *found.others]


@transaction.atomic
def pick(
    *, actor: Actor, shoot: Shoot, candidate: Candidate, in_their_place: bool = False
) -> Headshot:
    """Choose a candidate. Until it is approved, another can be picked instead; one that was
    approved before is delivered at once, if the employee picked it.

    Somebody else picks `in_their_place` (generation.approving.approvals.pick_for asks whether they
    may); a member always does, as employees have no account.
    """
    in_their_place = in_their_place or actor.user is not None
    shoot = states.locked(shoot.pk)
    if (
        candidate.shoot_id != shoot.pk
        or not candidate.passed
        or (candidate.rejected_at and candidate not in offered(shoot=shoot))
    ):
        raise Problem(_("This picture is not on the list."), code="not_listed", status=404)
    if shoot.state == State.CHOOSING:
        states.move(actor=actor, shoot=shoot, to=State.APPROVING)
    elif shoot.state != State.APPROVING:
        raise Problem(
            _("This shoot is {label}; there is nothing to choose now.").format(
                label=State(shoot.state).label.lower()
            ),
            code="transition",
            status=409,
        )
    headshot, _made = Headshot.objects.update_or_create(
        shoot=shoot,
        defaults={
            "candidate": candidate,
            "picked_at": timezone.now(),
            "picked_in_their_place": in_their_place,
            "picked_by": actor.user,
        },
    )
    Shoot.objects.filter(pk=shoot.pk).update(redo_reason="")
    renditions.begin(headshot=headshot)
    audit.record(
        actor=actor,
        organisation=shoot.order.organisation,
        action="headshot.picked",
        about=shoot,
        candidate=str(candidate.pk),
        in_their_place=in_their_place,
    )
    events.emit(organisation=shoot.order.organisation, type="headshot.picked", resource=headshot)
    if candidate.approved_at is not None and not in_their_place:
        _deliver(actor=actor, shoot=shoot, headshot=headshot, approved_by=candidate.approved_by)
    return headshot


def rounds_left(shoot: Shoot) -> int:
    """How often new pictures can still be asked for; not at all without the photos."""
    return 0 if shoot.inputs_destroyed_at else max(0, MOST_AGAIN - shoot.asked_again)


def refuse_without_photos(shoot: Shoot, sentence: str) -> None:
    """Raise Problem (409) where the photos have been destroyed, as after a month.

    Otherwise the person would be asked for new photos, and what there is to choose from be lost.
    """
    if shoot.inputs_destroyed_at:
        raise Problem(sentence, code="photos_gone", status=409)


@transaction.atomic
def ask_again(
    *,
    actor: Actor,
    shoot: Shoot,
    reason: str = "",
    because: Sequence[str] = (),
    keep: bool = True,
) -> None:
    """Not me, because…: make new candidates, at no cost, MOST_AGAIN times at most.

    `because` are Reasons, which the next pictures heed; `reason` is in the person's own words.
    What was picked stays on the list if it is to `keep`. Raises Problem where there is nothing to
    make again, the photos are gone, or it was done MOST_AGAIN times.
    """
    if set(because) - set(Reason.values):
        raise Problem(
            _("Choose what is wrong from the list."), code="reason_unknown", field="because"
        )
    shoot = states.locked(shoot.pk)
    if shoot.state not in (State.CHOOSING, State.APPROVING):
        raise Problem(_("There is nothing to make again now."), code="transition", status=409)
    refuse_without_photos(
        shoot,
        _(
            "Your photos have been destroyed, as you were promised, so no new pictures can be made "
            "of them. Please pick the best of these, or opt out."
        ),
    )
    if not rounds_left(shoot):
        raise Problem(
            _(
                "New pictures have been made {times} times already. Please pick the best "
                "of these, or opt out."
            ).format(times=MOST_AGAIN),
            code="rounds_spent",
            status=409,
        )
    if picked := Headshot.objects.filter(shoot=shoot).first():
        Candidate.objects.filter(shoot=shoot, kept=True).update(kept=False)
        Candidate.objects.filter(pk=picked.candidate_id).update(kept=keep)
    renditions.forget(shoot=shoot)
    audit.record(
        actor=actor,
        organisation=shoot.order.organisation,
        action="headshots.asked_again",
        about=shoot,
        because=list(because),
        reason=reason.strip()[:500],
    )
    Shoot.objects.filter(pk=shoot.pk).update(
        round=shoot.round + 1,
        asked_again=shoot.asked_again + 1,
        refusals=[*shoot.refusals, *because],
    )
    claims.enqueue(actor=actor, shoot=shoot)


@transaction.atomic
def approve(*, actor: Actor, shoot: Shoot, picked: UUID | None = None) -> Headshot:
    """The administrator's yes: takes the held credit and delivers. Twice is once.

    `picked` is the candidate that was looked at: if another has been picked since, it is refused.
    """
    shoot = states.locked(shoot.pk)
    headshot = Headshot.objects.filter(shoot=shoot).first()
    if shoot.state == State.DELIVERED and headshot is not None:
        return headshot
    if shoot.state != State.APPROVING or headshot is None:
        raise Problem(
            _("{name} has not picked a headshot yet.").format(name=shoot.employee.name),
            code="not_picked",
            status=409,
        )
    if picked is not None and headshot.candidate_id != picked:
        raise Problem(
            _("{name} has just picked another picture. Look at it first.").format(
                name=shoot.employee.name
            ),
            code="stale",
            status=409,
        )
    _deliver(actor=actor, shoot=shoot, headshot=headshot, approved_by=actor.user)
    return headshot


def _deliver(*, actor: Actor, shoot: Shoot, headshot: Headshot, approved_by: User | None) -> None:
    """Both have said yes: takes the credit."""
    headshot.approved_at = timezone.now()
    headshot.approved_by = approved_by
    headshot.save(update_fields=["approved_at", "approved_by"])
    states.move(actor=actor, shoot=shoot, to=State.DELIVERED)
    _take_credits(actor=actor, shoot=shoot)
    events.emit(organisation=shoot.order.organisation, type="headshot.approved", resource=headshot)
    notices.notify(shoot=shoot, kind="delivered")


def _take_credits(*, actor: Actor, shoot: Shoot) -> None:
    """Take what is due for a shoot of what is held; nothing, where its turnaround was missed."""
    if shoot.made_free_at:
        return
    organisation = shoot.order.organisation
    own, more = shoot.hold_keys
    due = shoot.credits
    if later := ledger.held(organisation=organisation, source_key=more):
        ledger.capture(actor=actor, organisation=organisation, source_key=more)
        due -= later
    if ledger.held(organisation=organisation, source_key=own) > due:
        ledger.capture(
            actor=actor, organisation=organisation, source_key=own, amount=due, part="due"
        )
        ledger.release(
            actor=actor, organisation=organisation, source_key=own, note=settling.TOO_FEW_PASSED
        )
    else:
        ledger.capture(actor=actor, organisation=organisation, source_key=own)
    Shoot.objects.filter(pk=shoot.pk).update(charged=shoot.credits)


@transaction.atomic
def send_back(*, actor: Actor, shoot: Shoot, reason: str) -> None:
    """The administrator's no: the employee picks again and reads why. A yes in advance to what was
    picked ends with it; those to other pictures stay."""
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise Problem(
            _("Say in a few words what is wrong, so that a better one can be picked."),
            code="reason_missing",
            field="reason",
        )
    shoot = states.locked(shoot.pk)
    states.move(actor=actor, shoot=shoot, to=State.CHOOSING, message=reason)
    Candidate.objects.filter(shoot=shoot, headshots__isnull=False).update(
        approved_at=None, approved_by=None
    )
    renditions.forget(shoot=shoot)
    notices.notify(shoot=shoot, kind="choose")


@transaction.atomic
def opt_out(*, actor: Actor, shoot: Shoot) -> None:
    """The employee steps out, without a reason: the credit comes back, photos and pictures go."""
    shoot = states.locked(shoot.pk)
    states.move(actor=actor, shoot=shoot, to=State.OPTED_OUT)
    # A yes to the team page was to a headshot.
    TeamConsent.objects.filter(shoot=shoot).delete()
    retention.destroy_inputs(actor=actor, shoot=shoot, results_too=True)

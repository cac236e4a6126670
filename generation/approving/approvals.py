"""The administrator's side: a yes before the pick, a pick after the due date, a no that starts
anew. Both sides have to say yes, in either order."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts import audit, languages
from accounts.actors import Actor
from accounts.consent import releases
from generation import states
from generation.approving import choosing
from generation.approving.rejections import HEEDED, Fault
from generation.approving.rejections import sentence as kind_sentence
from generation.inviting import notices
from generation.models import Candidate, Headshot, Shoot, State
from headshots.lib.problems import Problem


@transaction.atomic
def approve_before(*, actor: Actor, shoot: Shoot, candidates: Collection[UUID]) -> int:
    """Say yes to these of the pictures that the employee can pick, and take it back from the
    others. Whichever of them is picked is delivered at once; returns how many they are.

    Raises Problem where the employee has picked already or a picture is not on the list.
    """
    shoot = states.locked(shoot.pk)
    if shoot.state != State.CHOOSING:
        raise Problem(
            _("{name} is not choosing any more.").format(name=shoot.employee.name),
            code="transition",
            status=409,
        )
    listed = {candidate.pk for candidate in choosing.offered(shoot=shoot)}
    if not set(candidates) <= listed:
        raise Problem(_("This picture is not on the list."), code="not_listed", status=404)
    Candidate.objects.filter(shoot=shoot).exclude(pk__in=candidates).update(
        approved_at=None, approved_by=None
    )
    Candidate.objects.filter(shoot=shoot, pk__in=candidates, approved_at=None).update(
        approved_at=timezone.now(), approved_by=actor.user
    )
    # Whoever read it before has read another state, and takes back no yes that they did not see.
    shoot.save(update_fields=["updated_at"])
    audit.record(
        actor=actor,
        organisation=shoot.order.organisation,
        action="candidates.approved",
        about=shoot,
        candidates=sorted(str(pk) for pk in candidates),
    )
    return len(set(candidates))


def why_not_pick_for(shoot: Shoot) -> str:
    """Why an administrator may not pick in the employee's place; empty where they may."""
    if shoot.state != State.CHOOSING:
        return _("There is nothing to choose now.")
    if shoot.order.due_at > timezone.now():
        return _("Until the due date the choice is theirs alone.")
    if shoot.release is None or shoot.release.text_version not in releases.MAY_BE_CHOSEN_FOR:
        return _("The release they signed leaves the choice to them alone.")
    return ""


@transaction.atomic
def pick_for(*, actor: Actor, shoot: Shoot, candidate: Candidate) -> Headshot:
    """Pick in the place of an employee who let the due date pass. They are told by mail and may
    pick another until it is approved. Raises Problem (409) where that is not allowed."""
    shoot = states.locked(shoot.pk)
    refused = why_not_pick_for(shoot)
    if refused:
        raise Problem(refused, code="not_yours_to_pick", status=409)
    listed = {found.pk for found in choosing.offered(shoot=shoot)}
    if candidate.pk not in listed:
        raise Problem(_("This picture is not on the list."), code="not_listed", status=404)
    headshot = choosing.pick(actor=actor, shoot=shoot, candidate=candidate, in_their_place=True)
    notices.notify(shoot=shoot, kind="picked")
    return headshot


@transaction.atomic
def make_anew(*, actor: Actor, shoot: Shoot, fault: str, note: str = "") -> None:
    """Reject what was picked, with a reason that the employee reads in kind words, and have new
    pictures made that heed it. Costs nothing.

    Raises Problem for an unknown fault, and where no more rounds are left or the photos are gone.
    """
    if fault not in Fault.values:
        raise Problem(_("Choose what is wrong."), code="reason_missing", field="fault")
    shoot = states.locked(shoot.pk)
    if shoot.state != State.APPROVING:
        raise Problem(
            _("{name} has not picked a headshot yet.").format(name=shoot.employee.name),
            code="not_picked",
            status=409,
        )
    choosing.refuse_without_photos(
        shoot,
        _(
            "The photos of {name} have been destroyed, so no new pictures can be made of them. "
            "Ask for another pick instead."
        ).format(name=shoot.employee.name),
    )
    if not choosing.rounds_left(shoot):
        raise Problem(
            _("New pictures have been made as often as we can. Ask for another pick instead."),
            code="rounds_spent",
            status=409,
        )
    note = " ".join(note.split())[:500]
    with translation.override(languages.of_employee(shoot.employee, shoot.invitation)):
        reason = kind_sentence(Fault(fault), note, organisation=shoot.order.organisation.name)
    heeded = HEEDED.get(Fault(fault))
    Candidate.objects.filter(shoot=shoot, headshots__isnull=False).update(
        rejected_at=timezone.now(), approved_at=None, approved_by=None
    )
    choosing.ask_again(
        actor=actor,
        shoot=shoot,
        reason=reason,
        because=[heeded] if heeded else [],
        keep=False,
    )
    Shoot.objects.filter(pk=shoot.pk).update(redo_reason=reason)
    notices.notify(shoot=shoot, kind="redo")

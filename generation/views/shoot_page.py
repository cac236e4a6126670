"""An administrator's page of one person's part."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.access import Membership
from accounts.consent.releases import release_text
from accounts.models import Employee
from billing import prices, revenue
from generation import access, states
from generation.approving import alternatives, approvals, choosing
from generation.approving.rejections import Fault
from generation.finishing import renditions
from generation.inviting import personal_links
from generation.models import Candidate, Selfie, Shoot, State
from generation.ordering import add_ons, orders, progress
from generation.photos import selfies, together
from generation.views import folds
from headshots.lib.problems import Problem

# What an administrator puts their name to, word for word.
ATTESTATION = gettext_noop(
    "I attest that {name} has signed the release for this use of their photos, and that I hold "
    "the signed release."
)


def page(
    request: HttpRequest, inside: Membership, shoot: Shoot, *, problems: Sequence[Problem] = ()
) -> HttpResponse:
    """The whole page; `problems` with photos that were sent on somebody's behalf."""
    row = progress.of_shoots([shoot])[0]
    made = Candidate.objects.filter(shoot=shoot)
    shown = set(access.candidates(inside).filter(shoot=shoot))
    choice = choosing.choice(shoot=shoot)
    choice = choosing.Choice(
        short_list=[one for one in choice.short_list if one in shown],
        others=[one for one in choice.others if one in shown],
    )
    headshot = getattr(shoot, "headshot", None)
    context = {
        "inside": inside,
        "shoot": shoot,
        "row": row,
        "short_list": choice.short_list,
        "folds": folds.of_others(choice),
        "likest": choice.likest,
        "may_not_pick": approvals.why_not_pick_for(shoot),
        "overdue": shoot.order.due_at < timezone.now(),
        "faults": Fault,
        "rounds_left": choosing.rounds_left(shoot),
        "headshot": headshot,
        "file": renditions.main(headshot) if headshot else None,
        "notes": renditions.notes(headshot) if headshot else [],
        "photo_notes": alternatives.notes(row.instead) if row.instead else [],
        "made": made.count(),
        "passed": made.filter(passed=True).count(),
        "selfies": shoot.selfies.filter(verdict="accepted").count(),
        "ended": shoot.state in states.ENDED,
        "link_may_be_sent": personal_links.may_be_sent(shoot),
        "ended_early": shoot.state in orders.ENDED_EARLY
        and shoot.employee.status == Employee.Status.ACTIVE,
        "margin": revenue.of_a_credit(inside.organisation).left(
            credits=shoot.charged, making=row.cost_cents
        ),
        "more": prices.MORE_PICTURES if add_ons.can_have_more(shoot) else None,
        "on_behalf": _on_behalf(inside, shoot),
        "upload_problems": problems,
    }
    return render(request, "generation/shoot.html", context, status=422 if problems else 200)


def attestation(shoot: Shoot) -> str:
    """The sentence about this person, as it is shown and kept."""
    return _(ATTESTATION).format(name=shoot.employee.name)


def is_attested(shoot: Shoot) -> bool:
    """Whether it stands on somebody's word that they hold the signed release."""
    return shoot.release is not None and shoot.release.attested_by_id is not None


def _on_behalf(inside: Membership, shoot: Shoot) -> dict[str, object] | None:
    if not inside.may_edit:
        return None
    if shoot.state == State.INVITED:
        return {"release": release_text(shoot.employee), "attestation": attestation(shoot)}
    if shoot.state != State.COLLECTING or not is_attested(shoot):
        return None
    # The pictures themselves are their person's alone.
    photos = list(access.selfies(inside, shoot).order_by("-created_at", "pk"))
    accepted = sum(photo.verdict == Selfie.Verdict.ACCEPTED for photo in photos)
    return {
        "photos": photos,
        "accepted": accepted,
        "checking": any(photo.verdict == Selfie.Verdict.CHECKING for photo in photos),
        "missing": max(0, selfies.LEAST - accepted),
        "wrong": together.wrong(photos),
        "least": selfies.LEAST,
        "most": selfies.MOST,
    }

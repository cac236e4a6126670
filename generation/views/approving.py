"""The administrator's yes and no: to many at once, before the pick, in the employee's place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import membership
from accounts.actors import user_actor
from accounts.models import Role
from generation import access
from generation.approving import approvals, at_once, bounds
from generation.ordering import funnel
from headshots.lib.problems import Problem


@require_safe
@login_required
def review(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """Everybody who awaits approval, with what speaks against approving without a look."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    wanted = _wanted(request.GET)
    judged = bounds.awaiting(order=order, wanted=wanted)
    return render(
        request,
        "generation/review.html",
        {
            "inside": inside,
            "order": order,
            "wanted": wanted,
            "words": wanted.words(),
            "kept": urlencode(wanted.words()),
            "judged": judged,
            "inside_bounds": sum(found.inside for found in judged),
            "likeness": bounds.LIKENESS,
        },
    )


@require_POST
@login_required
def approve_inside(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """Approve everybody of the page's department and words who is inside the bounds."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    wanted = _wanted(request.POST)
    outcome, left = bounds.approve_inside(
        actor=user_actor(inside.user, request), order=order, wanted=wanted
    )
    _say_approved(request, outcome)
    if left and not outcome.later:
        return _to_review(slug, order_id, wanted)
    place = "order" if outcome.later else "order_delivery"
    return redirect(place, slug=slug, order_id=order_id)


def _wanted(said: Mapping[str, str]) -> funnel.Wanted:
    """Who is looked at: the stage is always that of those who have picked."""
    return replace(funnel.Wanted.read(said), stage="")


def _to_review(slug: str, order_id: UUID, wanted: funnel.Wanted) -> HttpResponse:
    """To the page as it was looked at."""
    place = reverse("order_review", kwargs={"slug": slug, "order_id": order_id})
    return redirect(f"{place}?{urlencode(wanted.words())}")


@require_POST
@login_required
def approve_many(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """Approve those that were ticked, each as it was looked at."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    outcome = at_once.approve_ticked(
        actor=user_actor(inside.user, request),
        shoots=access.shoots(inside, order),
        candidates=_ticked(request),
    )
    for sentence in outcome.refused.values():
        messages.warning(request, sentence)
    if outcome.count:
        _say_approved(request, outcome)
    if outcome.picked_anew:
        messages.warning(request, _("Who has picked another picture since is still here."))
    if outcome.dealt_with:
        messages.warning(request, _dealt_with(outcome.dealt_with))
    if outcome.later:
        return redirect("order", slug=slug, order_id=order_id)
    return _to_review(slug, order_id, _wanted(request.POST))


def _ticked(request: HttpRequest) -> set[UUID]:
    ticked = request.POST.getlist("candidates")
    if not ticked:
        raise Problem(_("Tick at least one headshot."), code="nothing", field="candidates")
    try:
        return {UUID(value) for value in ticked}
    except ValueError:
        raise Problem(_("Tick pictures of the list."), code="not_listed") from None


def _dealt_with(count: int) -> str:
    return ngettext(
        "{count} of those that you ticked no longer awaits approval: somebody else has decided "
        "meanwhile.",
        "{count} of those that you ticked no longer await approval: somebody else has decided "
        "meanwhile.",
        count,
    ).format(count=count)


def _say_approved(request: HttpRequest, outcome: at_once.Outcome) -> None:
    if outcome.later:
        said = _("{n} headshots are being approved. The numbers on this page follow.")
    else:
        said = ngettext("{count} headshot approved.", "{count} headshots approved.", outcome.count)
    messages.success(request, said.format(n=outcome.count, count=outcome.count))


@require_POST
@login_required
def approve_before(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """Say yes to pictures of a short list before one is picked."""
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.shoot(inside, shoot_id)
    try:
        ticked = {UUID(value) for value in request.POST.getlist("candidates")}
    except ValueError:
        raise Problem(_("Tick pictures of the list."), code="not_listed") from None
    count = approvals.approve_before(
        actor=user_actor(inside.user, request), shoot=found, candidates=ticked
    )
    if count:
        said = ngettext(
            "{count} picture is approved; if {name} picks it, it is delivered at once.",
            "{count} pictures are approved; the one that {name} picks is delivered at once.",
            count,
        )
        messages.success(request, said.format(count=count, name=found.employee.name))
    else:
        messages.success(request, _("Nothing is approved in advance now."))
    return redirect("shoot", slug=slug, shoot_id=shoot_id)


@require_POST
@login_required
def pick_for(request: HttpRequest, slug: str, shoot_id: UUID, candidate_id: UUID) -> HttpResponse:
    """Pick where the employee let the due date pass."""
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.shoot(inside, shoot_id)
    approvals.pick_for(
        actor=user_actor(inside.user, request),
        shoot=found,
        candidate=access.candidate(inside, candidate_id),
    )
    messages.success(request, _("Picked. {name} is told by mail.").format(name=found.employee.name))
    return redirect("shoot", slug=slug, shoot_id=shoot_id)


@require_POST
@login_required
def make_anew(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """Reject what was picked and have new pictures made."""
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.shoot(inside, shoot_id)
    approvals.make_anew(
        actor=user_actor(inside.user, request),
        shoot=found,
        fault=request.POST.get("fault", ""),
        note=request.POST.get("note", ""),
    )
    messages.success(
        request,
        _("New pictures of {name} are being made, at no cost.").format(name=found.employee.name),
    )
    return redirect("order", slug=slug, order_id=found.order_id)

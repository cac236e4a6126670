"""Headshots in a new plate or crop: before and after, and the decision."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Membership, membership
from accounts.actors import user_actor
from accounts.models import Role
from generation import access
from generation.finishing import all_behind, compared, finishes, refinishing
from generation.models import Refinish
from headshots.lib.problems import Problem


@require_POST
@login_required
def start(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """Render an order's headshots in the newest finish of its look."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    newest = finishes.newest(organisation=inside.organisation, look_name=order.look.name)
    made = refinishing.start(actor=user_actor(inside.user, request), order=order, finish=newest)
    return redirect("refinish", slug=slug, refinish_id=made.pk)


@require_POST
@login_required
def start_all(request: HttpRequest, slug: str, look_id: UUID) -> HttpResponse:
    """Render every order of a look that is behind its newest finish."""
    inside = membership(request.user, slug, Role.ADMIN)
    look = access.look(inside, look_id)
    begun = all_behind.start(actor=user_actor(inside.user, request), look=look)
    if begun.later:
        said = ngettext(
            "{count} order is begun from now on. Load the page again to see how far that is.",
            "{count} orders are begun one after the other from now on. Load the page again to see "
            "how far that is.",
            begun.count,
        )
    else:
        said = ngettext(
            "{count} order is rendered anew. Look at it and say whether it shall be used.",
            "{count} orders are rendered anew. Look at each and say whether it shall be used.",
            begun.count,
        )
    messages.success(request, said.format(count=begun.count))
    return redirect("look_finish", slug=slug, look_id=look_id)


def _context(inside: Membership, found: Refinish) -> dict[str, object]:
    rows = compared.rows(found).order_by(
        "headshot__shoot__employee__last_name", "headshot__shoot__employee__first_name"
    )
    pairs = []
    for row in rows:
        sides = compared.sides(row, refinish=found)
        pairs.append({"row": row, "before": sides.before, "after": sides.after})
    state = refinishing.progress(found)
    return {
        "inside": inside,
        "refinish": found,
        "order": found.order,
        "pairs": pairs,
        "progress": state,
        "open": found.state == Refinish.State.RENDERING,
        "newest": Refinish.objects.filter(order=found.order, state=Refinish.State.APPROVED)
        .values_list("pk", flat=True)
        .first()
        == found.pk,
    }


@require_safe
@login_required
def refinish(request: HttpRequest, slug: str, refinish_id: UUID) -> HttpResponse:
    """Before and after, one beside the other."""
    inside = membership(request.user, slug)
    context = _context(inside, access.refinish(inside, refinish_id))
    return render(request, "generation/refinish.html", context)


@require_safe
@login_required
def live(request: HttpRequest, slug: str, refinish_id: UUID) -> HttpResponse:
    """The part that changes while headshots are rendered."""
    inside = membership(request.user, slug)
    context = _context(inside, access.refinish(inside, refinish_id))
    return render(request, "generation/refinish_live.html", context)


@require_POST
@login_required
def decide(request: HttpRequest, slug: str, refinish_id: UUID) -> HttpResponse:
    """Use the new files, throw them away, take the use back, or render the failed once more."""
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.refinish(inside, refinish_id)
    actor = user_actor(inside.user, request)
    act = request.POST.get("act", "")
    if act == "approve":
        count = refinishing.approve(actor=actor, refinish=found)
        messages.success(
            request,
            ngettext(
                "{count} headshot has its new files.",
                "{count} headshots have their new files.",
                count,
            ).format(count=count),
        )
    elif act == "undo":
        refinishing.undo(actor=actor, refinish=found)
        if refinishing.progress(found).total:
            messages.success(request, _("The files from before are in use again."))
        else:
            messages.success(request, _("The earlier finish is in use again."))
    elif act == "discard":
        refinishing.discard(actor=actor, refinish=found)
        messages.success(request, _("The new files are gone; nothing has changed."))
        return redirect("order_wall", slug=slug, order_id=found.order_id)
    elif act == "again":
        refinishing.try_again(actor=actor, refinish=found)
    else:
        raise Problem(_("Choose what is to be done."), code="act", field="act")
    return redirect("refinish", slug=slug, refinish_id=refinish_id)

"""Directories, and publishing to them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Membership, membership
from accounts.actors import user_actor
from accounts.models import Role
from generation import access
from generation.models import Directory, Publication, PublishingRun
from generation.publishing import directories, runs, targets
from headshots.lib import numbers
from headshots.lib.problems import Problem

PAGE = 50


@require_safe
@login_required
def listing(request: HttpRequest, slug: str) -> HttpResponse:
    """Every kind of directory, connected or not."""
    inside = membership(request.user, slug, Role.ADMIN)
    return _listing(request, inside)


def _listing(
    request: HttpRequest, inside: Membership, *, problem: Problem | None = None, kind: str = ""
) -> HttpResponse:
    connected = {found.kind: found for found in access.directories(inside)}
    kinds = []
    for name, (_opened, fields) in targets.KINDS.items():
        found = connected.get(name)
        posted = request.POST if kind == name else {}
        kinds.append(
            {
                "name": name,
                "label": Directory.Kind(name).label,
                "directory": found,
                "tokens": directories.tokens(found) if found else None,
                "fields": [
                    # SECURITY: a secret is never shown again, not even to whoever typed it.
                    (field, "" if field.secret else _shown(field.name, posted, found))
                    for field in fields
                ],
                "closer": posted.get("closer") or (found.closer if found else 0),
                "problem": problem if kind == name else None,
            }
        )
    return render(
        request,
        "generation/directories.html",
        {"inside": inside, "kinds": kinds},
        status=problem.status if problem else 200,
    )


def _shown(name: str, posted: object, found: Directory | None) -> str:
    given = posted.get(name) if hasattr(posted, "get") else None
    return str(given or (found.options.get(name, "") if found else ""))


@require_POST
@login_required
def connect(request: HttpRequest, slug: str) -> HttpResponse:
    """Connect a directory or give it new tokens."""
    inside = membership(request.user, slug, Role.ADMIN)
    kind = request.POST.get("kind", "")
    closer = request.POST.get("closer", "0")
    try:
        directory = directories.connect(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            kind=kind,
            values={name: str(value) for name, value in request.POST.items()},
            closer=numbers.whole(closer),
        )
    except Problem as problem:
        return _listing(request, inside, problem=problem, kind=kind)
    messages.success(
        request,
        _("{name} is connected. Begin with a dry run on an order’s delivery page.").format(
            name=directory.get_kind_display()
        ),
    )
    return redirect("directories", slug=slug)


@require_POST
@login_required
def disconnect(request: HttpRequest, slug: str, directory_id: UUID) -> HttpResponse:
    """Forget a directory and its tokens."""
    inside = membership(request.user, slug, Role.ADMIN)
    directory = access.directory(inside, directory_id)
    directories.remove(actor=user_actor(inside.user, request), directory=directory)
    messages.success(request, _("Disconnected. The tokens are destroyed."))
    return redirect("directories", slug=slug)


@require_POST
@login_required
def start(request: HttpRequest, slug: str, order_id: UUID, directory_id: UUID) -> HttpResponse:
    """Publish, or rehearse it."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    aim = request.POST.get("aim", "")
    if aim not in PublishingRun.Aim.values:
        raise Problem(_("Choose a dry run or publishing."), code="aim", field="aim")
    run = runs.start(
        actor=user_actor(inside.user, request),
        order=order,
        directory=access.directory(inside, directory_id),
        aim=PublishingRun.Aim(aim),
    )
    return redirect("publishing_run", slug=slug, run_id=run.pk)


def _context(request: HttpRequest, inside: Membership, run: PublishingRun) -> dict[str, object]:
    counts = runs.counts(run)
    found = run.publications.select_related("shoot__employee", "shoot__alternative")
    if request.GET.get("only") == "left":
        found = found.exclude(state=Publication.State.DONE)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    running = run.state == PublishingRun.State.RUNNING
    undoable = set() if running else runs.can_be_put_back(run=run) - runs.put_back(run=run)
    return {
        "inside": inside,
        "run": run,
        "order": run.order,
        "counts": counts,
        "left": counts["waiting"] + counts["failed"],
        "page": page,
        "only": request.GET.get("only", ""),
        "taken_out": runs.taken_out(run=run),
        "running": running,
        "undoable": undoable,
        "earlier": None if running else runs.earlier(run=run),
    }


@require_safe
@login_required
def run(request: HttpRequest, slug: str, run_id: UUID) -> HttpResponse:
    """One run: how far it is, and what came of each person."""
    inside = membership(request.user, slug, Role.ADMIN)
    context = _context(request, inside, access.publishing_run(inside, run_id))
    return render(request, "generation/publishing_run.html", context)


@require_safe
@login_required
def live(request: HttpRequest, slug: str, run_id: UUID) -> HttpResponse:
    """The part of a run's page that changes."""
    inside = membership(request.user, slug, Role.ADMIN)
    context = _context(request, inside, access.publishing_run(inside, run_id))
    return render(request, "generation/publishing_live.html", context)


@require_POST
@login_required
def resume(request: HttpRequest, slug: str, run_id: UUID) -> HttpResponse:
    """Try the rest again."""
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.publishing_run(inside, run_id)
    count = runs.resume(actor=user_actor(inside.user, request), run=found)
    messages.success(
        request,
        ngettext("{count} person is tried again.", "{count} people are tried again.", count).format(
            count=count
        ),
    )
    return redirect("publishing_run", slug=slug, run_id=run_id)


@require_POST
@login_required
def undo(request: HttpRequest, slug: str, run_id: UUID) -> HttpResponse:
    """Put back what stood there before."""
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.publishing_run(inside, run_id)
    undoing = runs.undo(actor=user_actor(inside.user, request), run=found)
    return redirect("publishing_run", slug=slug, run_id=undoing.pk)


@require_POST
@login_required
def undo_one(request: HttpRequest, slug: str, run_id: UUID, shoot_id: UUID) -> HttpResponse:
    """Put back what stood there of one person before."""
    inside = membership(request.user, slug, Role.ADMIN)
    undoing = runs.undo(
        actor=user_actor(inside.user, request),
        run=access.publishing_run(inside, run_id),
        shoot=access.shoot(inside, shoot_id),
    )
    return redirect("publishing_run", slug=slug, run_id=undoing.pk)

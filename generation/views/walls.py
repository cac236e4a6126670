"""An order's wall: how alike everybody is, harmonising, taking it home; and a headshot's files."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Membership, membership
from accounts.actors import user_actor
from accounts.models import Role
from generation import access, states, viewing
from generation.delivering import team_pages
from generation.finishing import (
    consistency,
    harmonising,
    rendition_table,
    renditions,
    wall_figures,
    wall_pictures,
    wall_tiles,
    walls,
)
from generation.finishing.walls import Wall
from generation.models import Consistency, Headshot, Refinish, State
from generation.storage import vault
from generation.views import pictures
from headshots.lib import numbers
from headshots.lib.problems import Problem

# The page that waits for a drawing looks so often, every two seconds, before it says that it takes
# long.
MOST_WAITS = 40


@require_safe
@login_required
def wall(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """The headshots as they would stand on the company's site, compared with one another."""
    inside = membership(request.user, slug)
    order = access.order(inside, order_id)
    found = walls.of_order(order)
    alike = consistency.compare(found.headshots)
    besides = consistency.beside(alike, [one.measures for one in found.given])
    tiles = wall_tiles.by_names(wall_tiles.tiles(alike, found.given, besides))
    return render(
        request,
        "generation/wall.html",
        {
            "inside": inside,
            "order": order,
            "tiles": tiles,
            "given": found.given,
            "not_written": wall_pictures.not_written(tile.person for tile in tiles),
            "not_yet": order.shoots.exclude(state__in=[State.APPROVING, *states.ENDED]).count(),
            "alike": alike,
            "measures": wall_figures.MEASURES.values(),
            "measured": any(tile.figures for tile in tiles),
            "spreads": wall_figures.spreads(alike),
            "history": list(Consistency.objects.filter(order=order)[:12]),
            "team_page": team_pages.pages(order).first(),
            "agreed": team_pages.agreed(order),
            "site_url": settings.SITE_URL,
            "open": Refinish.objects.filter(order=order, state=Refinish.State.RENDERING).first(),
        },
    )


@require_POST
@login_required
def harmonise(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """Mend whoever stands out."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    among_staff = request.POST.get("among") == "staff"
    actor = user_actor(inside.user, request)
    done = harmonising.harmonise(actor=actor, order=order, among_staff=among_staff)
    if done.again:
        messages.success(
            request,
            ngettext(
                "New pictures are being made of {count} person.",
                "New pictures are being made of {count} people.",
                done.again,
            ).format(count=done.again),
        )
    if done.left:
        messages.info(
            request,
            ngettext(
                "{count} person stands out by something in the picture itself and is delivered "
                "already, so no new pictures are made of them.",
                "{count} people stand out by something in the pictures themselves and are "
                "delivered already, so no new pictures are made of them.",
                done.left,
            ).format(count=done.left),
        )
    if done.spent:
        messages.info(
            request,
            ngettext(
                "{count} person stands out by something in the picture itself, but no new pictures "
                "can be made of them: no round is left, or their photos are destroyed. Ask for "
                "another pick instead.",
                "{count} people stand out by something in the pictures themselves, but no new "
                "pictures can be made of them: no round is left, or their photos are destroyed. "
                "Ask for another pick instead.",
                done.spent,
            ).format(count=done.spent),
        )
    if done.refinish:
        return redirect("refinish", slug=slug, refinish_id=done.refinish.pk)
    if among_staff:
        return redirect("staff_wall", slug=slug)
    return redirect("order_wall", slug=slug, order_id=order_id)


@require_safe
@login_required
def export(request: HttpRequest, slug: str, order_id: UUID, kind: str) -> HttpResponse:
    """The wall as PNG or PDF; a page that waits for it while it is drawn."""
    inside = membership(request.user, slug)
    order = access.order(inside, order_id)
    return wall_file(request, inside, walls.of_order(order), kind)


def wall_file(request: HttpRequest, inside: Membership, wall: Wall, kind: str) -> HttpResponse:
    """A wall as `kind`, or a page that waits for it. Raises Http404 for another kind, and Problem
    where it could not be drawn."""
    if kind not in wall_pictures.KINDS:
        raise Http404
    waited = max(0, numbers.whole(request.GET.get("waited", "0")))
    key, ready = wall_pictures.asked_for(
        actor=user_actor(inside.user, request), wall=wall, kind=kind, waiting=waited > 0
    )
    if not ready:
        again = request.GET.copy()
        again["waited"] = str(waited + 1)
        return render(
            request,
            "generation/wall_drawing.html",
            {
                "inside": inside,
                "order": wall.order,
                "again": again.urlencode(),
                "long": waited >= MOST_WAITS,
            },
            status=202,
        )
    response = HttpResponse(vault().read(key), content_type=wall_pictures.KINDS[kind])
    response["Content-Disposition"] = f'attachment; filename="staff-wall.{kind}"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@login_required
def files(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """Every file of a headshot, and what it was made from."""
    inside = membership(request.user, slug)
    shoot = access.shoot(inside, shoot_id)
    headshot = (
        Headshot.objects.filter(shoot=shoot)
        .select_related("finishing__finish", "shoot__order")
        .first()
    )
    if headshot is None:
        raise Http404
    finishing = headshot.finishing
    rows = list(finishing.renditions.all()) if finishing else []
    table = rendition_table.rows(finishing.finish.renditions) if finishing else []
    return render(
        request,
        "generation/files.html",
        {
            "inside": inside,
            "shoot": shoot,
            "headshot": headshot,
            "files": rows,
            "let_through": {row.kind for row in table if row.lets_through},
            "failed": renditions.failed_of(headshot),
            "notes": renditions.notes(headshot),
            "enlarged": max((row.enlarged for row in rows), default=0),
        },
    )


@require_POST
@login_required
def render_again(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """Render the files once more that could not be made."""
    inside = membership(request.user, slug, Role.ADMIN)
    shoot = access.shoot(inside, shoot_id)
    headshot = Headshot.objects.filter(shoot=shoot).first()
    if headshot is None:
        raise Http404
    renditions.again(actor=user_actor(inside.user, request), headshot=headshot)
    return redirect("shoot_files", slug=slug, shoot_id=shoot_id)


@require_safe
@login_required
def rendition(request: HttpRequest, slug: str, rendition_id: UUID) -> HttpResponse:
    """A file of a headshot, for a member; that they looked is written down."""
    inside = membership(request.user, slug)
    found = access.rendition(inside, rendition_id)
    response = viewing.file(
        found.file,
        found.content_type,
        attachment="download" in request.GET,
        name=found.file.rsplit("/", 1)[-1],
    )
    if response is None:
        raise Problem(_("This file is not stored here any more."), code="file_gone", status=404)
    pictures.note(request, inside, found)
    return response

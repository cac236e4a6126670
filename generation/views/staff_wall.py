"""The staff wall: everybody's newest picture across orders, compared, and taken home."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import access
from accounts.staff import roster_people
from generation.delivering import team_pages
from generation.finishing import staff_consistency, wall_figures, wall_pictures, wall_tiles, walls
from generation.models import Refinish
from generation.views.walls import wall_file

# Divided by two to six, so that no page but the last ends in the middle of a row.
PAGE = 120
# Of those who are not on it, so many are named; their number is said.
NAMED = 60


@require_safe
@login_required
def wall(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody as they would stand on the company's site; ?department= narrows it, and
    ?show=outliers leaves who stands out."""
    inside = access.membership(request.user, slug)
    department = request.GET.get("department", "")
    alone = request.GET.get("show") == "outliers"
    everybody = walls.of_staff(inside.organisation)
    staff = staff_consistency.compare(everybody)
    found = everybody.only(department)
    hanging = found.employees()
    tiles = [
        tile
        for part in staff.parts
        for tile in wall_tiles.tiles(part.alike, part.given, part.besides)
        if tile.person.pk in hanging and (tile.standing.outlying or not alone)
    ]
    page = Paginator(wall_tiles.by_names(tiles), PAGE).get_page(request.GET.get("page"))
    walls.fetch_files([tile.headshot for tile in page if tile.headshot])
    missing = walls.missing(found)
    kept = {"department": department, "show": "outliers" if alone else ""}
    undecided = Refinish.objects.filter(
        order__organisation=inside.organisation, state=Refinish.State.RENDERING
    ).select_related("order")
    busy = {refinish.order_id for refinish in undecided}
    return render(
        request,
        "generation/staff_wall.html",
        {
            "inside": inside,
            "wall": found,
            "staff": staff,
            "page": page,
            "kept": urlencode({name: value for name, value in kept.items() if value}),
            "department": department,
            "alone": alone,
            "departments": roster_people.choices(access.staff(inside), "department"),
            "not_written": wall_pictures.not_written(tile.person for tile in tiles),
            "missing": missing[:NAMED],
            "missing_count": len(missing),
            "more_missing": max(0, len(missing) - NAMED),
            "parts": [(part, wall_figures.spreads(part.alike)) for part in staff.parts],
            "measures": wall_figures.MEASURES.values(),
            "team_page": team_pages.pages(inside.organisation).first(),
            "agreed": team_pages.agreed(inside.organisation),
            "site_url": settings.SITE_URL,
            "open": undecided,
            "outliers": len({one.headshot.shoot.employee_id for one in staff.outliers} & hanging),
            "harmonisable": [pair for pair in staff.outlying_orders if pair[0].pk not in busy],
            "measured": any(tile.figures for tile in page),
        },
    )


@require_safe
@login_required
def export(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """The wall, or a department's part of it, as PNG or PDF; a page that waits for it while it is
    drawn."""
    inside = access.membership(request.user, slug)
    found = walls.of_staff(inside.organisation).only(request.GET.get("department", ""))
    return wall_file(request, inside, found, kind)

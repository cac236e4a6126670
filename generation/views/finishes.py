"""How a look is finished: plate, crop, renditions; and the plates of the organisation."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Membership, membership
from accounts.actors import user_actor
from accounts.models import Role
from generation import access
from generation.finishing import all_behind, finishes, rendition_table
from generation.models import Finish, Look, Plate
from generation.storage import vault
from generation.views import finish_form
from headshots.lib.problems import Problem

# How many orders in an earlier finish are listed; one button begins all of them.
MOST_ORDERS = 50


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def finish(request: HttpRequest, slug: str, look_id: UUID) -> HttpResponse:
    """The finish of a look, and making its next version."""
    posted = request.method == "POST"
    inside = membership(request.user, slug, Role.ADMIN if posted else Role.VIEWER)
    look = access.look(inside, look_id)
    problem = None
    if posted:
        try:
            made = _save(request, inside, look)
            messages.success(request, _("Version {version} is saved.").format(version=made.version))
            return redirect("look_finish", slug=slug, look_id=look_id)
        except Problem as refused:
            problem = refused
    return _page(request, inside, look, problem=problem)


def _page(
    request: HttpRequest,
    inside: Membership,
    look: Look,
    problem: Problem | None = None,
    *,
    of_plate: bool = False,
) -> HttpResponse:
    """The page; where something was refused, with what was typed in that form (`of_plate`: the one
    that makes a plate)."""
    current = finishes.newest(organisation=inside.organisation, look_name=look.name)
    behind = all_behind.orders(look=look, finish=current)
    count = behind.count()
    plates = list(access.plates(inside))
    refused = request.POST if problem and not of_plate else None
    chosen = refused.get("plate", "") if refused is not None else None
    names = current.plate.name if current.plate else ""
    return render(
        request,
        "generation/finish.html",
        {
            "inside": inside,
            "look": look,
            "finish": current,
            "said": finish_form.shown(current, refused, problem),
            "formats": rendition_table.FORMATS,
            "plates": plates,
            # A finish may name an earlier version of a plate.
            "chosen": next(
                (
                    p.pk
                    for p in plates
                    if chosen == str(p.pk) or (chosen is None and p.name == names)
                ),
                None,
            ),
            "kinds": Plate.Kind.choices,
            "plate_said": _plate_said(request if problem and of_plate else None),
            "orders": behind[:MOST_ORDERS],
            "behind": count,
            "beginnable": all_behind.beginnable(look=look, finish=current).count(),
            "more": max(0, count - MOST_ORDERS),
            "problem": None if of_plate else problem,
            "plate_problem": problem if of_plate else None,
            "file_chosen": bool(request.FILES),
        },
        status=problem.status if problem else 200,
    )


def _plate_said(refused: HttpRequest | None) -> dict[str, str]:
    """What stands in the form for a plate: what was posted, or what to begin with."""
    form = refused.POST if refused else QueryDict()
    picture = Plate.Kind.PICTURE if refused and "picture" in refused.FILES else ""
    colours = [*form.getlist("colours"), "", ""]
    return {
        "name": form.get("name", ""),
        "kind": picture or form.get("kind", ""),
        "colour_1": colours[0] or "#2b4a6f",
        "colour_2": colours[1] or "#12233a",
        "angle": form.get("angle", "0"),
        "fall_off": form.get("fall_off", "10"),
    }


def _save(request: HttpRequest, inside: Membership, look: Look) -> Finish:
    form = request.POST
    chosen = form.get("plate", "")
    try:
        plate = access.plate(inside, UUID(chosen)) if chosen else None
    except ValueError:
        raise Problem(_("Choose a plate from the list."), field="plate") from None
    logo = request.FILES.get("logo")
    return finishes.save_finish(
        actor=user_actor(inside.user, request),
        organisation=inside.organisation,
        look_name=look.name,
        plate=plate,
        renditions=finish_form.table(form),
        eye_line=finish_form.number(form, "eye_line", 42) / 100,
        closer=finish_form.number(form, "closer", 0),
        logo=logo.read() if logo else None,
        keep_logo="no_logo" not in form,
        logo_corner=form.get("logo_corner", "right"),
        frame_colour=form.get("frame_colour", "#ffffff"),
    )


@require_POST
@login_required
def plate_add(request: HttpRequest, slug: str, look_id: UUID) -> HttpResponse:
    """Make a plate, or its next version."""
    inside = membership(request.user, slug, Role.ADMIN)
    look = access.look(inside, look_id)
    picture = request.FILES.get("picture")
    # Whoever chooses a file means a picture, whatever kind the list stands on.
    kind = Plate.Kind.PICTURE if picture else request.POST.get("kind", "")
    try:
        made = finishes.save_plate(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            name=request.POST.get("name", ""),
            kind=kind,
            colours=request.POST.getlist("colours"),
            angle=finish_form.number(request.POST, "angle", 0),
            fall_off=finish_form.number(request.POST, "fall_off", 0),
            picture=picture.read() if picture else None,
        )
    except Problem as problem:
        return _page(request, inside, look, problem=problem, of_plate=True)
    messages.success(request, _("The plate “{name}” can be chosen now.").format(name=made.name))
    return redirect("look_finish", slug=slug, look_id=look_id)


@require_safe
@login_required
def plate_picture(request: HttpRequest, slug: str, plate_id: UUID) -> HttpResponse:
    """What a plate looks like: its picture, or a drawing of its colours."""
    inside = membership(request.user, slug)
    plate = access.plate(inside, plate_id)
    if plate.file:
        response = HttpResponse(vault().read(plate.file), content_type="image/jpeg")
    else:
        response = HttpResponse(_drawing(plate), content_type="image/svg+xml")
    response["Cache-Control"] = "private, max-age=86400"
    return response


def _drawing(plate: Plate) -> str:
    colours = plate.colours if len(plate.colours) > 1 else plate.colours * 2
    stops = "".join(
        f'<stop offset="{at / (len(colours) - 1):.2f}" stop-color="{colour}"/>'
        for at, colour in enumerate(colours)
    )
    if plate.kind == Plate.Kind.BRAND:
        fill = f'<radialGradient id="p" cx=".42" cy=".36" r=".85">{stops}</radialGradient>'
    else:
        turn = f'gradientTransform="rotate({-plate.angle} .5 .5)"' if plate.angle else ""
        fill = f'<linearGradient id="p" x1="0" y1="0" x2="0" y2="1" {turn}>{stops}</linearGradient>'
    if plate.kind == Plate.Kind.COLOUR:
        fill = f'<linearGradient id="p"><stop stop-color="{plate.colours[0]}"/></linearGradient>'
    shade = (
        '<radialGradient id="s" cx=".5" cy=".42" r=".75"><stop offset=".3" stop-opacity="0"/>'
        f'<stop offset="1" stop-opacity="{plate.fall_off / 100:.2f}"/></radialGradient>'
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 100" '
        f'preserveAspectRatio="none"><defs>{fill}{shade}</defs>'
        '<rect width="80" height="100" fill="url(#p)"/>'
        '<rect width="80" height="100" fill="url(#s)"/></svg>'
    )

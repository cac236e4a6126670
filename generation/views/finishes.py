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
from generation.finishing import finishes, refinishing, rendition_table
from generation.models import Finish, Look, Plate
from generation.storage import vault
from headshots.lib import numbers
from headshots.lib.problems import Problem


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
    request: HttpRequest, inside: Membership, look: Look, problem: Problem | None = None
) -> HttpResponse:
    current = finishes.newest(organisation=inside.organisation, look_name=look.name)
    return render(
        request,
        "generation/finish.html",
        {
            "inside": inside,
            "look": look,
            "finish": current,
            "rows": [*rendition_table.rows(current.renditions), None],
            "formats": rendition_table.FORMATS,
            "plates": access.plates(inside),
            "kinds": Plate.Kind.choices,
            "orders": refinishing.behind(look=look, finish=current)[:50],
            "problem": problem,
            "posted": request.POST,
        },
        status=problem.status if problem else 200,
    )


def _number(form: QueryDict, name: str, default: int, index: int | None = None) -> int:
    text = form.get(name, "") if index is None else form.getlist(name)[index]
    number = numbers.whole(text) if text.strip() else default
    if number < 0:
        raise Problem(_("“{value}” is no whole number.").format(value=text[:20]), field=name)
    return number


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
        renditions=_table(form),
        eye_line=_number(form, "eye_line", 42) / 100,
        closer=_number(form, "closer", 0),
        logo=logo.read() if logo else None,
        keep_logo="no_logo" not in form,
        logo_corner=form.get("logo_corner", "right"),
        frame_colour=form.get("frame_colour", "#ffffff"),
    )


def _table(form: QueryDict) -> list[rendition_table.Row]:
    """The rows of the posted table; one without a name is left out."""
    columns = ("kind", "width", "height", "format", "quality", "nearer", "dpi", "number")
    lengths = {len(form.getlist(name)) for name in columns}
    if len(lengths) != 1 or max(lengths) > 2 * rendition_table.MOST_ROWS:
        raise Problem(_("The table of renditions is not whole. Load the page again."))
    marks = {name: set(form.getlist(name)) for name in _MARKS}
    rows = []
    for at in range(lengths.pop()):
        kind = form.getlist("kind")[at].strip().lower().replace(" ", "-")
        number = form.getlist("number")[at]
        if not kind:
            continue
        rows.append(
            rendition_table.Row(
                kind=kind,
                width=_number(form, "width", 0, at),
                height=_number(form, "height", 0, at),
                format=form.getlist("format")[at],
                quality=_number(form, "quality", 92, at),
                closer=_number(form, "nearer", 0, at),
                dpi=_number(form, "dpi", 0, at),
                **{name: number in marks[name] for name in _MARKS},
            )
        )
    return rows


_MARKS = ("see_through", "round", "monochrome", "logo", "frame")


@require_POST
@login_required
def plate_add(request: HttpRequest, slug: str, look_id: UUID) -> HttpResponse:
    """Make a plate, or its next version."""
    inside = membership(request.user, slug, Role.ADMIN)
    look = access.look(inside, look_id)
    picture = request.FILES.get("picture")
    try:
        made = finishes.save_plate(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            name=request.POST.get("name", ""),
            kind=request.POST.get("kind", ""),
            colours=request.POST.getlist("colours"),
            angle=_number(request.POST, "angle", 0),
            fall_off=_number(request.POST, "fall_off", 0),
            picture=picture.read() if picture else None,
        )
    except Problem as problem:
        return _page(request, inside, look, problem=problem)
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

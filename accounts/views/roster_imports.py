"""A roster file's way in: upload, columns, preview, apply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access
from accounts.access import Membership
from accounts.actors import user_actor
from accounts.models import Change, Employee, Role, RosterImport, RosterLine
from accounts.staff import roster_imports, roster_people, roster_reading
from accounts.staff.roster_columns import CHOICES, LABELS
from headshots.lib.problems import Problem

PAGE = 50
SAMPLES = 3
# A check that has said nothing for so long has probably lost its worker.
QUIET = timedelta(seconds=60)
State = RosterImport.State


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """The first step: a CSV or XLSX file."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    problem = None
    if request.method == "POST":
        try:
            file = request.FILES.get("file")
            if file is None:
                raise Problem(_("Choose a CSV or XLSX file."), code="file_missing", field="file")
            found = roster_reading.start_import(
                actor=user_actor(inside.user, request),
                organisation=inside.organisation,
                data=file.read(),
                filename=file.name or "",
            )
            return redirect("roster_import", slug=slug, import_id=found.pk)
        except Problem as refused:
            problem = refused
    return _upload(request, inside, problem)


def _upload(request: HttpRequest, inside: Membership, problem: Problem | None) -> HttpResponse:
    return render(
        request,
        "accounts/roster_upload.html",
        {"inside": inside, "problem": problem},
        status=problem.status if problem and request.method == "POST" else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def roster_import(request: HttpRequest, slug: str, import_id: UUID) -> HttpResponse:
    """Where the file stands: being read, its columns, the check, the preview, or what it did.

    ?step=columns goes back to the columns; a POST says what they are.
    """
    inside = access.membership(request.user, slug, Role.ADMIN)
    found = access.roster_import(inside, import_id)
    problem = None
    if request.method == "POST" and found.state == State.READING:
        roster_reading.read_again(actor=user_actor(inside.user, request), roster_import=found)
        return redirect("roster_import", slug=slug, import_id=import_id)
    if request.method == "POST":
        try:
            roster_imports.map_columns(
                actor=user_actor(inside.user, request),
                roster_import=found,
                meanings=request.POST.getlist("meaning"),
                mark_leavers=bool(request.POST.get("leavers")),
            )
            return redirect("roster_import", slug=slug, import_id=import_id)
        except Problem as refused:
            problem = refused
    if found.state == State.READING:
        return render(request, "accounts/roster_check.html", _check(inside, found))
    if not found.headers:
        return _upload(request, inside, problem or Problem(found.message, field="file"))
    back = request.GET.get("step") == "columns" and found.state != State.APPLIED
    if problem or back or found.state in (State.MAPPING, State.FAILED):
        return _columns(request, inside, found, problem)
    if found.state == State.CHECKING:
        return render(request, "accounts/roster_check.html", _check(inside, found))
    return _preview(request, inside, found)


@require_safe
@login_required
def live(request: HttpRequest, slug: str, import_id: UUID) -> HttpResponse:
    """How far the check is, fetched again by htmx; its end leads to the preview."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    found = access.roster_import(inside, import_id)
    response = render(request, "accounts/roster_check_live.html", _check(inside, found))
    if found.state not in (State.READING, State.CHECKING):
        response["HX-Redirect"] = reverse(
            "roster_import", kwargs={"slug": slug, "import_id": import_id}
        )
    return response


@require_POST
@login_required
def apply(request: HttpRequest, slug: str, import_id: UUID) -> HttpResponse:
    """Write what the preview showed."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    found = access.roster_import(inside, import_id)
    done = roster_imports.apply_import(
        actor=user_actor(inside.user, request), roster_import=found
    ).done
    if done:
        messages.success(request, _("The roster is as the file says."))
    else:
        messages.error(request, _("The roster has changed meanwhile. Nothing has been applied."))
    return redirect("roster_import", slug=slug, import_id=import_id)


@require_POST
@login_required
def discard(request: HttpRequest, slug: str, import_id: UUID) -> HttpResponse:
    """Forget the file."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    roster_imports.discard_import(
        actor=user_actor(inside.user, request),
        roster_import=access.roster_import(inside, import_id),
    )
    messages.success(request, _("The file is forgotten. The roster is as it was."))
    return redirect("roster", slug=slug)


def _columns(
    request: HttpRequest, inside: Membership, found: RosterImport, problem: Problem | None
) -> HttpResponse:
    rows = (found.table or {}).get("rows", [])
    meanings = request.POST.getlist("meaning") if problem else found.meanings
    columns = []
    for index, header in enumerate(found.headers):
        cells = (cells[index] for _, cells in rows[:PAGE])
        samples = list(dict.fromkeys(cell for cell in cells if cell))[:SAMPLES]
        chosen = meanings[index] if index < len(meanings) else ""
        columns.append({"header": header, "samples": samples, "meaning": chosen})
    if found.state == State.FAILED and problem is None:
        problem = Problem(found.message)
    return render(
        request,
        "accounts/roster_columns.html",
        {
            "inside": inside,
            "import": found,
            "columns": columns,
            "choices": CHOICES.items(),
            "leavers": bool(request.POST.get("leavers")) if problem else found.mark_leavers,
            "problem": problem,
        },
        status=problem.status if problem and request.method == "POST" else 200,
    )


def _check(inside: Membership, found: RosterImport) -> dict[str, object]:
    return {
        "inside": inside,
        "import": found,
        "percent": round(100 * found.done / found.total) if found.total else 100,
        "reading": found.state == State.READING,
        "quiet": found.state in (State.READING, State.CHECKING)
        and found.updated_at < timezone.now() - QUIET,
    }


@dataclass(frozen=True)
class ShownLine:
    """A line of the preview in words."""

    number: int | None
    name: str
    email: str
    differences: list[tuple[str, str, str]]
    problems: list[tuple[str, str, bool]]
    facts: list[str]
    moved: bool
    change: str


# The lists of the preview, in the order in which one wants to look at them.
LISTS = {
    "moved": (gettext_noop("Otherwise than you saw"), Q(moved=True)),
    "problems": (gettext_noop("Problems"), ~Q(problems=[])),
    Change.CHANGED.value: (gettext_noop("Changed"), Q(change=Change.CHANGED)),
    Change.NEW.value: (gettext_noop("New"), Q(change=Change.NEW)),
    Change.LEAVES.value: (gettext_noop("Leaving"), Q(change=Change.LEAVES)),
    Change.UNCHANGED.value: (gettext_noop("As they were"), Q(change=Change.UNCHANGED)),
}


def _preview(request: HttpRequest, inside: Membership, found: RosterImport) -> HttpResponse:
    counts = found.lines.aggregate(
        **{name: Count("pk", filter=which) for name, (_label, which) in LISTS.items()}
    )
    lists = [
        (name, _(label), counts[name]) for name, (label, _which) in LISTS.items() if counts[name]
    ]
    names = [name for name, _, _ in lists]
    show = request.GET.get("show", "")
    if show not in names:
        show = names[0] if names else Change.UNCHANGED.value
    lines = found.lines.filter(LISTS[show][1]).select_related("employee")
    page = Paginator(lines, PAGE).get_page(request.GET.get("page"))
    writes = found.counts[Change.NEW] + found.counts[Change.CHANGED] + found.counts[Change.LEAVES]
    return render(
        request,
        "accounts/roster_preview.html",
        {
            "inside": inside,
            "import": found,
            "counts": found.counts,
            "lists": lists,
            "show": show,
            "kept": f"show={show}",
            "page": page,
            "lines": [_shown(line) for line in page],
            "writes": writes,
            "in_orders": roster_people.in_open_orders(
                Employee.objects.filter(
                    pk__in=found.lines.filter(change=Change.LEAVES).values("employee")
                )
            ),
            "applied": found.state == State.APPLIED,
        },
    )


def _shown(line: RosterLine) -> ShownLine:
    values: dict[str, Any] = line.values
    first = values.get("preferred_name") or values.get("first_name", "")
    name = f"{first} {values.get('last_name', '')}".strip()
    if line.employee is not None and line.change in (Change.LEAVES, Change.UNCHANGED):
        name = line.employee.name
    differences = []
    for field, was in line.before.items():
        if field == "attributes":
            differences += [(key, old, values["attributes"][key]) for key, old in was.items()]
        elif field == "status":
            label = Employee.Status.ACTIVE.label
            differences.append((_("Status"), str(Employee.Status.LEFT.label), str(label)))
        else:
            differences.append((_(LABELS[field]), was, values[field]))
    facts = [values[f] for f in ("title", "department", "location") if values.get(f)]
    return ShownLine(
        number=line.number,
        name=name,
        email=values.get("email", ""),
        differences=differences,
        problems=[
            (_(LABELS.get(column, column)) if column else "", text, fatal)
            for column, text, fatal in line.problems
        ],
        facts=facts if line.change == Change.NEW else [],
        moved=line.moved,
        change=str(Change(line.change).label),
    )

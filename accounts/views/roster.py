"""The staff roster's pages: who is on it, and what is done to them."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access
from accounts.access import Membership
from accounts.actors import user_actor
from accounts.mail import bounces
from accounts.models import Employee, Role
from accounts.staff import roster_edits, roster_people
from accounts.staff.roster_columns import LABELS, LIMITS
from accounts.staff.roster_people import Filter
from headshots.lib import numbers
from headshots.lib.csv_files import csv_file
from headshots.lib.problems import Problem

PAGE = 50


@require_safe
@login_required
def roster(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody, fifty a page: searched by ?q=, filtered, sorted."""
    inside = access.membership(request.user, slug)
    wanted = Filter.read(request.GET)
    everybody = access.employees(inside)
    page = Paginator(roster_people.search(everybody, wanted), PAGE).get_page(
        request.GET.get("page")
    )
    return render(
        request,
        "accounts/roster.html",
        {
            "inside": inside,
            "page": page,
            "wanted": wanted,
            "words": wanted.words(),
            "kept": urlencode(wanted.words()),
            "offered": roster_people.offered(everybody),
            "languages": settings.LANGUAGES,
            "attribute_values": roster_people.attribute_values(everybody, wanted.attribute),
            "statuses": roster_people.STATUSES,
            "sorts": roster_people.SORTS,
        },
    )


@require_POST
@login_required
def act(request: HttpRequest, slug: str) -> HttpResponse:
    """Do something with the people who are chosen, or with everybody whom the filter finds."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    chosen, words = _chosen(request, inside)
    actor, wanted = user_actor(inside.user, request), request.POST.get("act")
    if wanted == "order":
        return redirect(f"{reverse('order_new', kwargs={'slug': slug})}?{urlencode(words)}")
    if wanted == "export":
        data = roster_people.export(actor=actor, organisation=inside.organisation, people=chosen)
        return csv_file(data, name="roster")
    if wanted not in ("left", "back"):
        raise Problem(_("Choose what to do with them."), code="act")
    status = Employee.Status.LEFT if wanted == "left" else Employee.Status.ACTIVE
    # Asked before, as whom a filter finds are others afterwards.
    cancelled = wanted == "back" and roster_people.cancelled_as_left(chosen)
    done = roster_edits.set_status(
        actor=actor, organisation=inside.organisation, employees=list(chosen), status=status
    )
    said = (
        ngettext(
            "{n} person is marked as having left.", "{n} people are marked as having left.", done
        )
        if wanted == "left"
        else ngettext(
            "{n} person is back on the roster.", "{n} people are back on the roster.", done
        )
    )
    if cancelled:
        said += " " + _("What was cancelled as they left does not go on; it takes a new order.")
    messages.success(request, said.format(n=numbers.grouped(done)))
    kept = {name: value for name, value in words.items() if name != "employees"}
    return redirect(f"{reverse('roster', kwargs={'slug': slug})}?{urlencode(kept)}")


def _chosen(request: HttpRequest, inside: Membership) -> tuple[QuerySet[Employee], dict[str, str]]:
    """Who is meant, and the same as the words of an address."""
    kept = Filter.read(request.POST).words()
    if request.POST.get("everybody"):
        words = {**kept, "employees": "found"}
    else:
        found = roster_people.identifiers(request.POST.getlist("employees"))
        words = {**kept, "employees": ",".join(sorted(pk.hex for pk in found))}
    people = roster_people.selection(access.employees(inside), words)
    if not people.exists():
        raise Problem(_("Choose somebody first."), code="nobody", field="employees")
    return people, words


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Put one person on the roster by hand."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    problem = None
    if request.method == "POST":
        try:
            made = roster_edits.add_employee(
                actor=user_actor(inside.user, request),
                organisation=inside.organisation,
                person=_person(request),
            )
            messages.success(request, _("{name} is on the roster.").format(name=made.name))
            return redirect("roster", slug=slug)
        except Problem as refused:
            problem = refused
    return _form(request, inside, None, problem)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def employee(request: HttpRequest, slug: str, employee_id: UUID) -> HttpResponse:
    """Mend what is known about one person."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    found = access.employee(inside, employee_id)
    problem = None
    if request.method == "POST":
        try:
            changed = roster_edits.change_employee(
                actor=user_actor(inside.user, request), employee=found, person=_person(request)
            )
            said = _("Saved what is known about {name}.").format(name=changed.name)
            if changed.email.lower() != found.email.lower():
                said += " " + _("Links sent to the address before open nothing any more.")
            messages.success(request, said)
            return redirect("roster", slug=slug)
        except Problem as refused:
            problem = refused
    return _form(request, inside, found, problem)


@require_POST
@login_required
def mail_again(request: HttpRequest, slug: str, employee_id: UUID) -> HttpResponse:
    """The mailbox works now."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    found = access.employee(inside, employee_id)
    bounces.clear(
        actor=user_actor(inside.user, request), organisation=inside.organisation, employee=found
    )
    messages.success(request, _("Mail goes to {email} again.").format(email=found.email))
    return redirect("employee", slug=slug, employee_id=employee_id)


def _person(request: HttpRequest) -> roster_edits.Person:
    return roster_edits.read_person(
        {name: request.POST.get(name, "") for name in LABELS},
        request.POST.getlist("attribute_name"),
        request.POST.getlist("attribute"),
    )


def _form(
    request: HttpRequest, inside: Membership, found: Employee | None, problem: Problem | None
) -> HttpResponse:
    if request.method == "POST":
        values = {name: request.POST.get(name, "") for name in LABELS}
        attributes = list(
            zip(
                request.POST.getlist("attribute_name"),
                request.POST.getlist("attribute"),
                strict=False,
            )
        )
    else:
        values = {name: getattr(found, name) if found else "" for name in LABELS}
        attributes = [*(found.attributes.items() if found else ()), ("", "")]
    everybody = access.employees(inside)
    return render(
        request,
        "accounts/roster_person.html",
        {
            "inside": inside,
            "person": found,
            "values": values,
            "limits": LIMITS,
            "attributes": attributes,
            "languages": Employee.Language.choices,
            "departments": roster_people.choices(everybody, "department"),
            "locations": roster_people.choices(everybody, "location"),
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )

"""Where credits go, usage by department and month, and departments' budgets."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Membership, membership, staff
from accounts.actors import user_actor
from accounts.models import Role
from billing import access as billing_access
from billing import budgets as budget_rules
from billing import price_tables, prices, terms
from billing.models import DepartmentBudget
from generation.accounting import usage_chart, usage_report, where_credits_go
from generation.ordering import budgets_used
from headshots.lib import numbers
from headshots.lib.csv_files import csv_file
from headshots.lib.problems import Problem


@require_safe
@login_required
def where(request: HttpRequest, slug: str) -> HttpResponse:
    """Where a credit goes, in figures and a chart."""
    inside = membership(request.user, slug)
    return render(
        request,
        "generation/where_credits_go.html",
        {
            "inside": inside,
            "story": where_credits_go.of_organisation(inside.organisation),
            "prices": price_tables.in_force(),
            "days": where_credits_go.DAYS,
            "add_ons": prices.ADD_ONS,
            "credits_a_shoot": prices.CREDITS_A_SHOOT,
        },
    )


@require_safe
@login_required
def usage(request: HttpRequest, slug: str) -> HttpResponse:
    """The last twelve months by department."""
    inside = membership(request.user, slug)
    months = usage_report.months(organisation=inside.organisation)
    return render(
        request,
        "generation/usage.html",
        {
            "inside": inside,
            "months": months,
            "chart": usage_chart.of(months),
            "any": any(month.rows for month in months),
        },
    )


@require_safe
@login_required
def usage_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as a file."""
    inside = membership(request.user, slug)
    data = usage_report.export(
        actor=user_actor(inside.user, request), organisation=inside.organisation
    )
    return csv_file(data, name="usage")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def budgets(request: HttpRequest, slug: str) -> HttpResponse:
    """Departments' caps, and from when a low balance is told."""
    if request.method != "POST":
        return _budgets_page(request, membership(request.user, slug))
    inside = membership(request.user, slug, Role.ADMIN)
    try:
        budget = budget_rules.set_budget(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            department=request.POST.get("department", ""),
            period=request.POST.get("period", ""),
            credits=_number(request.POST.get("credits", ""), "credits"),
        )
    except Problem as problem:
        return _budgets_page(request, inside, problem, about="budget")
    messages.success(
        request, _("The budget of {department} is set.").format(department=budget.department)
    )
    return redirect("budgets", slug=slug)


@require_POST
@login_required
def budget_remove(request: HttpRequest, slug: str, budget_id: UUID) -> HttpResponse:
    """No cap for a department any more."""
    inside = membership(request.user, slug, Role.ADMIN)
    budget = billing_access.budget(inside, budget_id)
    department = budget.department
    budget_rules.remove(actor=user_actor(inside.user, request), budget=budget)
    messages.success(
        request, _("{department} has no budget any more.").format(department=department)
    )
    return redirect("budgets", slug=slug)


@require_POST
@login_required
def low_balance(request: HttpRequest, slug: str) -> HttpResponse:
    """Be told below so many credits, or never."""
    inside = membership(request.user, slug, Role.ADMIN)
    text = request.POST.get("low_balance", "").strip()
    credits = None
    try:
        credits = _number(text, "low_balance") if text else None
        terms.warn_below(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            credits=credits,
        )
    except Problem as problem:
        return _budgets_page(request, inside, problem, about="low_balance")
    messages.success(
        request,
        _("You will be told by mail below {n} credits.").format(n=numbers.grouped(credits))
        if credits
        else _("No mail is sent about a low balance."),
    )
    return redirect("budgets", slug=slug)


def _number(text: str, field: str) -> int:
    said = numbers.whole(text)
    if said < 0:
        raise Problem(_("Give the credits as a whole number."), code="amount", field=field)
    return said


def _budgets_page(
    request: HttpRequest, inside: Membership, problem: Problem | None = None, about: str = ""
) -> HttpResponse:
    own = billing_access.terms(inside)
    used = budgets_used.of_organisation(inside.organisation)
    departments = staff(inside).exclude(department="").order_by("department")
    return render(
        request,
        "generation/budgets.html",
        {
            "inside": inside,
            "uses": used,
            "departments": departments.values_list("department", flat=True).distinct(),
            "periods": DepartmentBudget.Period.choices,
            "low_balance": request.POST.get("low_balance")
            if about == "low_balance"
            else (own.low_balance if own else None),
            "promised_hours": terms.promised_hours(inside.organisation),
            "problem": problem,
            "about": about,
        },
        status=problem.status if problem else 200,
    )

"""Placing an order, following it, approving, taking the headshots home."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Membership, membership, staff
from accounts.actors import user_actor
from accounts.models import Role
from accounts.roster_people import selection
from billing import ledger, prices
from generation import access, choosing, delivery, notices, orders, progress, states
from generation.models import Candidate, Order, State
from headshots.lib.problems import Problem

DEFAULT_DAYS = 14


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose look, people and due date, and launch. ?employees= has some of them chosen."""
    inside = membership(request.user, slug, Role.ADMIN)
    problem = None
    if request.method == "POST":
        try:
            order = _place(request, inside)
            messages.success(request, "The order is placed; invitations are on their way.")
            return redirect("order", slug=slug, order_id=order.pk)
        except Problem as refused:
            problem = refused
    people = list(staff(inside))
    chosen = set(request.POST.getlist("employees"))
    if request.method != "POST":
        chosen = {str(person.pk) for person in selection(staff(inside), request.GET)}
    balance = ledger.balance(organisation=inside.organisation)
    return render(
        request,
        "generation/order_new.html",
        {
            "inside": inside,
            "looks": access.looks(inside),
            "people": people,
            "chosen": chosen,
            "balance": balance,
            "free": balance.available - orders.credits_promised(organisation=inside.organisation),
            "credits_a_shoot": prices.CREDITS_A_SHOOT,
            "due": request.POST.get("due")
            or (timezone.localdate() + timedelta(days=DEFAULT_DAYS)).isoformat(),
            "today": timezone.localdate().isoformat(),
            "name": request.POST.get("name", ""),
            "look_id": request.POST.get("look", ""),
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )


def _place(request: HttpRequest, inside: Membership) -> Order:
    try:
        look = access.look(inside, UUID(request.POST.get("look", "")))
        chosen = {UUID(value) for value in request.POST.getlist("employees")}
    except ValueError:
        raise Problem("Choose a look and employees from the lists.", code="choice") from None
    try:
        due = parse_date(request.POST.get("due", ""))
    except ValueError:
        due = None
    if due is None:
        raise Problem("Give the due date as a day.", code="due", field="due")
    people = list(staff(inside).filter(pk__in=chosen))
    if len(people) < len(chosen):
        raise Problem(
            "Somebody you chose is no longer on the roster. See who is chosen and place it again.",
            code="left",
            field="employees",
        )
    return orders.place_order(
        actor=user_actor(inside.user, request),
        organisation=inside.organisation,
        look=look,
        employees=people,
        due_at=timezone.make_aware(datetime.combine(due, time(23, 59))),
        name=request.POST.get("name", ""),
    )


def _order_context(inside: Membership, order: Order) -> dict[str, object]:
    rows = progress.of_shoots(access.shoots(inside, order))
    counts = orders.counts(order=order)
    seconds = sum(row.gpu_seconds for row in rows)
    return {
        "inside": inside,
        "order": order,
        "rows": rows,
        "counts": counts,
        "total": len(rows),
        "percent": round(sum(row.percent for row in rows) / len(rows)) if rows else 0,
        "moving": any(row.shoot.state not in states.ENDED for row in rows),
        "approving": counts[State.APPROVING],
        "delivered": counts[State.DELIVERED],
        "gpu_seconds": seconds,
        "workers": progress.workers_alive(),
        "waiting": any(row.shoot.state == State.QUEUED for row in rows),
        "cost_cents": prices.cost_cents(seconds),
    }


@require_safe
@login_required
def order(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """Everybody's state, live."""
    inside = membership(request.user, slug)
    context = _order_context(inside, access.order(inside, order_id))
    return render(request, "generation/order.html", context)


@require_safe
@login_required
def live(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """The part of the order's page that changes, fetched again by htmx."""
    inside = membership(request.user, slug)
    context = _order_context(inside, access.order(inside, order_id))
    return render(request, "generation/order_live.html", context)


@require_safe
@login_required
def wall(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """The delivered headshots as they would stand on the company's site."""
    inside = membership(request.user, slug)
    order = access.order(inside, order_id)
    return render(
        request,
        "generation/wall.html",
        {"inside": inside, "order": order, "headshots": delivery.delivered(order=order)},
    )


@require_safe
@login_required
def download(request: HttpRequest, slug: str, order_id: UUID) -> StreamingHttpResponse:
    """The approved headshots and a status list as a ZIP."""
    inside = membership(request.user, slug)
    order = access.order(inside, order_id)
    response = StreamingHttpResponse(
        delivery.zip_order(actor=user_actor(inside.user, request), order=order),
        content_type="application/zip",
    )
    response["Content-Disposition"] = 'attachment; filename="headshots.zip"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@login_required
def approve_all(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """Approve everybody who has picked."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    approved = choosing.approve_all(
        actor=user_actor(inside.user, request), shoots=list(access.shoots(inside, order))
    )
    messages.success(request, f"{approved} headshot{'s' if approved != 1 else ''} approved.")
    return redirect("order", slug=slug, order_id=order_id)


@require_POST
@login_required
def cancel(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """End what has not been delivered."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    ended = orders.cancel_order(actor=user_actor(inside.user, request), order=order)
    messages.success(request, f"Cancelled for {ended}. Their credits are free again.")
    return redirect("order", slug=slug, order_id=order_id)


@require_safe
@login_required
def shoot(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """One person's part: the short list with receipts, what was picked, what it cost."""
    inside = membership(request.user, slug)
    found = access.shoot(inside, shoot_id)
    made = Candidate.objects.filter(shoot=found)
    return render(
        request,
        "generation/shoot.html",
        {
            "inside": inside,
            "shoot": found,
            "row": progress.of_shoots([found])[0],
            "short_list": choosing.short_list(shoot=found),
            "headshot": getattr(found, "headshot", None),
            "made": made.count(),
            "passed": made.filter(passed=True).count(),
            "selfies": found.selfies.filter(verdict="accepted").count(),
            "ended": found.state in states.ENDED,
        },
    )


@require_POST
@login_required
def approve(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """The administrator's yes to one."""
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.shoot(inside, shoot_id)
    choosing.approve(actor=user_actor(inside.user, request), shoot=found)
    messages.success(request, f"{found.employee.name}’s headshot is approved.")
    return redirect("order", slug=slug, order_id=found.order_id)


@require_POST
@login_required
def send_back(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """The administrator's no, with a reason."""
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.shoot(inside, shoot_id)
    choosing.send_back(
        actor=user_actor(inside.user, request),
        shoot=found,
        reason=request.POST.get("reason", ""),
    )
    messages.success(request, f"{found.employee.name} is asked to pick again.")
    return redirect("order", slug=slug, order_id=found.order_id)


@require_POST
@login_required
def cancel_shoot(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """End one person's part."""
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.shoot(inside, shoot_id)
    orders.cancel_shoot(actor=user_actor(inside.user, request), shoot=found)
    messages.success(request, f"Cancelled for {found.employee.name}.")
    return redirect("order", slug=slug, order_id=found.order_id)


@require_POST
@login_required
def invite_again(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """Send the personal link once more."""
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.shoot(inside, shoot_id)
    if found.state not in (State.INVITED, State.COLLECTING):
        raise Http404
    notices.invite(shoots=[found])
    messages.success(request, f"The link is on its way to {found.employee.email}.")
    return redirect("shoot", slug=slug, shoot_id=shoot_id)

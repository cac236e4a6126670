"""Placing an order, following it, approving, taking the headshots home."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Membership, membership, staff
from accounts.actors import user_actor
from accounts.models import Role
from billing import prices, revenue
from generation import access
from generation.accounting import costs
from generation.approving import at_once, choosing
from generation.inviting import personal_links, reminders
from generation.models import Order
from generation.ordering import (
    another_look,
    funnel,
    orders,
    progress,
    short_of_credits,
)
from generation.views import shoot_page
from headshots.lib import numbers
from headshots.lib.problems import Problem

PAGE = 50


def _order_context(request: HttpRequest, inside: Membership, order: Order) -> dict[str, object]:
    wanted = funnel.Wanted.read(request.GET)
    stages = funnel.of_order(order=order, department=wanted.department)
    found = funnel.narrow(access.shoots(inside, order), wanted)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    seconds, cents = costs.so_far(order)
    working = stages.here("uploaded")
    return {
        "inside": inside,
        "order": order,
        "funnel": stages,
        "wanted": wanted,
        "words": wanted.words(),
        "kept": urlencode(wanted.words()),
        "looked_at": urlencode({**wanted.words(), "page": page.number}),
        "beside": urlencode({k: v for k, v in wanted.words().items() if k != "stage"}),
        "page": page,
        "rows": progress.of_shoots(page),
        "total": stages.people,
        "percent": funnel.percent(order=order),
        "moving": stages.moving,
        "every": 2 if working else 8,
        "approving": funnel.narrow(access.shoots(inside, order), _picked_of(wanted)).count(),
        "delivered": stages.here("approved"),
        "ended_early": orders.ended_early(order=order, people=staff(inside)).count()
        if wanted.stage == funnel.ENDED
        else 0,
        "nudgeable": sum(one.here for one in stages.stages if one.nudgeable),
        "unreached": funnel.narrow(
            access.shoots(inside, order), funnel.Wanted(stage="mail", department=wanted.department)
        ).count(),
        "short": funnel.narrow(access.shoots(inside, order), replace(wanted, stage=""))
        .filter(short_of_credits.waiting())
        .count(),
        "gpu_seconds": seconds,
        "workers": progress.workers_alive(),
        "waiting": working,
        "cost_cents": cents,
        "credits": costs.credits(order),
    }


def _picked_of(wanted: funnel.Wanted) -> funnel.Wanted:
    """Whom “Approve all” is about: those of the page's people who have picked, whatever stage is
    looked at."""
    return replace(wanted, stage="approving")


@require_safe
@login_required
def order(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """Everybody's state, live."""
    inside = membership(request.user, slug)
    found = access.order(inside, order_id)
    context = {
        **_order_context(request, inside, found),
        "intervals": orders.REMIND_EVERY,
        "cost": (cost := costs.of_order(found)),
        "paid": (paid := revenue.of_a_credit(inside.organisation)),
        "margin": paid.left(credits=costs.credits(found).taken, making=cost.total),
        "another": another_look.possible(found).count() if inside.may_edit else 0,
        "another_look": prices.ANOTHER_LOOK,
        "running": found.due_at > timezone.now(),
        "extensions": access.orders(inside).filter(extends=found),
    }
    return render(request, "generation/order.html", context)


@require_safe
@login_required
def live(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """The part of the order's page that changes, fetched again by htmx."""
    inside = membership(request.user, slug)
    context = _order_context(request, inside, access.order(inside, order_id))
    return render(request, "generation/order_live.html", context)


@require_POST
@login_required
def approve_all(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """Approve everybody of the page's department and words who has picked."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    wanted = funnel.Wanted.read(request.POST)
    outcome = at_once.approve_all(
        actor=user_actor(inside.user, request),
        shoots=funnel.narrow(access.shoots(inside, order), _picked_of(wanted)),
    )
    if outcome.later:
        said = _("{n} headshots are being approved. The numbers on this page follow.")
    else:
        said = ngettext("{n} headshot approved.", "{n} headshots approved.", outcome.count)
    messages.success(request, said.format(n=outcome.count))
    return _back(slug, order_id, wanted)


@require_POST
@login_required
def nudge(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """Remind now whoever is in a stage, or everybody whose turn it is."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    wanted = funnel.Wanted.read(request.POST)
    done = reminders.nudge(actor=user_actor(inside.user, request), order=order, wanted=wanted)
    said = [ngettext("{n} person is reminded.", "{n} people are reminded.", done.sent)]
    if done.lately:
        said.append(
            ngettext(
                "{lately} heard from us lately and is left alone.",
                "{lately} heard from us lately and are left alone.",
                done.lately,
            )
        )
    if done.unreached:
        said.append(
            ngettext(
                "{unreached} cannot be reached: mail comes back.",
                "{unreached} cannot be reached: mail comes back.",
                done.unreached,
            )
        )
    messages.success(
        request,
        " ".join(said).format(n=done.sent, lately=done.lately, unreached=done.unreached),
    )
    return _back(slug, order_id, wanted)


def _back(slug: str, order_id: UUID, wanted: funnel.Wanted) -> HttpResponse:
    """To the order's page as it was looked at."""
    place = reverse("order", kwargs={"slug": slug, "order_id": order_id})
    return redirect(f"{place}?{urlencode(wanted.words())}")


@require_POST
@login_required
def set_reminders(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """Say how often the order reminds."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    said = request.POST.get("remind_every", "")
    reminders.set_interval(
        actor=user_actor(inside.user, request),
        organisation=inside.organisation,
        order=order,
        days=numbers.whole(said),
    )
    messages.success(request, _("Reminders are set."))
    return redirect("order", slug=slug, order_id=order_id)


@require_POST
@login_required
def cancel(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """End what has not been delivered."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    count, later = orders.cancel_soon(actor=user_actor(inside.user, request), order=order)
    if later:
        said = _("It is being cancelled for {n} people. The numbers on this page follow.")
    else:
        said = _("Cancelled for {n}. Their credits are free again.")
    messages.success(request, said.format(n=count))
    return redirect("order", slug=slug, order_id=order_id)


@require_safe
@login_required
def shoot(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """One person's part: the short list with receipts, what was picked, what it cost."""
    inside = membership(request.user, slug)
    return shoot_page.page(request, inside, access.shoot(inside, shoot_id))


@require_POST
@login_required
def approve(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """The administrator's yes to one, as it was looked at."""
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.shoot(inside, shoot_id)
    try:
        looked_at = UUID(request.POST.get("candidate", ""))
        choosing.approve(actor=user_actor(inside.user, request), shoot=found, picked=looked_at)
    except ValueError:
        messages.error(request, _("Look at the picture first, then approve it."))
    except Problem as problem:
        if problem.code != "stale":
            raise
        messages.error(request, problem.sentence)
    else:
        said = _("{name}’s headshot is approved.").format(name=found.employee.name)
        messages.success(request, said)
        return redirect("order", slug=slug, order_id=found.order_id)
    return redirect("shoot", slug=slug, shoot_id=shoot_id)


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
    messages.success(request, _("{name} is asked to pick again.").format(name=found.employee.name))
    return redirect("order", slug=slug, order_id=found.order_id)


@require_POST
@login_required
def cancel_shoot(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """End one person's part."""
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.shoot(inside, shoot_id)
    orders.cancel_shoot(actor=user_actor(inside.user, request), shoot=found)
    messages.success(request, _("Cancelled for {name}.").format(name=found.employee.name))
    return redirect("order", slug=slug, order_id=found.order_id)


@require_POST
@login_required
def invite_again(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """Send the personal link once more."""
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.shoot(inside, shoot_id)
    email = found.employee.email
    if found.employee.bounced_at:
        said = _("{address} cannot be reached: mail comes back. Correct the address on the roster.")
        messages.error(request, said.format(address=email))
        return redirect("shoot", slug=slug, shoot_id=shoot_id)
    personal_links.send_again(actor=user_actor(inside.user, request), shoot=found)
    messages.success(request, _("The link is on its way to {email}.").format(email=email))
    return redirect("shoot", slug=slug, shoot_id=shoot_id)


@require_POST
@login_required
def revoke_link(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """Close the personal link until it is sent again."""
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.shoot(inside, shoot_id)
    personal_links.revoke(actor=user_actor(inside.user, request), shoot=found)
    messages.success(
        request, _("The invitation of {email} is worthless now.").format(email=found.employee.email)
    )
    return redirect("shoot", slug=slug, shoot_id=shoot_id)

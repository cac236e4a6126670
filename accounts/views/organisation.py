"""What an organisation has set for itself, and what it asks for at its door."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import access
from accounts.access import Membership
from accounts.actors import user_actor
from accounts.mail import letters
from accounts.membership import members as services
from accounts.membership import organisations
from accounts.membership.second_factor import has_second_factor, having_second_factor
from accounts.models import Role
from headshots.lib.problems import Problem


@require_safe
@login_required
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Its name, what it requires of members, handing over, closing."""
    return _page(request, access.membership(request.user, slug, Role.OWNER))


@require_POST
@login_required
def rename(request: HttpRequest, slug: str) -> HttpResponse:
    """Another name."""
    inside = access.membership(request.user, slug, Role.OWNER)
    try:
        organisations.rename(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            name=request.POST.get("name", ""),
        )
    except Problem as refused:
        return _page(request, inside, refused, about="name")
    messages.success(request, _("The name is saved."))
    return redirect("organisation_settings", slug=slug)


@require_POST
@login_required
def logo(request: HttpRequest, slug: str) -> HttpResponse:
    """Another logo, or none any more."""
    inside = access.membership(request.user, slug, Role.OWNER)
    file = request.FILES.get("logo")
    try:
        if file is None and "none" not in request.POST:
            raise Problem(_("Choose a PNG or WebP file."), code="file_missing", field="logo")
        organisations.set_logo(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            data=file.read() if file else None,
        )
    except Problem as refused:
        return _page(request, inside, refused, about="logo")
    messages.success(
        request, _("The logo is saved.") if file else _("Mail goes out without a logo.")
    )
    return redirect("organisation_settings", slug=slug)


@require_POST
@login_required
def require_second_factor(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a second factor, or no longer."""
    inside = access.membership(request.user, slug, Role.OWNER)
    required = request.POST.get("required") == "yes"
    try:
        organisations.require_second_factor(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            required=required,
        )
    except Problem as refused:
        return _page(request, inside, refused, about="factor")
    messages.success(
        request,
        _("Members need a second factor now.")
        if required
        else _("A second factor is up to members."),
    )
    return redirect("organisation_settings", slug=slug)


@require_POST
@login_required
def transfer(request: HttpRequest, slug: str) -> HttpResponse:
    """Make another member owner in one's own stead."""
    inside = access.membership(request.user, slug, Role.OWNER)
    try:
        to = services.transfer_ownership(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            to=access.member(inside, _member_id(request)),
        )
    except Problem as refused:
        return _page(request, inside, refused, about="transfer")
    messages.success(
        request, _("{user} is owner now, and you are administrator.").format(user=to.user)
    )
    return redirect("members", slug=slug)


@require_safe
@login_required
def second_factor(request: HttpRequest, slug: str) -> HttpResponse:
    """What a member without a second factor is told instead of what they asked for."""
    organisation, user = access.at_the_door(request.user, slug)
    if not organisation.second_factor_required or has_second_factor(user):
        return redirect("overview", slug=slug)
    return render(request, "accounts/second_factor.html", {"organisation": organisation})


def _member_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("member", ""))
    except ValueError:
        raise Problem(_("Choose a member."), code="member", field="member") from None


def _page(
    request: HttpRequest, inside: Membership, problem: Problem | None = None, about: str = ""
) -> HttpResponse:
    """The settings; a problem is shown in the part that it is `about`."""
    members = list(access.members(inside).order_by("user__email"))
    having = having_second_factor([member.user for member in members])
    return render(
        request,
        "accounts/organisation_settings.html",
        {
            "inside": inside,
            "others": [member for member in members if member.user_id != inside.user.pk],
            "without": [member for member in members if member.user_id not in having],
            "mine": inside.user.pk in having,
            "name": request.POST.get("name", "") if about == "name" else inside.organisation.name,
            "logo": letters.logo_address(letters.logo_of(inside.organisation)),
            "problem": problem,
            "about": about,
        },
        status=problem.status if problem else 200,
    )

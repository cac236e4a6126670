"""Who may act for the organisation."""

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
from accounts.membership import member_invitations, rights
from accounts.membership import members as services
from accounts.models import Role
from headshots.lib.problems import Problem


@require_safe
@login_required
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """Who they are, who is invited, and what each role may do."""
    return _page(request, access.membership(request.user, slug), None)


@require_POST
@login_required
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Offer a role to whoever owns an address."""
    inside = access.membership(request.user, slug, Role.OWNER)
    try:
        invitation = member_invitations.invite_member(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            email=request.POST.get("email", ""),
            role=_role(request),
        )
    except Problem as refused:
        return _page(request, inside, refused)
    messages.success(
        request, _("An invitation is on its way to {email}.").format(email=invitation.email)
    )
    return redirect("members", slug=slug)


@require_POST
@login_required
def send_again(request: HttpRequest, slug: str, invitation_id: UUID) -> HttpResponse:
    """Another mail with a new link."""
    inside = access.membership(request.user, slug, Role.OWNER)
    invitation = access.member_invitation(inside, invitation_id)
    member_invitations.send_again(actor=user_actor(inside.user, request), invitation=invitation)
    messages.success(
        request, _("A new link is on its way to {email}.").format(email=invitation.email)
    )
    return redirect("members", slug=slug)


@require_POST
@login_required
def revoke(request: HttpRequest, slug: str, invitation_id: UUID) -> HttpResponse:
    """Take an offer back."""
    inside = access.membership(request.user, slug, Role.OWNER)
    invitation = access.member_invitation(inside, invitation_id)
    member_invitations.revoke(actor=user_actor(inside.user, request), invitation=invitation)
    messages.success(
        request, _("The invitation of {email} is worthless now.").format(email=invitation.email)
    )
    return redirect("members", slug=slug)


@require_POST
@login_required
def change_role(request: HttpRequest, slug: str, member_id: UUID) -> HttpResponse:
    """Another role for a member."""
    inside = access.membership(request.user, slug, Role.OWNER)
    member = access.member(inside, member_id)
    try:
        role = _role(request)
        services.change_role(actor=user_actor(inside.user, request), member=member, role=role)
    except Problem as refused:
        return _page(request, inside, refused, about=member_id)
    messages.success(
        request, _("{user} is {role} now.").format(user=member.user, role=role.label.lower())
    )
    return redirect("members", slug=slug)


@require_POST
@login_required
def remove(request: HttpRequest, slug: str, member_id: UUID) -> HttpResponse:
    """Take a member's access away."""
    inside = access.membership(request.user, slug, Role.OWNER)
    member = access.member(inside, member_id)
    try:
        services.remove_member(actor=user_actor(inside.user, request), member=member)
    except Problem as refused:
        return _page(request, inside, refused, about=member_id)
    messages.success(request, _("{user} is no member any more.").format(user=member.user))
    if member.user_id == inside.user.pk:
        return redirect("home")
    return redirect("members", slug=slug)


@require_POST
@login_required
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """Go oneself."""
    inside = access.membership(request.user, slug)
    try:
        services.leave(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            user=inside.user,
        )
    except Problem as refused:
        return _page(request, inside, refused)
    messages.success(request, _("You have left {name}.").format(name=inside.organisation.name))
    return redirect("home")


def _role(request: HttpRequest) -> Role:
    wanted = request.POST.get("role")
    if wanted not in Role.values:
        raise Problem(_("Choose a role."), code="role", field="role")
    return Role(wanted)


def _page(
    request: HttpRequest,
    inside: Membership,
    problem: Problem | None,
    about: UUID | None = None,
) -> HttpResponse:
    """The members' page. A problem is shown with the invitation, or with the list if it is about
    somebody there."""
    return render(
        request,
        "accounts/members.html",
        {
            "inside": inside,
            "members": access.members(inside).order_by("user__email"),
            "invitations": access.member_invitations(inside) if inside.role == Role.OWNER else (),
            "roles": Role,
            "explained": [(role, rights.SAYS[role]) for role in Role],
            "may": [
                (what, [rights.RANK[role] >= rights.RANK[least] for role in Role])
                for what, least in rights.MAY.values()
            ],
            "owners": access.members(inside).filter(role=Role.OWNER).count(),
            "posted": request.POST if problem and about is None else {},
            "problem": problem if about is None else None,
            "refused": problem if about is not None else None,
        },
        status=problem.status if problem else 200,
    )

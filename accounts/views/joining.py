"""The page behind the link by which a colleague becomes a member."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.actors import user_actor
from accounts.membership import member_invitations, rights
from accounts.models import Role, User


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Who invites and to what; accepting needs an account with the invited address."""
    invitation = member_invitations.open_link(token=token)
    user = request.user if isinstance(request.user, User) else None
    if request.method == "POST" and user:
        actor = user_actor(user, request)
        member = member_invitations.accept(actor=actor, token=token, user=user)
        messages.success(request, _("Welcome to {name}.").format(name=member.organisation.name))
        return redirect("overview", slug=member.organisation.slug)
    back = {"next": reverse("join", args=[token])}
    return render(
        request,
        "accounts/join.html",
        {
            "invitation": invitation,
            "says": rights.SAYS[Role(invitation.role)],
            "theirs": user and member_invitations.addressed_to(invitation=invitation, user=user),
            "login": f"{reverse('account_login')}?{urlencode(back)}",
            "signup": f"{reverse('account_signup')}?"
            + urlencode({**back, "email": invitation.email}),
            "logout": f"{reverse('account_logout')}?{urlencode(back)}",
        },
    )

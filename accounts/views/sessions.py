"""Where one is signed in; the list itself is allauth's."""

from __future__ import annotations

from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST


@require_POST
@login_required
def end(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one of one's other sessions; signing out ends this one."""
    # SECURITY: one's own alone, as if nobody else had any.
    others = UserSession.objects.filter(user_id=request.user.pk).exclude(
        session_key=request.session.session_key
    )
    get_adapter().end_sessions([get_object_or_404(others, pk=session_id)])
    messages.success(
        request, _("That session is ended. Whoever used it has to sign in to come back.")
    )
    return redirect("usersessions_list")

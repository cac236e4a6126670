"""Who did what."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import access
from accounts.models import Role

PAGE = 50


@require_safe
@login_required
def audit_log(request: HttpRequest, slug: str) -> HttpResponse:
    """What was done, newest first."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    page = Paginator(access.audit_entries(inside), PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/audit.html", {"inside": inside, "page": page})

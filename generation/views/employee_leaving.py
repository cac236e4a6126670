"""What an employee may do at any time: see what is held, take it along, step out, withdraw."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.actors import Actor
from accounts.consent.releases import RETENTION_DAYS
from generation.approving import alternatives, choosing
from generation.leaving import certificates, held, withdrawals
from generation.models import Shoot, State
from generation.views.employee_page import come_in, page, page_context
from generation.views.pictures import private_jpeg
from headshots.lib.problems import Problem


@require_safe
@never_cache
def data(request: HttpRequest, token: str) -> HttpResponse:
    """What is held about this person, until when, and what they can do about it."""
    shoot, _actor = come_in(request, token, for_rights=True)
    covered = withdrawals.covered(shoot)
    context = {
        **page_context(request, shoot, token),
        "covered": [one.order.name for one in covered],
        "delivered": any(one.state == State.DELIVERED for one in covered),
        "kinds": held.kinds(shoot=shoot),
        "log": held.entries(shoot),
        "certificate": certificates.of(shoot),
        "days": RETENTION_DAYS,
    }
    return render(request, "employee/data.html", context)


@require_POST
def take_along(request: HttpRequest, token: str) -> StreamingHttpResponse:
    """All of it as a ZIP."""
    shoot, actor = come_in(request, token, for_rights=True)
    response = StreamingHttpResponse(
        held.archive(actor=actor, shoot=shoot), content_type="application/zip"
    )
    response["Content-Disposition"] = 'attachment; filename="about-me.zip"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
def opt_out(request: HttpRequest, token: str) -> HttpResponse:
    """Step out, without a reason."""
    shoot, actor = come_in(request, token)
    choosing.opt_out(actor=actor, shoot=shoot)
    return redirect("employee:start", token)


@require_POST
def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    """Take the release back; everything is destroyed."""
    shoot, actor = come_in(request, token, for_rights=True)
    withdrawals.withdraw(actor=actor, shoot=shoot)
    return redirect("employee:start", token)


@require_safe
@never_cache
def certificate(request: HttpRequest, token: str) -> HttpResponse:
    """The signed certificate that everything is destroyed."""
    shoot, _actor = come_in(request, token, for_rights=True)
    found = certificates.of(shoot)
    if found is None:
        raise Http404
    response = HttpResponse(certificates.document(found), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="certificate.txt"'
    return response


@require_POST
def instead(request: HttpRequest, token: str) -> HttpResponse:
    """A photo of their own, initials, or nothing, beside the headshots of the others."""
    shoot, actor = come_in(request, token)
    kind = request.POST.get("kind", "")
    try:
        if kind == "initials":
            alternatives.give_initials(actor=actor, shoot=shoot)
        elif kind == "photo":
            _give_photo(request, shoot, actor)
        else:
            alternatives.take_back(actor=actor, shoot=shoot)
    except Problem as problem:
        return page(request, shoot, token, problem=problem)
    return redirect("employee:start", token)


def _give_photo(request: HttpRequest, shoot: Shoot, actor: Actor) -> None:
    file = request.FILES.get("photo")
    if file is None:
        raise Problem(_("Choose one or more photos."), code="photo", field="photo")
    if file.size is not None and file.size > settings.UPLOAD_MAX_BYTES:
        raise Problem(
            _("{name}: more than {limit} MB. Send a smaller photo.").format(
                name=file.name, limit=settings.UPLOAD_MAX_BYTES // 2**20
            ),
            code="photo",
            field="photo",
        )
    alternatives.give_photo(
        actor=actor,
        shoot=shoot,
        data=file.read(),
        name=file.name or "",
        agreed=bool(request.POST.get("agreed")),
        agreement=_(alternatives.AGREEMENT).format(organisation=shoot.order.organisation.name),
    )


@require_safe
def instead_picture(request: HttpRequest, token: str) -> HttpResponse:
    """The picture that stands beside the others instead."""
    shoot, _actor = come_in(request, token)
    found = getattr(shoot, "alternative", None)
    if found is None:
        raise Http404
    return private_jpeg(found.finished)

"""The employee's own way, by personal link and without an account."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import languages
from accounts.actors import Actor
from generation import access
from generation.approving import choosing
from generation.inviting import signing
from generation.models import Shoot, State
from generation.photos import handing_in, selfies, wishes
from generation.views import photo_files
from generation.views.employee_page import come_in, page, page_context
from headshots.lib.problems import Problem

_OVER = (State.FAILED, State.CANCELLED, State.WITHDRAWN)


@require_safe
@never_cache
def start(request: HttpRequest, token: str) -> HttpResponse:
    """Whatever comes next for this person."""
    shoot, _actor = come_in(request, token)
    return page(request, shoot, token)


@require_safe
@never_cache
def live(request: HttpRequest, token: str) -> HttpResponse:
    """The part of the page that changes by itself: photos being judged, progress of the work."""
    shoot, _actor = come_in(request, token)
    answer = render(request, "employee/live.html", page_context(request, shoot, token))
    if shoot.state in _OVER:
        # What stands beside this part offers to step out, of which nothing is left.
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
def sign(request: HttpRequest, token: str) -> HttpResponse:
    """Sign the release."""
    shoot, actor = come_in(request, token)
    typed_name = request.POST.get("typed_name", "")
    try:
        signing.sign_release(
            actor=actor,
            shoot=shoot,
            typed_name=typed_name,
            read_hash=request.POST.get("read_hash", ""),
            jurisdiction=request.POST.get("where"),
            language=translation.get_language() or "en",
        )
    except Problem as problem:
        return page(request, shoot, token, problem=problem, typed_name=typed_name)
    return redirect("employee:start", token)


@require_POST
def language(request: HttpRequest, token: str) -> HttpResponse:
    """Read on in another language."""
    shoot, _actor = come_in(request, token, for_rights=True)
    languages.choose(invitation=shoot.invitation, language=request.POST.get("language", ""))
    return redirect("employee:start", token)


@require_POST
def upload(request: HttpRequest, token: str) -> HttpResponse:
    """Take photos in: the good are kept, of each other one it is said what is wrong."""
    shoot, actor = come_in(request, token)
    files = request.FILES.getlist("photos")
    problems = photo_files.take_in(actor=actor, shoot=shoot, files=files)
    if request.headers.get("HX-Request"):
        context = {**page_context(request, shoot, token), "upload_problems": problems}
        return render(request, "employee/live.html", context)
    if problems:
        return page(request, shoot, token, upload_problems=problems)
    return redirect("employee:start", token)


@require_POST
def remove(request: HttpRequest, token: str, selfie_id: UUID) -> HttpResponse:
    """Remove a photo."""
    shoot, actor = come_in(request, token)
    selfies.remove_selfie(actor=actor, selfie=access.own_selfie(shoot, selfie_id))
    return redirect("employee:start", token)


@require_POST
def wish(request: HttpRequest, token: str) -> HttpResponse:
    """Save what they wish to wear and what shall stay as it is."""
    shoot, actor = come_in(request, token)
    try:
        _save_wishes(request, shoot, actor)
    except Problem as problem:
        return page(request, shoot, token, problem=problem)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    return redirect("employee:start", token)


def _save_wishes(request: HttpRequest, shoot: Shoot, actor: Actor) -> None:
    wishes.save(
        actor=actor,
        shoot=shoot,
        attire=request.POST.get("attire", ""),
        keep=request.POST.getlist("keep"),
    )


@require_POST
def hand_in(request: HttpRequest, token: str) -> HttpResponse:
    """Hand the photos in, with the wishes that stand beside the button."""
    shoot, actor = come_in(request, token)
    try:
        if "wished" in request.POST:
            _save_wishes(request, shoot, actor)
        handing_in.hand_in(actor=actor, shoot=shoot)
    except Problem as problem:
        return page(request, shoot, token, problem=problem)
    return redirect("employee:start", token)


@require_POST
def pick(request: HttpRequest, token: str, candidate_id: UUID) -> HttpResponse:
    """Pick one of the short list."""
    shoot, actor = come_in(request, token)
    candidate = access.own_candidate(shoot, candidate_id)
    choosing.pick(actor=actor, shoot=shoot, candidate=candidate)
    return redirect("employee:start", token)


@require_POST
def again(request: HttpRequest, token: str) -> HttpResponse:
    """Not me, because…"""
    shoot, actor = come_in(request, token)
    try:
        choosing.ask_again(
            actor=actor,
            shoot=shoot,
            because=request.POST.getlist("because"),
            reason=request.POST.get("reason", ""),
        )
    except Problem as problem:
        return page(request, shoot, token, problem=problem)
    return redirect("employee:start", token)

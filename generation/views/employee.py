"""The employee's own way, by personal link and without an account."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import invitations, languages
from accounts.actors import Actor, employee_actor
from accounts.releases import release_text
from generation import access, choosing, progress, selfies
from generation.models import Selfie, Shoot, State
from headshots.lib.problems import Problem


def _open(request: HttpRequest, token: str) -> tuple[Shoot, Actor]:
    """The shoot behind a link, its person as actor; the page speaks their language from here."""
    shoot = access.invited_shoot(invitations.open_link(token=token))
    language = languages.known_language(shoot.employee, shoot.invitation)
    if language:
        translation.activate(language)
        request.LANGUAGE_CODE = language
    return shoot, employee_actor(shoot.employee, request)


def _context(shoot: Shoot, token: str) -> dict[str, object]:
    photos = list(shoot.selfies.all())
    accepted = sum(photo.verdict == Selfie.Verdict.ACCEPTED for photo in photos)
    return {
        "shoot": shoot,
        "token": token,
        "organisation": shoot.order.organisation,
        "words": progress.words(shoot),
        "percent": progress.percent(shoot),
        "release": release_text(shoot.employee),
        "photos": photos,
        "accepted": accepted,
        "checking": any(photo.verdict == Selfie.Verdict.CHECKING for photo in photos),
        "least": selfies.LEAST,
        "most": selfies.MOST,
        "missing": max(0, selfies.LEAST - accepted),
        "short_list": choosing.short_list(shoot=shoot)
        if shoot.state in (State.CHOOSING, State.APPROVING)
        else [],
        "headshot": getattr(shoot, "headshot", None),
        "rounds_left": max(0, choosing.MOST_ROUNDS - shoot.round),
        "working": shoot.state in (State.QUEUED, State.TRAINING, State.GENERATING),
    }


def _page(request: HttpRequest, shoot: Shoot, token: str, **more: object) -> HttpResponse:
    problem = more.get("problem")
    status = problem.status if isinstance(problem, Problem) else 200
    context = {**_context(shoot, token), **more}
    return render(request, "employee/page.html", context, status=status)


@require_safe
@never_cache
def start(request: HttpRequest, token: str) -> HttpResponse:
    """Whatever comes next for this person."""
    shoot, _actor = _open(request, token)
    return _page(request, shoot, token)


@require_safe
@never_cache
def live(request: HttpRequest, token: str) -> HttpResponse:
    """The part of the page that changes by itself: photos being judged, progress of the work."""
    shoot, _actor = _open(request, token)
    return render(request, "employee/live.html", _context(shoot, token))


@require_POST
def sign(request: HttpRequest, token: str) -> HttpResponse:
    """Sign the release."""
    shoot, actor = _open(request, token)
    try:
        selfies.sign_release(
            actor=actor,
            shoot=shoot,
            typed_name=request.POST.get("typed_name", ""),
            read_hash=request.POST.get("read_hash", ""),
        )
    except Problem as problem:
        return _page(request, shoot, token, problem=problem)
    return redirect("employee:start", token)


@require_POST
def language(request: HttpRequest, token: str) -> HttpResponse:
    """Read on in another language."""
    shoot, _actor = _open(request, token)
    languages.choose(invitation=shoot.invitation, language=request.POST.get("language", ""))
    return redirect("employee:start", token)


@require_POST
def upload(request: HttpRequest, token: str) -> HttpResponse:
    """Take photos in: the good are kept, of each other one it is said what is wrong."""
    shoot, actor = _open(request, token)
    files = request.FILES.getlist("photos")
    problems: list[Problem] = []
    if not files:
        problems.append(Problem(_("Choose one or more photos."), code="photos", field="photos"))
    for file in files:
        try:
            if file.size is not None and file.size > settings.UPLOAD_MAX_BYTES:
                limit = settings.UPLOAD_MAX_BYTES // 2**20
                raise Problem(
                    _("{name}: more than {limit} MB. Send a smaller photo.").format(
                        name=file.name, limit=limit
                    )
                )
            selfies.add_selfie(actor=actor, shoot=shoot, data=file.read(), name=file.name or "")
        except Problem as problem:
            problems.append(problem)
    if request.headers.get("HX-Request"):
        context = {**_context(shoot, token), "upload_problems": problems}
        return render(request, "employee/live.html", context)
    if problems:
        return _page(request, shoot, token, upload_problems=problems)
    return redirect("employee:start", token)


@require_POST
def remove(request: HttpRequest, token: str, selfie_id: UUID) -> HttpResponse:
    """Remove a photo."""
    shoot, actor = _open(request, token)
    selfies.remove_selfie(actor=actor, selfie=access.own_selfie(shoot, selfie_id))
    return redirect("employee:start", token)


@require_POST
def hand_in(request: HttpRequest, token: str) -> HttpResponse:
    """Hand the photos in."""
    shoot, actor = _open(request, token)
    try:
        selfies.hand_in(actor=actor, shoot=shoot)
    except Problem as problem:
        return _page(request, shoot, token, problem=problem)
    return redirect("employee:start", token)


@require_POST
def pick(request: HttpRequest, token: str, candidate_id: UUID) -> HttpResponse:
    """Pick one of the short list."""
    shoot, actor = _open(request, token)
    candidate = access.own_candidate(shoot, candidate_id)
    choosing.pick(actor=actor, shoot=shoot, candidate=candidate)
    return redirect("employee:start", token)


@require_POST
def again(request: HttpRequest, token: str) -> HttpResponse:
    """None of these."""
    shoot, actor = _open(request, token)
    # What was ticked, and what was typed beside it.
    reason = " ".join(request.POST.getlist("reason"))
    choosing.ask_again(actor=actor, shoot=shoot, reason=reason)
    return redirect("employee:start", token)


@require_POST
def opt_out(request: HttpRequest, token: str) -> HttpResponse:
    """Step out."""
    shoot, actor = _open(request, token)
    choosing.opt_out(actor=actor, shoot=shoot)
    return redirect("employee:start", token)

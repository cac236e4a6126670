"""The employee's page itself: who comes in by the link, and what the page shows."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from accounts import clocks, languages
from accounts.actors import Actor, employee_actor
from accounts.consent import invitations
from accounts.consent.jurisdictions import Jurisdiction
from accounts.consent.releases import release_text
from accounts.developers import embedding
from generation import access, states
from generation.approving import choosing
from generation.approving.alternatives import AGREEMENT
from generation.delivering import own_files
from generation.finishing import before_and_after, renditions
from generation.leaving import certificates, withdrawals
from generation.models import Selfie, Shoot, State
from generation.ordering import progress
from generation.photos import selfies, together, variety, wishes
from generation.publishing import runs
from generation.views import folds
from generation.views.embedded import frame
from headshots.lib.problems import Problem


def come_in(request: HttpRequest, token: str, *, for_rights: bool = False) -> tuple[Shoot, Actor]:
    """The shoot behind a link and its person as actor; from here on the page speaks their language
    and goes by their clock. `for_rights`: for what they may do at any time, however they came."""
    invitation = invitations.open_link(token=token, for_rights=for_rights)
    # What looks through mail fetches the page alone. A page in a browser asks for a part of itself,
    # and whoever has no scripts is noted by what they send.
    if request.method == "POST" or request.headers.get("HX-Request"):
        invitations.note_opened(invitation=invitation)
    shoot = access.invited_shoot(invitation)
    # A link for the rights alone is mailed, and no partner's page was given it.
    by = None if invitation.rights_only else embedding.opened_by(token=token, invitation=invitation)
    frame(request, by)
    language = languages.known_language(shoot.employee, shoot.invitation)
    if language:
        translation.activate(language)
        request.LANGUAGE_CODE = language
    clocks.show(clocks.of_employee(shoot.employee))
    return shoot, employee_actor(shoot.employee, request)


def page_context(request: HttpRequest, shoot: Shoot, token: str) -> dict[str, object]:
    """What a page shows of a shoot, wherever on the way its person is."""
    context: dict[str, object] = {
        "shoot": shoot,
        "token": token,
        "organisation": shoot.order.organisation,
        "words": progress.words(shoot),
        "percent": progress.percent(shoot),
        "headshot": getattr(shoot, "headshot", None),
        "alternative": getattr(shoot, "alternative", None),
        "working": shoot.state in (State.QUEUED, State.TRAINING, State.GENERATING),
        "leaving": shoot.state not in states.ENDED,
        "other_orders": _other_orders(shoot),
        "our_words": states.OUR_WORDS,
        "rounds_left": choosing.rounds_left(shoot),
        "reasons": choosing.Reason,
        "return_url": getattr(request, "return_url", ""),
        "least": selfies.LEAST,
        "most": selfies.MOST,
    }
    if shoot.state == State.INVITED:
        where = request.GET.get("where") or request.POST.get("where")
        context["release"] = release_text(
            shoot.employee, jurisdiction=where, language=translation.get_language() or "en"
        )
        context["jurisdictions"] = Jurisdiction
        context["late"] = shoot.order.due_at <= timezone.now()
    elif shoot.state == State.COLLECTING:
        context |= _photos(shoot)
    elif shoot.state in (State.CHOOSING, State.APPROVING):
        choice = choosing.choice(shoot=shoot)
        context["short_list"] = choice.short_list
        context["folds"] = folds.of_others(choice)
        context["likest"] = choice.likest
        context["few"] = 0 < len(choice.short_list) < choosing.SHORTEST
        context["to_look_for"] = wishes.to_look_for(shoot)
    elif shoot.state == State.DELIVERED:
        headshot = own_files.headshot(shoot=shoot)
        context["files"] = list(renditions.of(headshot).values())
        context["portrait"] = renditions.main(headshot)
    elif shoot.state == State.OPTED_OUT:
        context["agreement"] = translation.gettext(AGREEMENT).format(
            organisation=shoot.order.organisation.name
        )
        given = own_files.instead(shoot=shoot)
        context["files"] = own_files.files_instead(given=given) if given else []
        context["standing_in"] = runs.standing_in(shoot=shoot)
    elif shoot.state == State.WITHDRAWN:
        context["certificate"] = certificates.of(shoot)
    context["new_plate"] = before_and_after.pair_of(shoot=shoot)
    return context


def _other_orders(shoot: Shoot) -> list[str]:
    """The names of a person's other orders that stepping out of this one leaves as they are."""
    covered = [one for one in withdrawals.covered(shoot) if one.pk != shoot.pk]
    return [one.order.name for one in covered if one.state != State.OPTED_OUT]


def _photos(shoot: Shoot) -> dict[str, object]:
    photos = list(shoot.selfies.all())
    accepted = sum(photo.verdict == Selfie.Verdict.ACCEPTED for photo in photos)
    attires = wishes.attires(shoot)
    return {
        "photos": photos,
        "accepted": accepted,
        "checking": any(photo.verdict == Selfie.Verdict.CHECKING for photo in photos),
        "missing": max(0, selfies.LEAST - accepted),
        "variety": variety.of(photos),
        "wrong": together.wrong(photos),
        "attires": attires,
        "attire": shoot.attire or attires[0],
        "keeps": wishes.Keep,
    }


def page(request: HttpRequest, shoot: Shoot, token: str, **more: object) -> HttpResponse:
    """The whole page; a `problem` among what it shows gives it its status."""
    problem = more.get("problem")
    status = problem.status if isinstance(problem, Problem) else 200
    context = {**page_context(request, shoot, token), **more}
    return render(request, "employee/page.html", context, status=status)

"""Acting for somebody who has signed on paper: the attestation, their photos, handing them in."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import Membership, membership
from accounts.actors import user_actor
from accounts.consent.releases import release_text
from accounts.models import Role
from generation import access
from generation.inviting import signing
from generation.models import Shoot
from generation.photos import handing_in, selfies
from generation.views import photo_files, shoot_page
from headshots.lib.problems import Problem


@require_POST
@login_required
def attest(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """Put one's name to it that somebody has signed; their photos may come then."""
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.shoot(inside, shoot_id)
    if not request.POST.get("attested"):
        messages.error(request, _("Tick the sentence first: it is what you put your name to."))
    elif request.POST.get("read_hash") != release_text(found.employee).sha256:
        messages.error(
            request, _("The text has changed since you opened this page. Please read it again.")
        )
    else:
        actor = user_actor(inside.user, request)
        statement = shoot_page.attestation(found)
        signing.attest_release(actor=actor, shoot=found, statement=statement)
    return redirect("shoot", slug=slug, shoot_id=shoot_id)


@require_POST
@login_required
def upload(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """Take their photos in: the good are kept, of each other one it is said what is wrong."""
    inside, found = _attested(request, slug, shoot_id)
    files = request.FILES.getlist("photos")
    problems = photo_files.take_in(actor=user_actor(inside.user, request), shoot=found, files=files)
    if problems:
        return shoot_page.page(request, inside, found, problems=problems)
    return redirect("shoot", slug=slug, shoot_id=shoot_id)


@require_POST
@login_required
def remove(request: HttpRequest, slug: str, shoot_id: UUID, selfie_id: UUID) -> HttpResponse:
    """Remove one of them."""
    inside, found = _attested(request, slug, shoot_id)
    selfie = access.selfies(inside, found).filter(pk=selfie_id).first()
    if selfie is None:
        raise Http404
    selfies.remove_selfie(actor=user_actor(inside.user, request), selfie=selfie)
    return redirect("shoot", slug=slug, shoot_id=shoot_id)


@require_POST
@login_required
def hand_in(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """Hand them in."""
    inside, found = _attested(request, slug, shoot_id)
    try:
        handing_in.hand_in(actor=user_actor(inside.user, request), shoot=found)
    except Problem as problem:
        messages.error(request, problem.sentence)
    else:
        said = _("The photos of {name} are handed in.").format(name=found.employee.name)
        messages.success(request, said)
    return redirect("shoot", slug=slug, shoot_id=shoot_id)


def _attested(request: HttpRequest, slug: str, shoot_id: UUID) -> tuple[Membership, Shoot]:
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.shoot(inside, shoot_id)
    if not shoot_page.is_attested(found):
        raise Problem(
            _("Nobody attests that {name} has signed, so the photos are theirs to add.").format(
                name=found.employee.name
            ),
            code="not_attested",
            status=409,
        )
    return inside, found

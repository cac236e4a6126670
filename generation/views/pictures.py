"""Private pictures, each behind its door."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.access import Membership, membership
from accounts.actors import user_actor
from accounts.consent import invitations
from generation import access, viewing
from generation.finishing import before_and_after


def private_jpeg(key: str) -> HttpResponse:
    """A JPEG from the vault, for nobody’s cache."""
    return private_picture(key, "image/jpeg")


def private_picture(key: str, content_type: str) -> HttpResponse:
    """A picture from the vault, for nobody’s cache."""
    response = viewing.file(key, content_type)
    if response is None:
        raise Http404
    return response


def note(request: HttpRequest, inside: Membership, about: viewing.Picture) -> None:
    """Write down that a member looked at a picture, where it is sent."""
    if request.method == "GET":
        actor = user_actor(inside.user, request)
        viewing.note(actor=actor, organisation=inside.organisation, about=about)


@require_safe
@login_required
def candidate(request: HttpRequest, slug: str, candidate_id: UUID) -> HttpResponse:
    """A finished picture, for a member; that they looked is written down."""
    inside = membership(request.user, slug)
    found = access.candidate(inside, candidate_id)
    response = private_jpeg(found.finished)
    note(request, inside, found)
    return response


@require_safe
@login_required
def alternative(request: HttpRequest, slug: str, alternative_id: UUID) -> HttpResponse:
    """What was given instead of a headshot, for a member; that they looked is written down."""
    inside = membership(request.user, slug)
    found = access.alternative(inside, alternative_id)
    response = private_jpeg(found.finished)
    note(request, inside, found)
    return response


@require_safe
def own_candidate(request: HttpRequest, token: str, candidate_id: UUID) -> HttpResponse:
    """A finished picture, for the employee themselves."""
    shoot = access.invited_shoot(invitations.open_link(token=token))
    return private_jpeg(access.own_candidate(shoot, candidate_id).finished)


@require_safe
def own_plate_picture(request: HttpRequest, token: str, rendition_id: UUID) -> HttpResponse:
    """One's own headshot before or after a change of plate or crop, to look at."""
    shoot = access.invited_shoot(invitations.open_link(token=token))
    pair = before_and_after.pair_of(shoot=shoot)
    for found in (pair.before, pair.after) if pair else ():
        if found.pk == rendition_id:
            return private_picture(found.file, found.content_type)
    raise Http404


@require_safe
def own_selfie(request: HttpRequest, token: str, selfie_id: UUID) -> HttpResponse:
    """A photo of one's own."""
    shoot = access.invited_shoot(invitations.open_link(token=token))
    return private_jpeg(access.own_selfie(shoot, selfie_id).file)

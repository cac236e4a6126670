"""The one door to what generation/ keeps for an organisation or an employee.

Members come through their membership, employees through their invitation; everything else is 404.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404

from accounts.access import Inside
from accounts.models import Invitation
from generation import states
from generation.models import (
    Alternative,
    Candidate,
    Directory,
    DownloadLink,
    Export,
    Headshot,
    JoinLink,
    Look,
    Order,
    Plate,
    PublishingRun,
    Refinish,
    Rendition,
    Selfie,
    Shoot,
    State,
)


def looks(inside: Inside) -> QuerySet[Look]:
    """The newest version of each look of the organisation."""
    return (
        Look.objects.filter(organisation=inside.organisation)
        .order_by("name", "-version")
        .distinct("name")
    )


def look(inside: Inside, look_id: UUID) -> Look:
    found = Look.objects.filter(organisation=inside.organisation, pk=look_id).first()
    if found is None:
        raise Http404
    return found


def orders(inside: Inside) -> QuerySet[Order]:
    return Order.objects.filter(organisation=inside.organisation).select_related("look")


def order(inside: Inside, order_id: UUID) -> Order:
    found = orders(inside).select_related("organisation").filter(pk=order_id).first()
    if found is None:
        raise Http404
    return found


def shoots(inside: Inside, order: Order) -> QuerySet[Shoot]:
    """The shoots of an order with what its page shows of each."""
    return Shoot.objects.filter(
        order=order, order__organisation=inside.organisation
    ).select_related("employee", "order", "headshot__candidate", "alternative")


def shoot(inside: Inside, shoot_id: UUID) -> Shoot:
    found = (
        Shoot.objects.filter(order__organisation=inside.organisation, pk=shoot_id)
        .select_related(
            "order__organisation", "employee", "invitation", "headshot__candidate", "alternative"
        )
        .first()
    )
    if found is None:
        raise Http404
    return found


def shoots_named(inside: Inside, shoot_ids: Iterable[UUID]) -> list[Shoot]:
    """The shoots with these ids, each once, with their people and releases; all of them or 404."""
    wanted = list(dict.fromkeys(shoot_ids))
    found = (
        Shoot.objects.filter(order__organisation=inside.organisation)
        .select_related("employee", "release")
        .in_bulk(wanted)
    )
    if len(found) < len(wanted):
        raise Http404
    return [found[shoot_id] for shoot_id in wanted]


def all_shoots(inside: Inside) -> QuerySet[Shoot]:
    """Every shoot of the organisation."""
    return Shoot.objects.filter(order__organisation=inside.organisation).select_related(
        "headshot", "invitation"
    )


def selfies(inside: Inside, shoot: Shoot) -> QuerySet[Selfie]:
    """The photos of a shoot, as rows; the pictures are their person's alone."""
    return Selfie.objects.filter(shoot=shoot, shoot__order__organisation=inside.organisation)


def selfie(inside: Inside, selfie_id: UUID) -> Selfie:
    found = Selfie.objects.filter(
        shoot__order__organisation=inside.organisation, pk=selfie_id
    ).first()
    if found is None:
        raise Http404
    return found


def headshots(inside: Inside) -> QuerySet[Headshot]:
    """What was picked, with the files that count."""
    return (
        Headshot.objects.filter(shoot__order__organisation=inside.organisation)
        .select_related("shoot", "finishing")
        .prefetch_related("finishing__renditions")
    )


def headshot(inside: Inside, headshot_id: UUID) -> Headshot:
    found = headshots(inside).filter(pk=headshot_id).first()
    if found is None:
        raise Http404
    return found


def exports(inside: Inside) -> QuerySet[Export]:
    """What is packed or being packed."""
    return Export.objects.filter(organisation=inside.organisation)


def export(inside: Inside, export_id: UUID) -> Export:
    found = exports(inside).filter(pk=export_id).first()
    if found is None:
        raise Http404
    return found


def candidates(inside: Inside) -> QuerySet[Candidate]:
    """The candidates that passed the gate, as what failed is never shown; of a shoot that has
    ended the picked one alone, as nobody will choose any more."""
    return Candidate.objects.filter(
        ~Q(shoot__state__in=states.ENDED) | Q(headshots__isnull=False),
        shoot__order__organisation=inside.organisation,
        passed=True,
    )


def candidate(inside: Inside, candidate_id: UUID) -> Candidate:
    """One of them."""
    found = candidates(inside).filter(pk=candidate_id).first()
    if found is None:
        raise Http404
    return found


def alternatives(inside: Inside, order: Order) -> QuerySet[Alternative]:
    """What those of an order who opted out gave instead, finished or not."""
    return Alternative.objects.filter(
        shoot__order=order,
        shoot__order__organisation=inside.organisation,
        shoot__state=State.OPTED_OUT,
    ).select_related("shoot")


def alternative(inside: Inside, alternative_id: UUID) -> Alternative:
    """What somebody who opted out gave instead."""
    found = Alternative.objects.filter(
        shoot__order__organisation=inside.organisation,
        shoot__state=State.OPTED_OUT,
        pk=alternative_id,
    ).first()
    if found is None:
        raise Http404
    return found


def invited_shoot(invitation: Invitation) -> Shoot:
    """The shoot that an invitation belongs to."""
    found = (
        Shoot.objects.filter(invitation=invitation)
        .select_related("order__organisation", "employee__organisation", "release", "invitation")
        .first()
    )
    if found is None:
        raise Http404
    return found


def own_selfie(shoot: Shoot, selfie_id: UUID) -> Selfie:
    found = Selfie.objects.filter(shoot=shoot, pk=selfie_id).first()
    if found is None:
        raise Http404
    return found


def own_candidate(shoot: Shoot, candidate_id: UUID) -> Candidate:
    """A candidate on the employee's own short list."""
    found = Candidate.objects.filter(shoot=shoot, pk=candidate_id, passed=True).first()
    if found is None:
        raise Http404
    return found


def join_links(inside: Inside, order: Order | None) -> QuerySet[JoinLink]:
    """The join links of an order, or the organisation's own, newest first."""
    return JoinLink.objects.filter(order=order, organisation=inside.organisation).select_related(
        "organisation", "order", "grant"
    )


def join_link(inside: Inside, link_id: UUID) -> JoinLink:
    found = (
        JoinLink.objects.filter(organisation=inside.organisation, pk=link_id)
        .select_related("organisation", "order", "grant")
        .first()
    )
    if found is None:
        raise Http404
    return found


def plate(inside: Inside, plate_id: UUID) -> Plate:
    found = Plate.objects.filter(organisation=inside.organisation, pk=plate_id).first()
    if found is None:
        raise Http404
    return found


def plates(inside: Inside) -> QuerySet[Plate]:
    """The newest version of each plate of the organisation."""
    return (
        Plate.objects.filter(organisation=inside.organisation)
        .order_by("name", "-version")
        .distinct("name")
    )


def refinish(inside: Inside, refinish_id: UUID) -> Refinish:
    found = (
        Refinish.objects.filter(order__organisation=inside.organisation, pk=refinish_id)
        .select_related("order__organisation", "order__look", "finish__plate", "before__plate")
        .first()
    )
    if found is None:
        raise Http404
    return found


def rendition(inside: Inside, rendition_id: UUID) -> Rendition:
    """A file of a headshot, in use or waiting to be."""
    found = (
        Rendition.objects.filter(
            finishing__headshot__shoot__order__organisation=inside.organisation, pk=rendition_id
        )
        .select_related("finishing__headshot__shoot__employee")
        .first()
    )
    if found is None:
        raise Http404
    return found


def download_links(inside: Inside, order: Order) -> QuerySet[DownloadLink]:
    """The download links of an order."""
    return DownloadLink.objects.filter(
        order=order, order__organisation=inside.organisation
    ).select_related("grant")


def download_link(inside: Inside, link_id: UUID) -> DownloadLink:
    found = (
        DownloadLink.objects.filter(order__organisation=inside.organisation, pk=link_id)
        .select_related("order__organisation", "grant")
        .first()
    )
    if found is None:
        raise Http404
    return found


def own_rendition(shoot: Shoot, rendition_id: UUID) -> Rendition:
    """A file of one's own approved headshot."""
    found = Rendition.objects.filter(
        pk=rendition_id,
        finishing__counts_for__shoot=shoot,
        finishing__counts_for__shoot__state=State.DELIVERED,
    ).first()
    if found is None:
        raise Http404
    return found


def directories(inside: Inside) -> QuerySet[Directory]:
    return Directory.objects.filter(organisation=inside.organisation)


def directory(inside: Inside, directory_id: UUID) -> Directory:
    found = directories(inside).select_related("organisation").filter(pk=directory_id).first()
    if found is None:
        raise Http404
    return found


def publishing_run(inside: Inside, run_id: UUID) -> PublishingRun:
    found = (
        PublishingRun.objects.filter(order__organisation=inside.organisation, pk=run_id)
        .select_related("order__organisation", "directory")
        .first()
    )
    if found is None:
        raise Http404
    return found

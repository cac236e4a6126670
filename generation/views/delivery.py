"""What is ready to leave, under which names, to whom, and by whom it was fetched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import clocks, pace
from accounts.access import Membership, membership
from accounts.actors import Actor, user_actor
from accounts.consent import invitations
from accounts.models import Role
from generation import access, viewing
from generation.delivering import delivery, disclosure, download_links, naming, own_files
from generation.finishing import credentials, rendition_table, renditions
from generation.models import Alternative, Order, State
from generation.ordering import orders
from headshots.lib import numbers
from headshots.lib.problems import Problem

# So many people whose files could not be made stand on the page.
FAILED_SHOWN = 5


@require_safe
@login_required
def page(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """The delivery page of an order."""
    inside = membership(request.user, slug)
    return _page(request, inside, access.order(inside, order_id))


def _page(
    request: HttpRequest,
    inside: Membership,
    order: Order,
    *,
    problem: Problem | None = None,
    pattern: str | None = None,
    link_form: dict[str, object] | None = None,
) -> HttpResponse:
    pattern = order.naming or naming.DEFAULT if pattern is None else pattern
    parcel = delivery.pack(order=order)
    named, failed = parcel.named, parcel.failed
    kinds = delivery.kinds(order=order)
    misnamed = problem is not None and problem.field == "naming"
    counts = orders.counts(order=order)
    files = renditions.of_order(order)
    photos = sum(a.kind == Alternative.Kind.PHOTO for _name, a in parcel.instead)
    signed = [made.signed for per in files.values() for made in per.values()]
    return render(
        request,
        "generation/delivery.html",
        {
            "inside": inside,
            "order": order,
            "ready": parcel.ready,
            "approved": len(named),
            "instead": len(parcel.instead),
            "photos": photos,
            "initials": len(parcel.instead) - photos,
            "publishable": len(named) + photos,
            "total": sum(counts.values()),
            "approving": counts[State.APPROVING],
            "waiting": parcel.waiting,
            "failed": [(h.shoot, reason) for h, reason in failed[:FAILED_SHOWN]],
            "failed_count": len(failed),
            "failed_more": max(0, len(failed) - FAILED_SHOWN),
            "kinds": kinds,
            "pattern": pattern,
            "fields": [f"{{{name}}}" for name in naming.FIELDS],
            "preview": []
            if misnamed
            else [f"{stem}.jpg" for stem, _picture in (*named, *parcel.instead)[:4]],
            "sentences": [] if misnamed else parcel.sentences,
            "links": _links(order, kinds) if inside.may_edit else [],
            "days": download_links.DAYS,
            "link_form": link_form or {"kinds": [row.kind for row in kinds], "days": 7, "note": ""},
            "signed": all(signed) and bool(signed),
            "unsigned": bool(signed) and not all(signed),
            "disclosures": disclosure.texts(
                organisation=inside.organisation.name,
                signed=all(signed) if signed else credentials.known() is not None,
                photographed=photos > 0,
                picked=disclosure.picked_of([headshot for _name, headshot in named]),
            )
            if named
            else [],
            "directories": list(access.directories(inside)) if inside.may_edit else [],
            "runs": list(order.publishing_runs.select_related("directory")[:8])
            if inside.may_edit
            else [],
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )


def _links(order: Order, kinds: Sequence[rendition_table.Row]) -> list[dict[str, object]]:
    there = {row.kind for row in kinds}
    return [
        {
            "row": link,
            "open": download_links.is_open(link),
            "url": download_links.address(link),
            "gone": [kind for kind in link.kinds if kind not in there],
            "all_gone": bool(link.kinds) and there.isdisjoint(link.kinds),
        }
        for link in download_links.of_order(order=order)
    ]


@require_POST
@login_required
def save_naming(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """Keep the naming pattern."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    pattern = request.POST.get("naming", "")
    try:
        delivery.save_naming(actor=user_actor(inside.user, request), order=order, pattern=pattern)
    except Problem as problem:
        return _page(request, inside, order, problem=problem, pattern=pattern)
    messages.success(request, _("Files are named by this pattern from now on."))
    return redirect("order_delivery", slug=slug, order_id=order_id)


@require_safe
@login_required
def download(request: HttpRequest, slug: str, order_id: UUID) -> StreamingHttpResponse:
    """The approved headshots, in all renditions or in ?kinds=, and a status list as a ZIP."""
    inside = membership(request.user, slug)
    order = access.order(inside, order_id)
    actor = user_actor(inside.user, request)
    pieces = delivery.zip_order(actor=actor, order=order, wanted=request.GET.getlist("kinds"))
    return _zip(pieces, "headshots.zip")


def _zip(pieces: Iterator[bytes], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    # A proxy that waits for the whole would undo the streaming.
    response["X-Accel-Buffering"] = "no"
    return response


@require_POST
@login_required
def make_link(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """A link that ends."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    kinds = request.POST.getlist("kinds")
    days, note = request.POST.get("days", ""), request.POST.get("note", "")
    try:
        # All that are there: what is rendered later goes along, too.
        every = {row.kind for row in delivery.kinds(order=order)} == set(kinds)
        if not kinds and "kinds_shown" in request.POST:
            raise Problem(_("Tick what the link gives."), code="renditions", field="kinds")
        download_links.make(
            actor=user_actor(inside.user, request),
            order=order,
            days=numbers.whole(days),
            wanted=() if every else kinds,
            note=note,
        )
    except Problem as problem:
        filled = {"kinds": kinds, "days": numbers.whole(days), "note": note}
        return _page(request, inside, order, problem=problem, link_form=filled)
    messages.success(request, _("The link is made. Copy it below."))
    return redirect("order_delivery", slug=slug, order_id=order_id)


@require_POST
@login_required
def revoke_link(request: HttpRequest, slug: str, link_id: UUID) -> HttpResponse:
    """End a link."""
    inside = membership(request.user, slug, Role.ADMIN)
    link = access.download_link(inside, link_id)
    download_links.revoke(actor=user_actor(inside.user, request), link=link)
    messages.success(request, _("The link gives nothing any more."))
    return redirect("order_delivery", slug=slug, order_id=link.order_id)


@require_safe
@never_cache
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """What somebody with a link sees before they fetch it."""
    link = download_links.open_link(token=token)
    clocks.show(clocks.at_home(link.order.organisation))
    parcel = delivery.pack(order=link.order, wanted=link.kinds, long_chosen=True)
    return render(
        request,
        "generation/shared.html",
        {
            "link": link,
            "token": token,
            "organisation": link.order.organisation,
            "count": parcel.ready,
            "instead": parcel.ready_instead,
            "gone": parcel.gone,
            "all_gone": bool(link.kinds) and len(parcel.gone) == len(link.kinds),
        },
    )


@require_safe
def shared_zip(request: HttpRequest, token: str) -> StreamingHttpResponse:
    """The files behind a link."""
    link = download_links.open_link(token=token)
    address = request.META.get("REMOTE_ADDR")
    pace.keep("shared", str(link.pk), most=30, seconds=3600)
    actor = Actor(kind="link", name=_("Somebody with a link"), address=address)
    return _zip(download_links.download(actor=actor, link=link), "headshots.zip")


@require_safe
@never_cache
def own_file(request: HttpRequest, token: str, rendition_id: UUID) -> HttpResponse:
    """One rendition of one's own headshot."""
    shoot = access.invited_shoot(invitations.open_link(token=token))
    found = access.own_rendition(shoot, rendition_id)
    return _own(found.file, found.content_type, f"headshot-{found.kind}")


@require_safe
@never_cache
def instead_file(request: HttpRequest, token: str, kind: str) -> HttpResponse:
    """One file of the photo that was given instead of a headshot."""
    shoot = access.invited_shoot(invitations.open_link(token=token))
    found = own_files.file_instead(shoot=shoot, kind=kind)
    return _own(found.key, found.content_type, f"photo-{found.kind}")


def _own(key: str, content_type: str, stem: str) -> HttpResponse:
    ending = key.rsplit(".", 1)[-1]
    response = viewing.file(key, content_type, attachment=True, name=f"{stem}.{ending}")
    if response is None:
        raise Http404
    return response


@require_safe
def own_zip(request: HttpRequest, token: str) -> StreamingHttpResponse:
    """All files of one's own headshot, or of what was given instead of one."""
    shoot = access.invited_shoot(invitations.open_link(token=token))
    name = "photo.zip" if shoot.state == State.OPTED_OUT else "headshot.zip"
    return _zip(own_files.zip_own(shoot=shoot), name)

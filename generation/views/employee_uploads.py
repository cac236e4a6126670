"""Photos that a browser sends in pieces, so that they go on after a lost connection."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from generation.models import Upload
from generation.photos import uploads
from generation.views.employee_page import come_in
from headshots.lib import numbers
from headshots.lib.problems import Problem


def _refused(problem: Problem) -> JsonResponse:
    return JsonResponse({"problem": problem.sentence, "code": problem.code}, status=problem.status)


@require_POST
def begin(request: HttpRequest, token: str) -> JsonResponse:
    """Announce a file: its identifier, and from which byte on it is wanted."""
    try:
        shoot, _actor = come_in(request, token)
        upload = uploads.begin(
            shoot=shoot,
            mark=request.POST.get("mark", ""),
            name=request.POST.get("name", ""),
            size=numbers.whole(request.POST.get("size", "")),
        )
    except Problem as problem:
        return _refused(problem)
    return JsonResponse(
        {"id": str(upload.pk), "received": upload.received, "piece": uploads.PIECE_BYTES}
    )


@require_POST
def piece(request: HttpRequest, token: str, upload_id: UUID) -> JsonResponse:
    """One piece, the body as it is; `at` in the address is where it begins."""
    try:
        shoot, actor = come_in(request, token)
    except Problem as problem:
        return _refused(problem)
    upload = Upload.objects.filter(shoot=shoot, pk=upload_id).select_related("shoot__order").first()
    if upload is None:
        raise Http404
    try:
        selfie = uploads.take(
            actor=actor,
            upload=upload,
            at=numbers.whole(request.GET.get("at", "")),
            piece=request.body,
        )
    except Problem as problem:
        return _refused(problem)
    if selfie is None:
        upload.refresh_from_db(fields=["received"])
        return JsonResponse({"received": upload.received, "done": False})
    return JsonResponse({"received": upload.size, "done": True})

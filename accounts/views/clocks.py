"""Where an organisation and its places are on the clock, and when reminders rest."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import access, clocks
from accounts.actors import user_actor
from accounts.models import Location, Role
from accounts.staff import roster_people
from headshots.lib import numbers
from headshots.lib.problems import Problem


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """The organisation's time zone, its quiet hours, and the zones of the roster's locations."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    organisation = inside.organisation
    problem = None
    names = roster_people.choices(access.employees(inside), "location")
    known = dict(
        Location.objects.filter(organisation=organisation).values_list("name", "time_zone")
    )
    said = {
        "time_zone": organisation.time_zone,
        "quiet_from": str(organisation.quiet_from),
        "quiet_until": str(organisation.quiet_until),
    }
    if request.method == "POST":
        said = {name: request.POST.get(name, "").strip() for name in said}
        zones = zip(request.POST.getlist("location"), request.POST.getlist("zone"), strict=False)
        known |= {name: zone.strip() for name, zone in zones if name in names}
        try:
            clocks.set_clocks(
                actor=user_actor(inside.user, request),
                organisation=organisation,
                time_zone=said["time_zone"],
                quiet_from=numbers.whole(said["quiet_from"]),
                quiet_until=numbers.whole(said["quiet_until"]),
                locations={name: zone for name, zone in known.items() if name in names},
            )
            messages.success(request, _("The clocks are set."))
            return redirect("organisation_clocks", slug=slug)
        except Problem as refused:
            problem = refused
    return render(
        request,
        "accounts/clocks.html",
        {
            "inside": inside,
            "said": said,
            "hours": range(24),
            "places": [(name, known.get(name, "")) for name in names],
            "zones": clocks.zones(),
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )

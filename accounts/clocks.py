"""What time it is where somebody works, whether they may be reminded then, and when a day ends;
and showing times by the clock there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.models import Employee, Location, Organisation
from headshots.lib.problems import Problem


@cache
def zones() -> tuple[str, ...]:
    """The time zones to choose from: UTC, then by region and town."""
    regions = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/")
    named = (z for z in available_timezones() if z.startswith((*regions, "Pacific/")))
    return ("UTC", *sorted(named))


def awake(*, zone: str, quiet_from: int, quiet_until: int, at: datetime) -> bool:
    """Whether mail that can wait may go out there: on weekdays outside the quiet hours."""
    there = at.astimezone(ZoneInfo(zone))
    if there.weekday() > 4:
        return False
    if quiet_from <= quiet_until:
        return not quiet_from <= there.hour < quiet_until
    return quiet_until <= there.hour < quiet_from


def at_home(organisation: Organisation) -> ZoneInfo:
    """The clock of an organisation."""
    return ZoneInfo(organisation.time_zone)


def of_employee(employee: Employee) -> ZoneInfo:
    """The clock where somebody works: that of their place on the roster, if it has one of its own,
    else their organisation's."""
    if employee.location:
        places = Location.objects.filter(
            organisation=employee.organisation_id, name=employee.location
        )
        for zone in places.values_list("time_zone", flat=True):
            return ZoneInfo(zone)
    return at_home(employee.organisation)


def show(zone: ZoneInfo) -> None:
    """Have the page that is being made show times by that clock, until the request is over
    (headshots.clocks). What is computed, kept or sent to programs stays in UTC."""
    timezone.activate(zone)


def day_of(moment: datetime, *, organisation: Organisation) -> date:
    """Which day it is then where the organisation is at home."""
    return moment.astimezone(at_home(organisation)).date()


def end_of(day: date, *, organisation: Organisation) -> datetime:
    """The last minute of a day where the organisation is at home."""
    return datetime.combine(day, time(23, 59), tzinfo=at_home(organisation))


@transaction.atomic
def set_clocks(
    *,
    actor: Actor,
    organisation: Organisation,
    time_zone: str,
    quiet_from: int,
    quiet_until: int,
    locations: Mapping[str, str],
) -> None:
    """Say where the organisation is at home, when reminders rest, and which of the roster's
    locations have another clock (an empty zone: none of its own).

    Raises Problem for a zone or an hour that does not exist.
    """
    for zone in (time_zone, *filter(None, locations.values())):
        if zone not in zones():
            raise Problem(
                _("“{zone}” is no time zone. Choose one from the list.").format(zone=zone[:60]),
                code="time_zone",
                field="time_zone",
            )
    if not (0 <= quiet_from <= 23 and 0 <= quiet_until <= 23) or quiet_from == quiet_until:
        raise Problem(
            _("Give two different hours between 0 and 23."), code="hours", field="quiet_from"
        )
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    organisation.time_zone = time_zone
    organisation.quiet_from, organisation.quiet_until = quiet_from, quiet_until
    organisation.save(update_fields=["time_zone", "quiet_from", "quiet_until"])
    for name, zone in locations.items():
        if zone:
            Location.objects.update_or_create(
                organisation=organisation, name=name[:100], defaults={"time_zone": zone}
            )
        else:
            Location.objects.filter(organisation=organisation, name=name).delete()
    audit.record(
        actor=actor,
        organisation=organisation,
        action="organisation.clocks",
        about=organisation,
        time_zone=time_zone,
        quiet=f"{quiet_from}–{quiet_until}",
    )

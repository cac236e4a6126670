"""Reading the audit log: who, what, when; and taking it along as a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_address
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import audit, audit_details, audit_words
from accounts.actors import Actor
from accounts.models import AuditEntry, Organisation, User
from headshots.lib import numbers
from headshots.lib.problems import Problem
from headshots.lib.tables import write_csv

MOST_EXPORTED = 100_000
# The last two are what the API calls the act and what it is about, in every language.
HEADERS = (
    gettext_noop("Time (UTC)"),
    gettext_noop("Who"),
    gettext_noop("Kind of actor"),
    gettext_noop("IP address"),
    gettext_noop("What"),
    gettext_noop("About"),
    gettext_noop("Details"),
    gettext_noop("Code"),
    gettext_noop("ID of what it is about"),
)


@dataclass(frozen=True)
class Filter:
    """What is looked for. Both days are included; empty means any."""

    who: str = ""
    what: str = ""
    since: date | None = None
    until: date | None = None

    @classmethod
    def read(cls, words: Mapping[str, str]) -> Filter:
        """From an address or a form. Raises Problem for a day that is none, and for days the wrong
        way round."""
        found = cls(
            who=words.get("who", "").strip()[:200],
            what=words.get("what", "").strip()[:60],
            since=_day(words, "since"),
            until=_day(words, "until"),
        )
        if found.since and found.until and found.since > found.until:
            raise Problem(
                _("The first day comes after the last. Exchange the two."),
                code="day",
                field="since",
            )
        return found

    def words(self) -> dict[str, str]:
        """The same as words of an address; what is empty is left out."""
        found = {
            "who": self.who,
            "what": self.what,
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
        }
        return {name: value for name, value in found.items() if value}


def search(
    entries: QuerySet[AuditEntry], wanted: Filter, *, zone: ZoneInfo
) -> QuerySet[AuditEntry]:
    """Those of the entries that are looked for, in the order they came; days by that clock."""
    if wanted.who:
        meant = Q(actor_name__icontains=wanted.who)
        # A name is shown where there is one; people know each other's addresses, too.
        accounts = User.objects.filter(email__icontains=wanted.who)
        meant |= Q(actor_kind="user", actor_id__in=accounts.values(key=Cast("pk", TextField())))
        if _is_address(wanted.who):
            meant |= Q(address=wanted.who)
        entries = entries.filter(meant)
    if wanted.what:
        entries = entries.filter(action=wanted.what)
    if wanted.since:
        entries = entries.filter(created_at__gte=_midnight(wanted.since, zone))
    if wanted.until:
        entries = entries.filter(created_at__lt=_midnight(wanted.until + timedelta(days=1), zone))
    return entries


@transaction.atomic
def export(
    *, actor: Actor, organisation: Organisation, entries: QuerySet[AuditEntry], wanted: Filter
) -> bytes:
    """The entries as a CSV file in the language that is active, of which no cell runs as a
    formula; noted in the log itself.

    Raises Problem for more than MOST_EXPORTED.
    """
    count = entries.count()
    if count > MOST_EXPORTED:
        raise Problem(
            _("These are {count} entries; a file holds {most_exported}. Choose fewer days.").format(
                count=numbers.grouped(count), most_exported=numbers.grouped(MOST_EXPORTED)
            ),
            code="too_many",
            field="since",
        )
    headers = [_(header) for header in HEADERS]
    data = write_csv(headers, (_row(entry) for entry in entries.iterator(chunk_size=2000)))
    audit.record(
        actor=actor,
        organisation=organisation,
        action="log.exported",
        entries=count,
        filter=wanted.words(),
    )
    return data


def _row(entry: AuditEntry) -> tuple[object, ...]:
    return (
        entry.created_at.astimezone(UTC).isoformat(timespec="seconds"),
        entry.actor_name,
        audit_details.actor_kind(entry.actor_kind),
        entry.address or "",
        audit_words.said(entry.action),
        audit_details.object_type(entry.object_type),
        audit_details.line(entry),
        entry.action,
        entry.object_id,
    )


def _day(words: Mapping[str, str], name: str) -> date | None:
    text = words.get(name, "").strip()
    if not text:
        return None
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    # The day after the last one has no date.
    if found is None or found >= date(9999, 12, 31):
        raise Problem(_("“{value}” is not a day.").format(value=text[:40]), code="day", field=name)
    return found


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True

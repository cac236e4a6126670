"""What an entry of the audit log says besides, in the language of whoever reads it.

Entries hold codes, so that each reader has their own words for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import audit_words
from accounts.audit_codes import CODES, KINDS_OF_ACTOR, LABELS, OBJECTS
from accounts.developers import scopes
from accounts.models import AuditEntry
from headshots.lib import numbers
from headshots.lib.filled import in_words
from headshots.lib.money import money

# Numbers that are no amounts.
_VERSIONS = ("version", "finish")
_CENTS = ("cents", "cap_cents")
_MOMENTS = ("old_until", "since", "until")


def of(entry: AuditEntry) -> list[tuple[str, str]]:
    """Each detail of an entry as a label and what it is."""
    group = entry.action.partition(".")[0]
    return [(label(key), _value(group, key, value)) for key, value in entry.details.items()]


def line(entry: AuditEntry) -> str:
    """The same in one line."""
    return _joined(of(entry))


def label(key: str) -> str:
    """What a detail is called; its own name where there are no words for it."""
    known = LABELS.get(key)
    return _(known) if known else key


def object_type(name: str) -> str:
    """What an entry is about."""
    known = OBJECTS.get(name)
    return _(known) if known else name


def actor_kind(kind: str) -> str:
    """What kind of actor that is."""
    known = KINDS_OF_ACTOR.get(kind)
    return _(known) if known else kind


def _joined(pairs: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in pairs)


def _value(group: str, key: str, value: object) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int):
        return _number(key, value)
    if isinstance(value, Mapping):
        return _joined((label(name), _value("filter", name, one)) for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(_value(group, key, one) for one in value) or "–"
    return _text(group, key, str(value))


def _number(key: str, value: int) -> str:
    if key in _CENTS:
        return money(value)
    return str(value) if key in _VERSIONS else numbers.grouped(value)


def _text(group: str, key: str, value: str) -> str:
    if group == "employee" and key == "fields":
        known = CODES[group, key]
        return ", ".join(_(known.get(name, name)) for name in value.split(", "))
    if codes := CODES.get((group, key)):
        return _(codes[value]) if value in codes else value
    if key == "scopes":
        return scopes.says(value)
    if group == "filter" and key == "what":
        return audit_words.said(value)
    if key == "message":
        return in_words(value, ())
    return _moment(value) if key in _MOMENTS else value


def _moment(value: str) -> str:
    """A day, or a moment by the clock of the page, that was kept as ISO 8601 has it."""
    try:
        at: date | None = parse_datetime(value) if len(value) > 10 else parse_date(value)
    except ValueError:
        at = None
    if isinstance(at, datetime):
        return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
    return date_format(datetime.combine(at, time()), "SHORT_DATE_FORMAT") if at else value

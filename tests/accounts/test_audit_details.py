"""Whatever the audit log says is said in its reader's language, on the page and in the file."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts import audit_details
from accounts.audit_codes import CODES, KINDS_OF_ACTOR, LABELS, OBJECTS
from accounts.audit_log import HEADERS
from accounts.audit_words import ACTS, said
from accounts.models import AuditEntry, Role, WebhookEndpoint
from accounts.sso import providers
from accounts.staff import roster_columns
from billing.models import DepartmentBudget, Purchase
from generation.approving.choosing import Reason
from generation.art_direction import CHOICES
from generation.models import Alternative, Directory, PublishingRun, State
from generation.ordering import funnel
from generation.photos.wishes import Keep
from headshots.lib.tables import read_table
from tests.world import World

OTHERS = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
# Written by way of these, each with details of its own.
_WRAPPERS = {"_note": "webhook", "_decided": "order"}
# Of what is spread out of another's words.
_SPREAD = {"order": {"stage", "q", "department"}, "webhook": {"url", "types"}}
_LISTS = {"scopes", "networks", "origins", "domains", "sites", "candidates", "because", "keep"}
_TRUTHS = {"test", "on", "shown", "required", "results_too"}
_WORDS = {
    "name", "origin", "partner", "email", "reason", "role", "was", "domain", "kind", "file",
    "fields", "since", "event", "department", "departments", "period", "card", "pattern", "order",
    "look", "extends", "attire", "aim", "directory", "message", "stage", "q", "url", "version",
    "statement", "evidence", "old_until", "time_zone", "quiet", "candidate", "types",
}  # fmt: skip


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Each writing of an entry, with the first part of its action."""
    for app in ("accounts", "billing", "generation"):
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                called = ast.unparse(node.func)
                if called in _WRAPPERS and path.parts[-2] in ("webhooks", "finishing"):
                    yield _WRAPPERS[called], node
                elif called == "audit.record":
                    action = next(k.value for k in node.keywords if k.arg == "action")
                    text = ast.unparse(action)
                    found = re.search(r"f?['\"]([a-z_]+)\.", text)
                    # A name that is said elsewhere: of members, and of top-ups without details.
                    yield found[1] if found else "member", node


def details() -> dict[str, set[str]]:
    """Which details there are, by the first part of the actions."""
    found: dict[str, set[str]] = defaultdict(set)
    for group, call in calls():
        found[group] |= {k.arg for k in call.keywords if k.arg}
    for group, more in _SPREAD.items():
        found[group] |= more
    return {
        group: names - {"actor", "organisation", "action", "about", "endpoint", "what"}
        for group, names in found.items()
    }


def sample(group: str, name: str) -> object:
    """A value such as the code writes."""
    codes = CODES.get((group, name))
    if name in _TRUTHS:
        return True
    if name == "filter":
        return {"who": "Jon", "what": "look.saved", "since": "2026-03-01", "until": "2026-03-31"}
    if name in ("since", "old_until"):
        return "2026-03-01T12:00:00+00:00"
    if name == "scopes":
        return ["employees:read", "orders:write"]
    if name == "fields":
        return "title, department, attributes"
    if name == "message":
        return "Nobody can say why this failed."
    if codes:
        return list(codes) if name in _LISTS else next(iter(codes))
    if name in _LISTS:
        return ["a.example"]
    return "Somebody’s own words" if name in _WORDS else 1234


def entries(world: World) -> list[AuditEntry]:
    """One of every act, each with every detail that any act of its kind has."""
    known = details()
    return AuditEntry.objects.bulk_create(
        AuditEntry(
            organisation=world.organisation,
            actor_kind="system",
            action=action,
            object_type="shoot",
            details={
                name: sample(action.partition(".")[0], name)
                for name in sorted(known.get(action.partition(".")[0], ()))
            },
        )
        for action in ACTS
    )


def test_every_detail_that_is_written_has_a_name() -> None:
    found = details()
    assert len(set().union(*found.values())) > 60
    assert set().union(*found.values()) - set(LABELS) == set()
    assert set(found) <= {action.partition(".")[0] for action in ACTS}


def labels(choices: type) -> dict[str, str]:
    with translation.override("en"):
        return {str(value): str(label) for value, label in choices.choices}  # type: ignore[attr-defined]


def test_codes_are_called_what_they_are_called_elsewhere() -> None:
    for place, choices in (
        (("member", "role"), Role),
        (("member", "was"), Role),
        (("shoot", "was"), State),
        (("webhook", "because"), WebhookEndpoint.Disabled),
        (("budget", "period"), DepartmentBudget.Period),
        (("purchase", "kind"), Purchase.Kind),
        (("headshots", "because"), Reason),
        (("wishes", "keep"), Keep),
        (("publishing", "aim"), PublishingRun.Aim),
        (("publishing", "directory"), Directory.Kind),
        (("directory", "kind"), Directory.Kind),
        (("alternative", "kind"), Alternative.Kind),
    ):
        assert CODES[place] == labels(choices), place
    assert set(CODES["sso", "kind"]) == {providers.OIDC, providers.SAML}
    assert set(CODES["wishes", "attire"]) == set(CHOICES["attire"])
    assert set(CODES["order", "stage"]) == {
        *funnel.STAGES, funnel.ALTERNATIVE, funnel.ENDED, "mail",
    }  # fmt: skip
    assert set(CODES["employee", "fields"]) == {*roster_columns.LABELS, "attributes"}
    adapters = (settings.BASE_DIR / "accounts/sso/adapters.py").read_text("utf-8")
    assert set(CODES["sso", "reason"]) == set(re.findall(r'code="(sso_\w+)"', adapters))


@pytest.mark.parametrize("language", OTHERS)
def test_every_act_is_read_in_the_readers_language(world: World, language: str) -> None:
    written = entries(world)
    assert {entry.action for entry in written} == set(ACTS)
    differ = 0
    for entry in written:
        group = entry.action.partition(".")[0]
        with translation.override("en"):
            english = audit_details.of(entry)
        with translation.override(language):
            theirs = audit_details.of(entry)
            assert said(entry.action) != ACTS[entry.action]
        for name, (label, value), (other_label, other) in zip(
            entry.details, english, theirs, strict=True
        ):
            raw, codes = entry.details[name], CODES.get((group, name), {})
            said_codes = raw.split(", ") if name == "fields" else raw
            with translation.override(language):
                assert other_label == translation.gettext(LABELS[name])
                if codes:
                    these = said_codes if isinstance(said_codes, list) else [said_codes]
                    words = [translation.gettext(codes[code]) for code in these]
                    assert other == ", ".join(words)
                elif isinstance(raw, bool):
                    assert other == translation.gettext("Yes")
            assert label == LABELS[name]
            assert value
            differ += (label, value) != (other_label, other)
    # What is a name in both, such as “Version”, is the same.
    assert differ > 0.9 * sum(len(entry.details) for entry in written)


@pytest.mark.parametrize("language", OTHERS)
def test_page_and_file_have_no_codes_for_words(world: World, language: str) -> None:
    AuditEntry.objects.all().delete()
    entries(world)
    world.owner.language = language
    world.owner.save()
    client = Client(headers={"accept-language": language})
    client.force_login(world.owner)
    page = client.get(reverse("audit_log", args=[world.organisation.slug])).content.decode()
    names = set(re.findall(r"<dt>(.*?)</dt>", page))
    with translation.override(language):
        # What has the same letters in both is named so.
        assert names <= {translation.gettext(one) for one in LABELS.values()}
    answer = client.post(reverse("audit_export", args=[world.organisation.slug]))
    table = read_table(answer.content, "log.csv")
    with translation.override(language):
        assert [*table.headers] == [translation.gettext(one) for one in HEADERS]
        acts = {translation.gettext(one) for one in ACTS.values()}
        kind = translation.gettext(KINDS_OF_ACTOR["system"])
        about = translation.gettext(OBJECTS["shoot"])
    assert len(table.rows) == len(ACTS)
    assert {row.cells[4] for row in table.rows} <= acts
    assert {row.cells[2] for row in table.rows} == {kind}
    assert {row.cells[5] for row in table.rows} == {about}
    assert {row.cells[7] for row in table.rows} == set(ACTS)


def test_sums_days_and_truths_are_written_as_the_reader_writes_them(world: World) -> None:
    entry = AuditEntry(
        action="top_up.changed",
        details={
            "on": False,
            "cap_cents": 123400,
            "credits": 1200,
            "since": "2026-03-01",
            "old_until": datetime(2026, 3, 1, 23, 30, tzinfo=UTC).isoformat(),
            "department": "",
            "message": "Their own words.",
        },
    )
    with timezone.override(ZoneInfo("Europe/Berlin")):
        with translation.override("en"):
            english = dict(audit_details.of(entry))
        with translation.override("de"):
            german = [value for _, value in audit_details.of(entry)]
    assert english["Switched on"] == "No"
    assert english["At most a month"] == "$1,234"
    assert english["Credits"] == "1,200"
    assert english["Department"] == "–"
    assert english["Message"] == "Their own words."
    assert german[1:4] == ["1.234,00\xa0$", "1.200", "1. März 2026"]
    assert german[4].startswith("2. März 2026")
    assert german[4].endswith("00:30")

"""Times are shown by the clock of whose page or mail it is; nothing else goes by it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts import clocks
from accounts.models import ApiKey, AuditEntry, Event, Location, Release
from accounts.webhooks import deliveries
from generation.delivering import download_links
from generation.inviting import notices
from generation.models import Certificate, DownloadLink, Headshot, PublishingRun, State
from generation.publishing import runs
from tests.api.program import Program
from tests.browser.queue import drain
from tests.world import World, give_files, make_world, sign, token

# Half past midnight of the 29th in Berlin, half past five in the evening of the 28th in Chicago.
MOMENT = datetime(2026, 11, 28, 23, 30, 15, tzinfo=UTC)
BERLIN = "Europe/Berlin"


@pytest.fixture(autouse=True)
def no_clock_is_left() -> Any:
    """Whatever a test does, the thread goes by UTC afterwards."""
    timezone.deactivate()
    yield
    left = timezone.get_current_timezone_name()
    timezone.deactivate()
    assert left == "UTC"


def at_home(world: World, zone: str) -> None:
    world.organisation.time_zone = zone
    world.organisation.save()


@pytest.fixture
def berlin(world: World) -> World:
    at_home(world, BERLIN)
    return world


def signed_in(world: World) -> Client:
    client = Client()
    client.force_login(world.owner)
    return client


def page(client: Client, world: World, route: str, *more: Any) -> str:
    answer = client.get(reverse(route, args=[world.organisation.slug, *more]))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_each_organisation_goes_by_its_own_clock(berlin: World) -> None:
    other = make_world("Other")
    AuditEntry.objects.update(created_at=MOMENT)
    ours, theirs = signed_in(berlin), signed_in(other)
    AuditEntry.objects.update(created_at=MOMENT)
    for _ in range(2):
        assert "29 Nov 2026<br>00:30:15" in page(ours, berlin, "audit_log")
        assert timezone.get_current_timezone_name() == "UTC"
        assert "28 Nov 2026<br>23:30:15" in page(theirs, other, "audit_log")


def test_a_page_that_fails_leaves_no_clock_behind(berlin: World) -> None:
    client = signed_in(berlin)
    strange = reverse("order", args=[berlin.organisation.slug, berlin.organisation.pk])
    assert client.get(strange).status_code == 404
    assert timezone.get_current_timezone_name() == "UTC"


def test_the_days_of_the_log_are_those_that_it_shows(berlin: World) -> None:
    client = signed_in(berlin)
    AuditEntry.objects.update(created_at=MOMENT)
    log = reverse("audit_log", args=[berlin.organisation.slug])
    for since, found in (("2026-11-29", True), ("2026-11-30", False)):
        text = client.get(log, {"since": since, "until": since}).content.decode()
        assert ("00:30:15" in text) is found
    for far in ({"since": "0001-01-01"}, {"until": "9999-12-30"}):
        assert "00:30:15" in client.get(log, far).content.decode()
    # What is taken along says that its times are UTC, as before.
    export = reverse("audit_export", args=[berlin.organisation.slug])
    file = client.post(export, {"since": "2026-11-29", "until": "2026-11-29"}).content.decode()
    assert "2026-11-28T23:30:15+00:00" in file
    assert "+01:00" not in file


def test_a_link_is_good_until_a_time_of_the_organisation(berlin: World) -> None:
    shoot = berlin.shoot(State.DELIVERED)
    give_files(shoot)
    link = download_links.make(actor=berlin.actor, order=shoot.order, days=7)
    ends = datetime(2099, 1, 1, 23, 30, tzinfo=UTC)
    DownloadLink.objects.update(expires_at=ends)
    said = "ood until 2 January 2099, 00:30"
    assert said in page(signed_in(berlin), berlin, "order_delivery", shoot.order_id)
    stranger = Client().get(reverse("shared", args=[download_links.token(link)]))
    assert said in stranger.content.decode()


def test_approvals_and_steps_of_a_directory_are_by_that_clock(berlin: World) -> None:
    shoot = berlin.shoot(State.DELIVERED)
    give_files(shoot, ("square",))
    Headshot.objects.update(picked_at=MOMENT, approved_at=MOMENT)
    client = signed_in(berlin)
    text = page(client, berlin, "shoot", shoot.pk)
    assert "Picked on 29 Nov 2026, 00:30." in text
    assert "Approved on 29 Nov 2026, 00:30" in text
    run = runs.start(
        actor=berlin.actor,
        order=shoot.order,
        directory=berlin.directory(),
        aim=PublishingRun.Aim.PUBLISH,
    )
    PublishingRun.objects.update(not_before=MOMENT)
    run.publications.update(steps=[[MOMENT.isoformat(), "Nothing was done yet."]])
    text = page(client, berlin, "publishing_run", run.pk)
    assert "goes on at 00:30, as the directory asked" in text
    assert ">00:30:15</time>" in text


def test_an_employee_reads_by_the_clock_of_their_place(berlin: World, client: Client) -> None:
    shoot = berlin.shoot(State.COLLECTING)
    own = reverse("employee:data", args=[token(shoot)])
    AuditEntry.objects.update(created_at=MOMENT)
    assert "29 Nov 2026, 00:30" in client.get(own).content.decode()
    Location.objects.create(
        organisation=berlin.organisation, name="Chicago", time_zone="America/Chicago"
    )
    shoot.employee.location = "Chicago"
    shoot.employee.save()
    text = client.get(own).content.decode()
    assert "28 Nov 2026, 17:30" in text
    assert "00:30" not in text
    # A place without a clock of its own has the organisation's.
    shoot.employee.location = "Bremen"
    shoot.employee.save()
    assert "29 Nov 2026, 00:30" in client.get(own).content.decode()


def test_mail_says_times_by_the_organisations_clock(berlin: World, client: Client) -> None:
    shoot = berlin.shoot(State.DELIVERED)
    drain()
    mail.outbox.clear()
    client.post(reverse("employee:withdraw", args=[token(shoot)]))
    Certificate.objects.update(created_at=MOMENT)
    drain()
    (told,) = [m for m in mail.outbox if "has withdrawn a headshot" in m.subject]
    assert "On 29 November 2026, 00:30" in " ".join(told.body.split())
    assert "On 29 November 2026, 00:30" in str(told.alternatives[0][0])
    # The task that wrote it goes by no clock afterwards.
    assert timezone.get_current_timezone_name() == "UTC"


def test_what_somebody_signed_is_confirmed_in_utc(berlin: World) -> None:
    shoot = berlin.shoot()
    sign(shoot)
    Release.objects.update(signed_at=MOMENT)
    shoot = type(shoot).objects.get(pk=shoot.pk)
    notices.send(shoot=shoot, kind="release")
    assert "on 28 November 2026, 23:30 UTC" in " ".join(mail.outbox[-1].body.split())


def test_programs_are_told_in_utc(berlin: World) -> None:
    endpoint = berlin.endpoint(types=["order.placed"])
    (person,) = berlin.hire()
    signed_in(berlin).post(
        reverse("order_new", args=[berlin.organisation.slug]),
        {
            "look": berlin.look.pk,
            "employees": person.pk.hex,
            "due": (timezone.now() + timedelta(days=3)).date().isoformat(),
            "remind_every": 3,
        },
    )
    program = Program.of(berlin.organisation)
    (order,) = program.get("orders").json()["data"]
    assert order["created_at"].endswith("Z")
    # The last minute of the day in Berlin, which is not the last in UTC.
    assert order["due_at"].endswith(("22:59:00Z", "21:59:00Z"))
    event = Event.objects.get(type="order.placed", deliveries__endpoint=endpoint)
    assert json.loads(event.payload)["timestamp"].endswith("Z")
    for entry in program.get("audit-entries").json()["data"]:
        assert entry["created_at"].endswith("Z")


def test_the_last_day_of_a_key_ends_by_that_clock(berlin: World) -> None:
    client = signed_in(berlin)
    new = reverse("api_key_new", args=[berlin.organisation.slug])
    form = {"name": "Sync", "scopes": ["looks:read"], "expires": "2099-05-07"}
    assert client.post(new, form).status_code == 200
    key = ApiKey.objects.get(name="Sync")
    assert key.expires_at == datetime(2099, 5, 7, 21, 59, 59, tzinfo=UTC)
    assert 'value="2099-05-07"' in page(client, berlin, "api_key", key.pk)
    # The end of time, as programs write it, is later than a clock in Berlin can say.
    ApiKey.objects.update(expires_at=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert 'value="9999-01-01"' in page(client, berlin, "api_key", key.pk)
    assert client.post(new, {**form, "expires": "9999-12-31"}).status_code == 422


def test_events_are_sent_again_since_a_time_of_that_clock(
    berlin: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = berlin.endpoint()
    asked = []

    def noted(*, since: datetime, **_: Any) -> int:
        asked.append(since)
        return 0

    monkeypatch.setattr(deliveries, "replay_since", noted)
    client = signed_in(berlin)
    assert "By the clock of Europe/Berlin." in page(client, berlin, "webhook_endpoint", endpoint.pk)
    client.post(
        reverse("webhook_replay_since", args=[berlin.organisation.slug, endpoint.pk]),
        {"since": "2026-11-29T00:30"},
    )
    assert asked == [datetime(2026, 11, 28, 23, 30, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("language", "short", "long"),
    [
        ("en", "29 Nov 2026, 00:30", "29 Nov 2026"),
        ("de", "29. Nov. 2026, 00:30", "29. Nov. 2026"),
        ("fr", "29 nov. 2026, 00:30", "29 nov. 2026"),
        ("es", "29 nov 2026, 00:30", "29 nov 2026"),
    ],
)
def test_dates_are_written_as_each_language_writes_them(
    berlin: World, language: str, short: str, long: str
) -> None:
    berlin.owner.language = language
    berlin.owner.save()
    client = Client(headers={"accept-language": language})
    client.force_login(berlin.owner)
    order = berlin.order()
    type(order).objects.update(due_at=MOMENT)
    assert long in page(client, berlin, "overview")
    endpoint = berlin.endpoint()
    type(endpoint).objects.update(failing_since=MOMENT)
    assert short in page(client, berlin, "webhook_endpoint", endpoint.pk)


def test_an_order_without_a_name_has_its_day_in_its_administrators_language(
    berlin: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: MOMENT)
    berlin.owner.language = "de"
    berlin.owner.save()
    with translation.override("fr"):
        assert berlin.order().name == "Studio, 29. Nov. 2026"


def test_a_sandbox_goes_by_the_clock_of_its_organisation(berlin: World) -> None:
    program = Program.of(berlin.organisation, test=True)
    assert program.get("organisation/clocks").json()["time_zone"] == BERLIN
    assert clocks.at_home(berlin.organisation.sandbox).key == BERLIN

"""The world of test keys: real states, no real person, credit or GPU."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from accounts import access, audit
from accounts.actors import SYSTEM, user_actor
from accounts.membership import member_invitations
from accounts.membership.organisations import add_member
from accounts.models import (
    ApiKey,
    AuditEntry,
    Event,
    Member,
    MemberInvitation,
    Organisation,
    Role,
)
from billing import ledger
from generation import tasks
from generation.dispatch import claims
from generation.models import Finishing, Shoot, State
from generation.photos import handing_in, selfies
from generation.sandbox import calls, credits, script
from headshots.developers import guides
from headshots.lib.problems import Problem
from tests.api.program import Program, make_key, problem
from tests.world import World, give_selfies, jpeg, make_user


@pytest.fixture
def tester(world: World) -> Program:
    """A program with a test key."""
    return Program.of(world.organisation, test=True)


def place(tester: Program, *emails: str) -> dict[str, Any]:
    """An order for people with these addresses."""
    rows = [{"external_id": email, "email": email} for email in emails]
    said = tester.post("employees/upsert", {"employees": rows}).json()
    look = tester.get("looks").json()["data"][0]["id"]
    ids = [row["employee"] for row in said["data"]]
    answer = tester.post("orders", {"look": look, "employees": ids})
    assert answer.status_code == 201, answer.content
    order: dict[str, Any] = answer.json()
    return order


def run_queue(render: bool = False) -> list[str]:
    """Do what the default cluster would, task by task; returns the states that were passed.

    Finished files take seconds a person, so they are rendered where a test is about them.
    """
    passed: list[str] = []
    for _ in range(60):
        found = OrmQ.objects.order_by("id").first()
        if found is None:
            return passed
        task = found.task
        name = task["func"] if task else ""
        found.delete()
        if str(name).startswith("generation.tasks.") and (render or "render" not in name):
            getattr(tasks, str(name).rsplit(".", 1)[1])(*task["args"], **task["kwargs"])
            passed += [s for s in Shoot.objects.values_list("state", flat=True) if s not in passed]
    raise AssertionError("the queue does not come to an end")


def state_of(tester: Program, email: str) -> dict[str, Any]:
    (shoot,) = [
        shoot
        for shoot in tester.get("shoots?expand=employee").json()["data"]
        if shoot["employee"]["email"] == email
    ]
    return dict(shoot)


def test_an_order_goes_through_every_state_and_costs_nothing(
    tester: Program, world: World, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    before = ledger.balance(organisation=world.organisation)
    order = place(tester, "ada@acme.example", "ben@acme.example")
    passed = run_queue(render=True)
    assert passed[-1] == State.DELIVERED
    # Signing and handing in may fall between two looks; what a worker does may not.
    assert {"queued", "training", "generating", "choosing", "approving"} < set(passed)
    counts = tester.get(f"orders/{order['id']}").json()["counts"]
    assert counts["delivered"] == 2
    assert ledger.balance(organisation=world.organisation) == before
    assert mail.outbox == []
    # The pictures are drawn, and finished like real ones.
    assert set(Finishing.objects.values_list("state", flat=True)) == {"done"}


def test_no_gpu_can_claim_what_is_queued_there(tester: Program) -> None:
    place(tester, "wait+choosing@acme.example")
    seen = []
    for _ in range(12):
        seen += [s.state for s in Shoot.objects.filter(state__in=["queued", "training"])]
        assert claims.waiting() == 0
        assert claims.claim(worker="gpu", people=4) == []
        found = OrmQ.objects.order_by("id").first()
        if found is None:
            break
        task = found.task
        found.delete()
        if "advance_sandbox" in task["func"]:
            tasks.advance_sandbox(*task["args"])
    assert "queued" in seen


@pytest.mark.parametrize(
    ("word", "state", "says"),
    [
        ("fail+noface", "collecting", ""),
        ("fail+gate", "collecting", "did not look enough like you"),
        ("fail+worker", "failed", "broke off"),
        ("fail+optout", "opted_out", ""),
        ("fail+withdraw", "withdrawn", ""),
        ("fail+handin", "collecting", ""),
        ("wait+invited", "invited", ""),
        ("wait+collecting", "collecting", ""),
        ("wait+choosing", "choosing", ""),
        ("wait+approving", "approving", ""),
    ],
)
def test_an_address_tells_how_it_ends(tester: Program, word: str, state: str, says: str) -> None:
    email = f"{word}.1@acme.example"
    place(tester, email)
    run_queue()
    shoot = state_of(tester, email)
    assert shoot["state"] == state
    assert says in shoot["message"]
    sandbox = Organisation.objects.get(sandbox_of__isnull=False)
    held = ledger.balance(organisation=sandbox).held
    assert held == (1 if state in ("choosing", "approving") else 0)


def test_missing_credits_can_be_tried_when_ordering(tester: Program) -> None:
    good, poor = "ada@acme.example", "fail+credits.1@acme.example"
    order = place(tester, good)
    rows = [{"external_id": "poor", "email": poor}]
    said = tester.post("employees/upsert", {"employees": rows}).json()["data"][0]
    look = tester.get("looks").json()["data"][0]["id"]
    before = Shoot.objects.count()
    two = {"look": look, "employees": [said["employee"]], "more_pictures": True}
    refused = problem(tester.post("orders", two), 402, "credits_missing")
    assert "2 credits are missing" in refused["detail"]
    for path, body in (
        ("orders/by-department", {"look": look, "employees": [said["employee"]]}),
        (f"orders/{order['id']}/people", {"employees": [said["employee"]]}),
        ("shoots", {"look": look, "employee": said["employee"]}),
    ):
        refused = problem(tester.post(path, body), 402, "credits_missing")
        assert "1 credit is missing" in refused["detail"]
    assert Shoot.objects.count() == before


def test_missing_credits_can_be_tried_when_handing_in(tester: Program) -> None:
    email = "fail+handin@acme.example"
    place(tester, email)
    run_queue()
    shoot = state_of(tester, email)
    assert len(tester.get(f"shoots/{shoot['id']}/selfies").json()["data"]) >= 4
    refused = tester.post(f"shoots/{shoot['id']}/hand-in")
    assert "go in by themselves" in problem(refused, 402, "credits_missing")["detail"]
    assert handing_in.hand_in_waiting() == 0
    Shoot.objects.update(short_of_credits_at=timezone.now() - credits.WAIT)
    assert handing_in.hand_in_waiting() == 1
    run_queue()
    assert state_of(tester, email)["state"] == "delivered"


def test_a_live_address_means_nothing(program: Program, world: World) -> None:
    for name in ("fail+credits", "fail+handin"):
        shoot = world.shoot(State.COLLECTING)
        shoot.employee.email = f"{name}@acme.example"
        shoot.employee.save()
        give_selfies(shoot)
        assert program.post(f"shoots/{shoot.pk}/hand-in").json()["state"] == "queued"


def test_the_quick_start_has_every_address() -> None:
    text = (guides.FOLDER / "quick-start.md").read_text(encoding="utf-8")
    table = text.partition("## 8. ")[2].partition("## ")[0]
    told = re.findall(r"`(\w+\+\w+)@…`", table)
    assert sorted(told) == sorted(
        [f"fail+{word}" for word in script.FAILS] + [f"wait+{word}" for word in script.WAITS]
    )


def test_a_withdrawal_can_be_tried(tester: Program) -> None:
    place(tester, "fail+withdraw.2@acme.example", "fail+withdrawn@acme.example")
    run_queue()
    assert state_of(tester, "fail+withdrawn@acme.example")["state"] == "delivered"
    shoot = state_of(tester, "fail+withdraw.2@acme.example")
    assert shoot["headshot"] is None
    assert tester.get(f"releases/{shoot['release']}").json()["withdrawn_at"]
    about = Event.objects.filter(object_id__in=[shoot["id"], shoot["release"]]).order_by("pk")
    told = list(about.values_list("type", flat=True))
    assert told[-3:] == ["shoot.delivered", "shoot.withdrawn", "release.withdrawn"]


def test_a_withdrawal_whose_message_was_lost_comes_later(tester: Program) -> None:
    place(tester, "fail+withdraw@acme.example")
    run_queue()
    Shoot.objects.update(state=State.DELIVERED, state_since=timezone.now() - timedelta(minutes=1))
    assert calls.wake_stalled() == 1
    Shoot.objects.update(state=State.WITHDRAWN)
    assert calls.wake_stalled() == 0


def test_whoever_waits_goes_on_when_the_tester_acts(tester: Program) -> None:
    email = "wait+approving@acme.example"
    place(tester, email)
    run_queue()
    shoot = state_of(tester, email)
    assert tester.post(f"shoots/{shoot['id']}/approve").json()["state"] == "delivered"
    run_queue()
    assert state_of(tester, email)["headshot"]


def test_more_pictures_are_drawn_and_paid_for(tester: Program) -> None:
    email = "wait+choosing@acme.example"
    place(tester, email)
    run_queue()
    shoot = state_of(tester, email)
    before = tester.get(f"shoots/{shoot['id']}/candidates").json()["data"]
    assert len(before) == 4
    assert tester.post(f"shoots/{shoot['id']}/more-pictures").json()["state"] == "queued"
    run_queue()
    after = tester.get(f"shoots/{shoot['id']}/candidates").json()["data"]
    assert len(after) == 8
    assert {each["id"] for each in before} < {each["id"] for each in after}
    sandbox = Organisation.objects.get(sandbox_of__isnull=False)
    assert ledger.balance(organisation=sandbox).held == 2
    assert state_of(tester, email)["state"] == "choosing"
    picked = tester.post(f"shoots/{shoot['id']}/pick", {"candidate": after[-1]["id"]})
    assert picked.json()["state"] == "approving"
    run_queue()
    assert state_of(tester, email)["state"] == "delivered"
    balance = ledger.balance(organisation=sandbox)
    assert (balance.held, balance.available) == (0, 999_998)


def test_another_look_without_new_photos(tester: Program) -> None:
    from generation.art_direction import CHOICES

    order = place(tester, "ada@acme.example")
    run_queue()
    (shoot,) = tester.get("shoots").json()["data"]
    other = {name: list(known)[-1] for name, known in CHOICES.items()}
    look = tester.post("looks", {"name": "Other", **other}).json()["id"]
    made = tester.post(
        f"orders/{order['id']}/another-look", {"look": look, "shoots": [shoot["id"]]}
    )
    assert made.status_code == 201, made.content
    run_queue()
    counts = tester.get(f"orders/{made.json()['id']}").json()["counts"]
    assert counts["delivered"] == 1
    # The photos are those that were given before.
    old, new = Shoot.objects.order_by("created_at")
    assert [s.sha256 for s in new.selfies.all()] == [s.sha256 for s in old.selfies.all()]


def test_the_same_address_looks_the_same(tester: Program) -> None:
    from generation.art_direction import CHOICES, ArtDirection
    from generation.sandbox import pictures

    look = ArtDirection(**{name: known[0] for name, known in CHOICES.items()})
    drawn = [pictures.candidate(email, look, 0).tobytes() for email in ("a@x.example",) * 2]
    assert drawn[0] == drawn[1] != pictures.candidate("b@x.example", look, 0).tobytes()


def test_the_two_worlds_do_not_see_each_other(tester: Program, world: World) -> None:
    live = Program.of(world.organisation)
    (real,) = world.hire()
    place(tester, "ada@acme.example")
    assert {p["email"] for p in tester.get("employees").json()["data"]} == {"ada@acme.example"}
    problem(tester.get(f"employees/{real.pk}"), 404, "not_found")
    assert {p["email"] for p in live.get("employees").json()["data"]} == {real.email}
    assert tester.get("organisation").json()["test"] is True
    assert live.get("organisation").json()["test"] is False


def test_members_look_into_the_sandbox_by_its_own_address(tester: Program, world: World) -> None:
    sandbox = Organisation.objects.get(sandbox_of=world.organisation)
    place(tester, "ada@acme.example")
    client = Client()
    client.force_login(world.member(Role.VIEWER))
    page = client.get(reverse("roster", args=[sandbox.slug]))
    assert "ada@acme.example" in page.content.decode()
    client.force_login(world.owner)
    assert client.get(reverse("organisation_settings", args=[sandbox.slug])).status_code == 403
    assert client.post(reverse("organisation_close", args=[sandbox.slug])).status_code == 403


def test_a_test_key_makes_nobody_a_member(tester: Program, world: World) -> None:
    sandbox = Organisation.objects.get(sandbox_of=world.organisation)
    offer = {"email": "contractor@elsewhere.example", "role": "admin"}
    problem(tester.post("member-invitations", offer), 409, "sandbox")
    user = make_user(offer["email"])
    for act in (
        partial(member_invitations.invite_member, email=user.email),
        partial(add_member, user=user),
    ):
        with pytest.raises(Problem, match="no members of its own"):
            act(actor=SYSTEM, organisation=sandbox, role=Role.ADMIN)
    # Nor does whatever else may write the row.
    with pytest.raises(IntegrityError, match="no members"), transaction.atomic():
        Member.objects.create(organisation=sandbox, user=user, role=Role.ADMIN)
    with pytest.raises(IntegrityError, match="no members"), transaction.atomic():
        MemberInvitation.objects.create(
            organisation=sandbox, email=user.email, role=Role.ADMIN, expires_at=timezone.now()
        )
    assert not OrmQ.objects.exists()
    assert mail.outbox == []


@contextmanager
def before_the_guard() -> Iterator[None]:
    """Members of sandboxes can be written, as they could once."""
    with connection.cursor() as cursor:
        for word in ("DISABLE", "ENABLE"):
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE accounts_member {word} TRIGGER member_not_of_sandbox")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            if word == "DISABLE":
                yield


def test_members_of_a_sandbox_from_before_are_none(tester: Program, world: World) -> None:
    sandbox = Organisation.objects.get(sandbox_of=world.organisation)
    contractor, colleague = make_user("contractor@elsewhere.example"), world.member(Role.ADMIN)
    with before_the_guard():
        for user in (contractor, colleague):
            Member.objects.create(organisation=sandbox, user=user, role=Role.ADMIN)
    client = Client()
    client.force_login(contractor)
    assert client.get(reverse("roster", args=[sandbox.slug])).status_code == 404
    place = reverse("api_key_new", args=[sandbox.slug])
    live = {"name": "Live", "world": "live", "scopes": ["employees:write"]}
    assert client.post(place, live).status_code == 404
    assert list(access.organisations(contractor)) == []
    # What they had made or were shown meanwhile goes with them, nobody else's.
    made, shown, kept = (make_key(world.organisation).key for _ in range(3))
    for user, action, key in (
        (contractor, "key.made", made),
        (contractor, "key.rotated", shown),
        (colleague, "key.made", kept),
    ):
        audit.record(
            actor=user_actor(user), organisation=world.organisation, action=action, about=key
        )
    import_module("accounts.migrations.0018_sandboxes_without_members").remove(apps, None)
    assert not Member.objects.filter(organisation=sandbox).exists()
    assert world.organisation.members.filter(user=colleague).exists()
    open_keys = ApiKey.objects.filter(organisation=world.organisation, revoked_at=None)
    assert set(open_keys.filter(test=False)) == {kept}
    assert AuditEntry.objects.filter(action="key.revoked", actor_kind="system").count() == 2


def test_events_of_a_sandbox_go_to_its_endpoints(tester: Program, world: World) -> None:
    place(tester, "ada@acme.example")
    run_queue()
    sandbox = Organisation.objects.get(sandbox_of=world.organisation)
    told = set(Event.objects.filter(organisation=sandbox).values_list("type", flat=True))
    assert {"order.placed", "shoot.choosing", "shoot.delivered"} <= told
    assert not Event.objects.filter(organisation=world.organisation).exists()


def test_a_photos_verdict_is_told(tester: Program) -> None:
    emails = ("wait+collecting@acme.example", "fail+noface.2@acme.example")
    place(tester, *emails)
    run_queue()
    shoot = state_of(tester, emails[0])
    before = Event.objects.filter(type="selfie.judged").count()
    # Those that are drawn are told, too.
    assert before == len(
        tester.get(f"shoots/{state_of(tester, emails[1])['id']}/selfies").json()["data"]
    )
    body = encode_multipart(BOUNDARY, {"photo": SimpleUploadedFile("ada.jpg", jpeg())})
    kind = {"Content-Type": MULTIPART_CONTENT}
    made = tester.send("POST", f"shoots/{shoot['id']}/selfies", raw=body, **kind).json()
    run_queue()
    event = Event.objects.filter(type="selfie.judged").latest("pk")
    assert event.object_id == made["id"]
    assert event.payload.endswith(f'/api/v1/selfies/{made["id"]}"}}}}')
    assert tester.get(f"selfies/{made['id']}").json()["verdict"] == "accepted"
    selfies.judge_selfie(selfie_id=UUID(made["id"]))
    assert Event.objects.filter(type="selfie.judged").count() == before + 1


def test_closing_takes_the_sandbox_along(tester: Program, world: World) -> None:
    from generation.leaving.closing import close_organisation

    close_organisation(
        actor=world.actor, organisation=world.organisation, typed_name=world.organisation.name
    )
    assert Organisation.objects.get(sandbox_of=world.organisation).closed_at

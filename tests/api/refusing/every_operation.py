"""Refusals that every operation has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from django.http import HttpResponse
from django.test.client import MULTIPART_CONTENT
from django.utils import timezone

from accounts.actors import SYSTEM
from accounts.developers import api_keys
from accounts.models import ApiKey
from generation.models import State
from headshots.lib.api import idempotency
from tests.api.program import Program
from tests.api.refusing.kit import NOBODYS, ada, announced, put, recipe
from tests.world import World

put("malformed", lambda p, w, m: p.send("POST", "employees", raw=b'{"email": '))
put("cut_off", lambda p, w, m: announced(p, "POST", "employees", 400, "application/json"))
put("too_large", lambda p, w, m: announced(p, "POST", "employees", 6_000_000, "application/json"))


class Stalled:
    """A line on which nothing more comes."""

    def read(self, *_: int) -> bytes:
        raise TimeoutError("timed out")

    readline = read


put(
    "too_slow",
    lambda p, w, m: announced(p, "POST", "employees", 400, "application/json", body=Stalled()),
)
put("cursor", lambda p, w, m: p.get("employees?cursor=x"))
put("version", lambda p, w, m: p.get("employees", Headshots_Version="2020-01-01"))
put("idempotency_key", lambda p, w, m: p.post("employees", {}, Idempotency_Key=""))
put("key_missing", lambda p, w, m: p.client.get("/api/v1/employees"))
put("key_unknown", lambda p, w, m: Program("hs_live_x").get("employees"))
put(
    "scope_missing",
    lambda p, w, m: Program.of(w.organisation, ["looks:read"]).post("orders", {}),
)
put(
    "address_refused",
    lambda p, w, m: Program.of(w.organisation, networks=["203.0.113.0/24"]).get("employees"),
)
put("not_found", lambda p, w, m: p.get(f"orders/{NOBODYS}"))
put("customer_unknown", lambda p, w, m: p.get("employees", Headshots_Organisation=NOBODYS))
put(
    "media_type",
    lambda p, w, m: p.send("POST", "employees", raw=b"x", **{"Content-Type": "text/csv"}),
)
put("field_unknown", lambda p, w, m: p.get("organisation?colour=red"))
put("limit", lambda p, w, m: p.get("employees?limit=500"))


@recipe("key_expired")
def _expired(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    ApiKey.objects.update(expires_at=datetime(2026, 11, 24, 9, tzinfo=UTC))
    return program.get("employees")


@recipe("key_revoked")
def _revoked(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    api_keys.revoke_key(actor=SYSTEM, key=program.key)
    return program.get("employees")


@recipe("idempotency_in_progress")
def _in_progress(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    # Who holds the lock is another connection (tests/races/test_once_only.py).
    patch.setattr(idempotency, "_lock", lambda name: False)
    return program.post("employees", {}, Idempotency_Key="k")


@recipe("idempotency_mismatch")
def _mismatch(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    program.post("employees", {"email": "a@b.example"}, Idempotency_Key="k")
    return program.post("employees", {"email": "c@b.example"}, Idempotency_Key="k")


@recipe("changed_meanwhile")
def _meanwhile(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    def twin(**_: Any) -> None:
        raise IntegrityError("duplicate key")

    patch.setattr("accounts.staff.roster_edits.add_employee", twin)
    return program.post("employees", {"email": "a@b.example"})


@recipe("unavailable")
def _away(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    def away(*_: Any) -> None:
        raise OperationalError("the connection was closed")

    patch.setattr("accounts.access.employees", away)
    return program.get("employees")


@recipe("changed")
def _changed(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    return program.patch(f"employees/{ada(world).pk}", {"title": "x"}, If_Match='"old"')


@recipe("photo_too_large")
def _photo_too_large(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = world.shoot(State.COLLECTING)
    return announced(program, "POST", f"shoots/{shoot.pk}/selfies", 2 * 1024**3, MULTIPART_CONTENT)


@recipe("throttled")
def _throttled(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    ApiKey.objects.update(minute_began=timezone.now(), minute_count=600)
    return program.get("employees")


put("method", lambda p, w, m: p.send("PUT", "employees", {}))
put("host", lambda p, w, m: p.client.get("/api/v1/employees", headers={"Host": "x.example"}))
put("nowhere", lambda p, w, m: p.get("employes"))

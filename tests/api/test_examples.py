"""What the description shows by example is what the server does: bodies, answers, each error."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import jsonschema
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, OperationalError
from django.http import HttpResponse
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern
from django.utils import timezone

from accounts import api_keys
from accounts.actors import SYSTEM
from accounts.models import ApiKey, Employee, Role
from accounts.webhooks import endpoints
from generation.models import Finishing, PublishingRun, Selfie, Shoot, State, UploadAddress
from headshots.api import document, urlpatterns
from headshots.lib.api import idempotency
from headshots.lib.api.refusals import REQUEST_ID
from tests.api.program import Program
from tests.world import (
    DIRECTION,
    World,
    give_files,
    give_selfies,
    jpeg,
    make_finishing,
    make_world,
)

METHODS = ("get", "post", "put", "patch", "delete")
NOBODYS = "00000000-0000-7000-8000-000000000000"
Recipe = Callable[[Program, World, pytest.MonkeyPatch], HttpResponse]


def described() -> dict[str, Any]:
    said: dict[str, Any] = json.loads(document())
    return said


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for item in described()["paths"].values():
        for method in METHODS:
            if method in item:
                yield item[method]["operationId"], item[method]


def ada(world: World, **changes: Any) -> Employee:
    (person,) = world.hire()
    for name, value in {"first_name": "Ada", "last_name": "Moreau", **changes}.items():
        setattr(person, name, value)
    person.save()
    return person


def of_ada(world: World, state: State) -> Any:
    shoot = world.shoot(state)
    Employee.objects.filter(pk=shoot.employee_id).update(first_name="Ada", last_name="Moreau")
    return shoot


def order_for(program: Program, world: World, **changes: Any) -> HttpResponse:
    people = changes.pop("people", None) or world.hire()
    body = {"look": str(world.look.pk), "employees": [str(p.pk) for p in people], **changes}
    return program.post("orders", body)


def photo(program: Program, shoot: Any, data: bytes, name: str = "ada.jpg") -> HttpResponse:
    body = encode_multipart(BOUNDARY, {"photo": SimpleUploadedFile(name, data)})
    return program.send(
        "POST", f"shoots/{shoot.pk}/selfies", raw=body, **{"Content-Type": MULTIPART_CONTENT}
    )


def announced(program: Program, method: str, path: str, length: int, kind: str) -> HttpResponse:
    """A request whose body is said to be that long; two bytes of it come."""
    return program.client.generic(
        method, f"/api/v1/{path}", content_type=kind, CONTENT_LENGTH=str(length),
        headers={"Authorization": f"Bearer {program.secret}"}, **{"wsgi.input": BytesIO(b"{}")},
    )  # fmt: skip


RECIPES: dict[str, Recipe] = {}


def recipe(name: str) -> Callable[[Recipe], Recipe]:
    def keep(made: Recipe) -> Recipe:
        RECIPES[name] = made
        return made

    return keep


def put(name: str, made: Recipe) -> None:
    RECIPES[name] = made


put("malformed", lambda p, w, m: p.send("POST", "employees", raw=b'{"email": '))
put("cut_off", lambda p, w, m: announced(p, "POST", "employees", 400, "application/json"))
put("too_large", lambda p, w, m: announced(p, "POST", "employees", 6_000_000, "application/json"))
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

    patch.setattr("accounts.roster_edits.add_employee", twin)
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


@recipe("email_taken")
def _email(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    return program.post("employees", {"email": ada(world).email})


@recipe("external_id_taken")
def _external(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    ada(world, external_id="hr-1")
    return program.post("employees", {"email": "b@b.example", "external_id": "hr-1"})


@recipe("number_taken")
def _number(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    ada(world, employee_number="1007")
    return program.post("employees", {"email": "b@b.example", "employee_number": "1007"})


@recipe("last_owner")
def _owner(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    return program.delete(f"members/{world.organisation.members.get(role=Role.OWNER).pk}")


@recipe("member_already")
def _member(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    world.owner.email = "mira@acme.example"
    world.owner.save()
    return program.post("member-invitations", {"email": "mira@acme.example", "role": "viewer"})


put(
    "origin",
    lambda p, w, m: p.patch("organisation", {"embed_origins": ["people.example.com/x"]}),
)
KEY = {"name": "x", "scopes": ["looks:read"]}
put("network", lambda p, w, m: p.post("keys", {**KEY, "networks": ["10.0.0.0/99"]}))
put("date_passed", lambda p, w, m: p.post("keys", {**KEY, "expires_at": "2020-01-01T00:00:00Z"}))
put(
    "more_than_own",
    lambda p, w, m: Program.of(w.organisation, ["keys:write"]).post(
        "keys", {**KEY, "scopes": ["members:write"]}
    ),
)


@recipe("revoked_already")
def _rotate(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    other = Program.of(world.organisation).key
    api_keys.revoke_key(actor=SYSTEM, key=other)
    return program.post(f"keys/{other.pk}/rotate", {})


GRANT = {"partner": NOBODYS, "scopes": ["looks:read"]}
put("partner_unknown", lambda p, w, m: p.post("partner-grants", GRANT))
put(
    "sandbox",
    lambda p, w, m: Program.of(w.organisation, test=True).post("partner-grants", GRANT),
)
put("url", lambda p, w, m: p.post("webhook-endpoints", {"url": "https://127.0.0.1/"}))


@recipe("too_many_endpoints")
def _endpoints(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    for _ in range(16):
        answer = program.post("webhook-endpoints", {"url": "https://192.0.1.1/"})
        assert answer.status_code == 201
    return program.post("webhook-endpoints", {"url": "https://192.0.1.1/"})


@recipe("disabled")
def _disabled(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    endpoint = world.endpoint()
    endpoints.disable(actor=SYSTEM, endpoint=endpoint)
    return program.post(f"webhook-endpoints/{endpoint.pk}/test")


def replay(program: Program, world: World, days: int) -> HttpResponse:
    since = (timezone.now() + timedelta(days=days)).isoformat()
    return program.post(f"webhook-endpoints/{world.endpoint().pk}/replay", {"since": since})


put("since_future", lambda p, w, m: replay(p, w, 2))
put("since_long_ago", lambda p, w, m: replay(p, w, -40))


@recipe("credits_missing")
def _credits(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    poor = make_world("Poor", credits=0)
    return order_for(Program.of(poor.organisation), poor, people=poor.hire(3))


def add_selfies(shoot: Any, verdicts: Sequence[str]) -> None:
    for number, verdict in enumerate(verdicts):
        Selfie.objects.create(
            shoot=shoot, sha256=f"{number:064}", verdict=verdict, width=100, height=100
        )


@recipe("credit_missing")
def _credit(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    from billing import ledger

    shoot = world.shoot(State.COLLECTING)
    Selfie.objects.filter(shoot=shoot).delete()
    give_selfies(shoot)
    free = ledger.balance(organisation=world.organisation).available
    ledger.hold(actor=SYSTEM, organisation=world.organisation, amount=free, source_key="other")
    return program.post(f"shoots/{shoot.pk}/hand-in")


@recipe("over_budget")
def _budget(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    world.budget()
    people = world.hire(3)
    Employee.objects.update(department="Sales")
    return order_for(program, world, people=people)


put("due", lambda p, w, m: order_for(p, w, due_at="2026-01-01T00:00:00Z"))
put("not_on_roster", lambda p, w, m: order_for(p, w, employees=[NOBODYS]))


@recipe("has_left")
def _left(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    person = ada(world)
    program.delete(f"employees/{person.pk}")
    return program.post("shoots", {"employee": str(person.pk), "look": str(world.look.pk)})


def delivered(program: Program, world: World, act: str) -> HttpResponse:
    return program.post(f"shoots/{world.shoot(State.DELIVERED).pk}/{act}")


put("cannot_cancel", lambda p, w, m: delivered(p, w, "cancel"))
put("no_photos_awaited", lambda p, w, m: delivered(p, w, "invite"))
put(
    "not_picked",
    lambda p, w, m: p.post(f"shoots/{of_ada(w, State.CHOOSING).pk}/approve"),
)


@recipe("nothing_to_choose")
def _choose(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = world.shoot(State.DELIVERED)
    candidate = shoot.candidates.first()
    return program.post(f"shoots/{shoot.pk}/pick", {"candidate": str(candidate.pk)})


@recipe("not_listed")
def _listed(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    others = world.shoot(State.CHOOSING).candidates.first()
    shoot = world.shoot(State.CHOOSING)
    return program.post(f"shoots/{shoot.pk}/pick", {"candidate": str(others.pk)})


def hand_in(program: Program, world: World, *verdicts: str) -> HttpResponse:
    shoot = world.shoot(State.COLLECTING)
    Selfie.objects.filter(shoot=shoot).delete()
    add_selfies(shoot, verdicts)
    return program.post(f"shoots/{shoot.pk}/hand-in")


put("too_few", lambda p, w, m: hand_in(p, w))
put("checking", lambda p, w, m: hand_in(p, w, "checking"))
put("release_missing", lambda p, w, m: photo(p, w.shoot(), jpeg()))
put("handed_in", lambda p, w, m: photo(p, w.shoot(State.QUEUED), jpeg()))
put("photo", lambda p, w, m: photo(p, w.shoot(State.COLLECTING), b"nonsense"))


def upload(program: Program, world: World, *bodies: bytes, late: bool = False) -> HttpResponse:
    shoot = world.shoot(State.COLLECTING)
    url = program.post(f"shoots/{shoot.pk}/upload-addresses").json()["url"]
    if late:
        UploadAddress.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    path = "/api/v1/uploads/" + url.rpartition("/")[2]
    for body in bodies:
        answer = program.client.put(path, body, content_type="image/jpeg")
    return answer


put("no_bytes", lambda p, w, m: upload(p, w, b""))
put("used", lambda p, w, m: upload(p, w, jpeg(1), jpeg(2)))
put("expired", lambda p, w, m: upload(p, w, jpeg(1), late=True))
put("no_address", lambda p, w, m: p.client.put("/api/v1/uploads/x", b"x"))
SIGNED = {
    "text": "x",
    "signed_name": "Ada",
    "signed_at": "2026-11-25T09:00:00Z",
    "evidence": "There",
}


@recipe("release_changed")
def _release(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    return program.post(f"shoots/{world.shoot().pk}/release", SIGNED)


@recipe("signed_at")
def _signed(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    place = f"shoots/{world.shoot().pk}/release"
    text = program.get(f"{place}-text").json()["text"]
    return program.post(place, {**SIGNED, "text": text, "signed_at": "2036-01-01T00:00:00Z"})


def embed(program: Program, world: World, back: str) -> HttpResponse:
    return program.post(f"shoots/{world.shoot().pk}/embed-links", {"return_url": back})


put("origin_not_allowed", lambda p, w, m: embed(p, w, "https://people.example.com/done"))
put("return_url", lambda p, w, m: embed(p, w, "/done"))
put("nothing_approved", lambda p, w, m: p.post("exports", {"order": str(w.order().pk)}))


@recipe("not_ready")
def _not_ready(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    order = str(world.shoot(State.DELIVERED).order_id)
    made = program.post("exports", {"order": order}).json()
    return program.get(f"exports/{made['id']}/file")


@recipe("no_rendition")
def _rendition(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    headshot = world.shoot(State.DELIVERED).headshot
    return program.get(f"headshots/{headshot.pk}/renditions/huge")


def link(program: Program, world: World) -> HttpResponse:
    end = {"cap": 5, "expires_at": "2036-01-01T00:00:00Z"}
    return program.post(f"orders/{world.order().pk}/join-links", end)


put("expires", lambda p, w, m: link(p, w))
put(
    "not_choosing",
    lambda p, w, m: p.post(
        f"shoots/{of_ada(w, State.APPROVING).pk}/approve-before", {"candidates": []}
    ),
)
put("nothing_to_add_to", lambda p, w, m: delivered(p, w, "more-pictures"))
put(
    "not_their_turn",
    lambda p, w, m: p.post(f"orders/{w.order().pk}/remind", {"stage": "approving"}),
)


@recipe("not_yours_to_pick")
def _pick_for(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = world.shoot(State.CHOOSING)
    candidate = shoot.candidates.first()
    return program.post(f"shoots/{shoot.pk}/pick-for", {"candidate": str(candidate.pk)})


def another(program: Program, world: World, **changes: str) -> HttpResponse:
    shoot = world.shoot(State.DELIVERED)
    look = program.post("looks", {"name": "Other", **DIRECTION, **changes}).json()["id"]
    body = {"look": look, "shoots": [str(shoot.pk)]}
    Shoot.objects.filter(pk=shoot.pk).update(inputs_destroyed_at=timezone.now())
    return program.post(f"orders/{shoot.order_id}/another-look", body)


put("same_finish", lambda p, w, m: p.post(f"orders/{with_files(w).order_id}/refinishes"))
put("nothing_to_publish", lambda p, w, m: publish(p, w, w.order().pk))


@recipe("rendering")
def _rendering(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    made = make_finishing(world)
    refinish = made["refinish"]
    Finishing.objects.filter(renditions=made["rendition"]).update(
        refinish=refinish, state=Finishing.State.WAITING
    )
    return program.post(f"refinishes/{refinish.pk}/decide", {"decision": "approve"})


def with_files(world: World) -> Shoot:
    shoot = world.shoot(State.DELIVERED)
    give_files(shoot)
    return shoot


def publish(program: Program, world: World, order: Any) -> HttpResponse:
    body = {"directory": str(world.directory().pk), "aim": "rehearse"}
    return program.post(f"orders/{order}/publishing-runs", body)


@recipe("nothing_to_put_back")
def _put_back(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    run = publish(program, world, with_files(world).order_id)
    assert run.status_code == 202
    return program.post(f"publishing-runs/{run.json()['id']}/undo")


put("empty_wall", lambda p, w, m: p.post(f"orders/{w.order().pk}/wall", {"kind": "png"}))
put("wall_not_ready", lambda p, w, m: p.get(f"orders/{with_files(w).order_id}/wall/file"))
put(
    "gradient",
    lambda p, w, m: p.post("plates", {"name": "x", "kind": "gradient", "colours": ["#204060"]}),
)


@recipe("picture")
def _plate(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    body = {"name": "x", "picture": SimpleUploadedFile("x.jpg", b"nonsense")}
    return program.send(
        "POST",
        "plates/pictures",
        raw=encode_multipart(BOUNDARY, body),
        **{"Content-Type": MULTIPART_CONTENT},
    )


ROUND = {"kind": "avatar", "width": 512, "height": 512, "format": "png", "round": True}
put(
    "renditions",
    lambda p, w, m: p.patch(f"looks/{w.look.pk}/finish", {"renditions": [ROUND]}),
)
put(
    "logo",
    lambda p, w, m: p.send(
        "PUT", f"looks/{w.look.pk}/finish/logo", raw=b"x", **{"Content-Type": "image/png"}
    ),
)
put("time_zone", lambda p, w, m: p.patch("organisation/clocks", {"time_zone": "Berlin"}))
put(
    "location",
    lambda p, w, m: p.patch("organisation/clocks", {"locations": {"Atlantis": "Europe/Paris"}}),
)
put("naming", lambda p, w, m: p.patch(f"orders/{w.order().pk}", {"naming": "{last}-{team}"}))


@recipe("nothing_left")
def _resume(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    run = PublishingRun.objects.create(
        order=world.order(), directory=world.directory(), aim="publish", state="done"
    )
    return program.post(f"publishing-runs/{run.pk}/resume")


put("same_look", lambda p, w, m: another(p, w))
put("photos_gone", lambda p, w, m: another(p, w, attire="white shirt"))


@pytest.mark.parametrize("name", sorted(described()["components"]["examples"]))
def test_each_error_is_what_the_server_says(
    program: Program, world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    shown = described()["components"]["examples"][name]["value"]
    answer = RECIPES[name](program, world, monkeypatch)
    assert answer["Content-Type"] == "application/problem+json"
    said = answer.json()
    assert answer.status_code == shown["status"], said
    assert said.pop("request_id") == answer["Request-Id"]
    assert shown.pop("request_id") == REQUEST_ID
    # How long is left of a minute differs from request to request.
    varies = name == "throttled"
    for each in (said, shown) if varies else ():
        each["detail"] = re.sub(r"in \d+ s", "in … s", each["detail"])
    assert said == shown


def test_every_operation_has_examples_of_whatever_it_answers() -> None:
    missing = []
    for name, said in operations():
        for status, answer in said["responses"].items():
            for kind, content in answer.get("content", {}).items():
                if "json" in kind and not content.get("examples"):
                    missing.append((name, status))
            if status >= "4":
                assert "application/problem+json" in answer["content"], (name, status)
        for kind, content in said.get("requestBody", {}).get("content", {}).items():
            if "json" in kind and not content.get("examples"):
                missing.append((name, kind))
    assert not missing


def _plain(schema: Any) -> Any:
    """A schema that refuses fields which it does not name."""
    if isinstance(schema, dict):
        made = {key: _plain(value) for key, value in schema.items()}
        if "properties" in made:
            made.setdefault("additionalProperties", False)
        return made
    return [_plain(each) for each in schema] if isinstance(schema, list) else schema


def test_answers_by_example_are_as_their_schemas_say() -> None:
    whole = described()
    schemas = {"components": {"schemas": _plain(whole["components"]["schemas"])}}
    wrong, seen = [], 0
    for name, said in operations():
        answers = [(s, a) for s, a in said["responses"].items() if "content" in a]
        bodies = [("body", said["requestBody"])] if "requestBody" in said else []
        for status, answer in [*answers, *bodies]:
            for content in answer["content"].values():
                for shown in content.get("examples", {}).values():
                    if "$ref" in shown:
                        key = shown["$ref"].rpartition("/")[2]
                        shown = whole["components"]["examples"][key]
                    schema = {**schemas, **content["schema"]}
                    seen += 1
                    checker = jsonschema.Draft202012Validator(
                        schema, format_checker=jsonschema.FormatChecker(["uuid"])
                    )
                    wrong += [
                        (name, status, error.message[:200])
                        for error in checker.iter_errors(shown["value"])
                    ]
    assert not wrong
    assert seen > 500


def test_bodies_by_example_are_taken() -> None:
    """As far as they can be checked without what they name."""
    checked = 0
    for entry in urlpatterns:
        if not isinstance(entry, URLPattern) or not entry.name:
            continue
        found = getattr(entry.callback, "view_class", None)
        for method in METHODS:
            operation = getattr(getattr(found, method, None), "operation", None)
            body = getattr(operation, "body", None)
            if body is not None and getattr(body, "example", None):
                serializer = body(data=body.example)
                assert serializer.is_valid(), (operation.id, serializer.errors)
                checked += 1
    assert checked >= 20

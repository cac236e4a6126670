"""The client reaches every operation, and its types are what the API answers."""

from __future__ import annotations

import inspect
import json
import re
import types
import typing
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from headshots.api import document
from tests.clients import conftest

METHODS = ("get", "post", "put", "patch", "delete")
assert conftest.PYTHON
# What the client calls otherwise than the description does.
NAMES = {
    "WebhookEndpoint": "EndpointShape",
    "NewWebhookEndpoint": "NewEndpointShape",
    "WebhookDelivery": "DeliveryShape",
    "WebhookDeliveryInFull": "DeliveryInFullShape",
    "PartnerGrant": "GrantShape",
    "PublishingRun": "RunShape",
    "PublishingStep": "PublishedPersonShape.steps",
    "UpsertedRow": "RowShape",
    "Rendition": "HeadshotShape.renditions",
    "WebhookAttempt": "DeliveryInFullShape.log",
    "RowProblem": "RowProblem",
    "EmployeeRow": "EmployeeRowRequest",
    "Checkout": "CheckoutShape",
    "StoringCard": "CardShape",
    "IdentityProvider": "ProviderShape",
    "CostPart": "PartShape",
    "FinishChanges": "PatchedFinishGivenRequest",
}


def described() -> dict[str, Any]:
    said: dict[str, Any] = json.loads(document())
    return said


class Described(httpx.BaseTransport):
    """A server that gives the answer which the description shows, and notes what was asked."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.wrong: list[str] = []
        # Fields of bodies and headers that went over the line, by operation.
        self.sent: dict[str, set[str]] = {}
        self.known = [
            (method, re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), item[method])
            for path, item in described()["paths"].items()
            for method in METHODS
            if method in item
        ]
        # An address that is a word goes before one that is an id.
        self.known.sort(key=lambda each: each[1].pattern.count("[^/]+"))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        said = next(
            (
                said
                for method, path, said in self.known
                if method == request.method.lower() and path.fullmatch(request.url.path)
            ),
            None,
        )
        if said is None:
            self.wrong.append(f"{request.method} {request.url.path}")
            return httpx.Response(404, json={})
        self.asked.add(said["operationId"])
        sent = self.sent.setdefault(said["operationId"], set())
        sent |= {"If-Match"} & {name.title() for name in request.headers}
        sent |= set(request.url.params)
        self._look_at(request, said)
        status, answer = next(
            (int(s), a) for s, a in said["responses"].items() if s.startswith("2")
        )
        for kind, content in answer.get("content", {}).items():
            if "json" in kind:
                shown = next(iter(content["examples"].values()))["value"]
                return httpx.Response(status, json=shown)
            return httpx.Response(status, content=b"bytes")
        return httpx.Response(status)

    def _look_at(self, request: httpx.Request, said: dict[str, Any]) -> None:
        """The body has no field that the operation does not take."""
        content = said.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None or not request.content:
            return
        fields = set(json.loads(request.content))
        self.sent[said["operationId"]] |= fields
        for field in fields - taken(said):
            self.wrong.append(f"{said['operationId']} takes no {field}")


def taken(said: dict[str, Any]) -> set[str]:
    """The fields of the JSON body that an operation takes."""
    content = said.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return set()
    name = content["schema"]["$ref"].rpartition("/")[2]
    return set(described()["components"]["schemas"][name]["properties"])


def value(name: str, kind: Any) -> Any:
    """Something that fits a parameter."""
    from headshots_client import shapes

    if name == "rows":
        return [{"external_id": "hr-1", "email": "a@b.example"}]
    if kind in (shapes.EmployeeRow, shapes.FinishChanges):
        return dict.fromkeys(typing.get_type_hints(kind), "x")
    if typing.is_typeddict(kind):
        shape = NAMES.get(kind.__name__, f"{kind.__name__}Shape")
        return example(shape)
    options = typing.get_args(kind)
    if typing.get_origin(kind) is typing.Literal:
        return options[0]
    if options and (type(None) in options or isinstance(kind, types.UnionType)):
        return value(name, options[0])
    plain = typing.get_origin(kind) or kind
    if plain is str:
        return "019ab1c2-0000-7000-8000-00000000000a"
    if plain is datetime:
        return datetime(2026, 11, 25, tzinfo=UTC)
    if plain in (int, bool, bytes):
        return plain(1)
    if issubclass(plain, typing.Mapping):  # type: ignore[arg-type]
        return {"Research": None}
    return ["019ab1c2-0000-7000-8000-00000000000a"]


def example(shape: str) -> Any:
    """What the description shows of a shape."""
    whole, _, field = shape.partition(".")
    for item in described()["paths"].values():
        for said in (item[method] for method in METHODS if method in item):
            for answer in said["responses"].values():
                content = answer.get("content", {}).get("application/json", {})
                schema = json.dumps(content.get("schema", {}))
                listed = f'/{whole.removesuffix("Shape")}List"' in schema
                if listed or f'/{whole}"' in schema:
                    shown = next(iter(content["examples"].values()))["value"]
                    shown = shown["data"][0] if listed else shown
                    return shown[field][0] if field else shown
    raise AssertionError(f"nothing shows {shape}")


def call(method: Any, skip: set[str]) -> Any:
    kinds = typing.get_type_hints(method)
    given = {
        name: value(name, kinds.get(name, str))
        for name, parameter in inspect.signature(method).parameters.items()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD and name not in skip
    }
    positional = [
        given.pop(name)
        for name, parameter in inspect.signature(method).parameters.items()
        if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD and name in given
    ]
    answer = method(*positional, **given)
    return list(answer) if inspect.isgenerator(answer) else answer


def test_every_operation_has_a_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from headshots_client import Headshots, HeadshotsError
    from headshots_client.resources import Listed

    # Where files are saved.
    monkeypatch.chdir(tmp_path)
    server = Described()
    client = Headshots(
        "hs_test_x", base_url="https://headshots.example.com", http=httpx.Client(transport=server)
    )
    resources = [each for each in vars(client).values() if isinstance(each, Listed)]
    for owner in [client, *resources]:
        for name, method in inspect.getmembers(owner, inspect.ismethod):
            if name.startswith("_") or (owner is client and name in ("close", "read")):
                continue
            # The bytes that are shown are not those of the sum that is shown.
            broken = (owner, name) == (client.headshots, "file")
            with pytest.raises(HeadshotsError, match="broken") if broken else nullcontext():
                call(method, skip={"expand"})
    missing = {said["operationId"] for _, _, said in server.known} - server.asked
    assert not server.wrong
    assert not missing, "the client has no method for these"
    lost = {
        said["operationId"]: gone
        for _, _, said in server.known
        if (gone := wanted(said) - server.sent[said["operationId"]])
    }
    assert not lost, "what the client cannot say, or drops on the way"


def wanted(said: dict[str, Any]) -> set[str]:
    """What a program can tell an operation beside the usual: its body, and If-Match."""
    heard = {each["name"] for each in said.get("parameters", ()) if each["in"] == "header"}
    return taken(said) | (heard & {"If-Match"})


def shapes_of_the_client() -> list[str]:
    from headshots_client import shapes

    return sorted(name for name, kind in vars(shapes).items() if typing.is_typeddict(kind))


@pytest.mark.parametrize("name", shapes_of_the_client())
def test_types_have_the_fields_that_come(name: str) -> None:
    from headshots_client import shapes

    schemas = described()["components"]["schemas"]
    kind = getattr(shapes, name)
    shape, _, field = NAMES.get(name, f"{name}Shape").partition(".")
    found = set(example(f"{shape}.{field}")) if field else set(schemas[shape]["properties"])
    assert set(typing.get_type_hints(kind)) == found


def test_states_are_those_that_there_are() -> None:
    from headshots_client import shapes

    from accounts.consent.jurisdictions import Jurisdiction
    from generation.approving.choosing import Reason
    from generation.approving.rejections import Fault
    from generation.models import State
    from generation.photos.wishes import Keep

    assert set(typing.get_args(shapes.State)) == set(State.values)
    assert set(typing.get_args(shapes.Fault)) == set(Fault.values)
    assert set(typing.get_args(shapes.Jurisdiction)) == set(Jurisdiction.values)
    assert set(typing.get_args(shapes.Keep)) == set(Keep.values)
    assert set(typing.get_args(shapes.Reason)) == set(Reason.values)


def test_an_upload_address_does_not_get_the_key() -> None:
    from headshots_client import Headshots

    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(503 if len(asked) == 1 else 201, json={"id": "x"})

    client = Headshots(
        "hs_test_x",
        base_url="http://s.example",
        http=httpx.Client(transport=httpx.MockTransport(answer)),
    )
    address: Any = {"url": "http://s.example/api/v1/uploads/t"}
    assert client.shoots.put_photo(address, b"bytes")["id"] == "x"
    assert len(asked) == 2
    assert all("Authorization" not in each.headers for each in asked)
    # Nobody else gets the photo, whatever host the address names.
    client.shoots.put_photo({**address, "url": "http://other.example/api/v1/uploads/t"}, b"x")
    assert {each.url.host for each in asked} == {"s.example"}

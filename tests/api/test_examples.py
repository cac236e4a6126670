"""What the description shows by example is what the server does: bodies, answers, each error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from django.urls import URLPattern, reverse
from django.utils.html import escape
from django.utils.text import slugify

from headshots.api import document, urlpatterns
from headshots.lib.api.refusals import REQUEST_ID
from tests.api.program import Program
from tests.api.refusing import RECIPES
from tests.developers.test_pages import text
from tests.world import World

# The files that samples send, by where they go.
FILES = {"logo": "logo.png", "pictures": "lobby.jpg", "selfies": "ada.jpg", "{token}": "ada.jpg"}
METHODS = ("get", "post", "put", "patch", "delete")


def described() -> dict[str, Any]:
    said: dict[str, Any] = json.loads(document())
    return said


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for item in described()["paths"].values():
        for method in METHODS:
            if method in item:
                yield item[method]["operationId"], item[method]


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


def test_every_body_that_is_no_json_is_shown_as_a_request_to_copy(db: None) -> None:
    whole, shown = described(), 0
    for path, item in whole["paths"].items():
        for method in METHODS:
            said = item.get(method, {})
            for kind, content in said.get("requestBody", {}).get("content", {}).items():
                samples = [each["source"] for each in said.get("x-codeSamples", ())]
                if "json" in kind:
                    continue
                (sample,) = samples
                shown += 1
                assert f"{method.upper()} " in sample
                assert path in sample
                if kind == "multipart/form-data":
                    name = content["schema"]["$ref"].rpartition("/")[2]
                    schema = whole["components"]["schemas"][name]
                    sent = set(re.findall(r'-F "(\w+)=', sample))
                    assert set(schema["required"]) <= sent <= set(schema["properties"])
                else:
                    assert "--data-binary @" in sample
                    assert f"Content-Type: {kind.removesuffix('*')}" in sample
                # What is sent is what it is called.
                (file,) = re.findall(r"@(\w+\.\w+)", sample)
                assert file == FILES[path.rpartition("/")[2]]
                chapter = text(reverse("developer_reference", args=[slugify(said["tags"][0])]))
                assert escape(sample) in chapter
    assert shown >= 5


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


# What an error names beside fields of the body: what the body is made of, and whom it is about.
NAMED = {
    "organisation_put_logo": {"logo"},
    "finishes_put_logo": {"logo"},
    "uploads_put": {"photo"},
    "shoots_hand_in": {"photos"},
    "shoots_create": {"employees"},
    "shoots_more_pictures": {"employees"},
    "orders_another_look": {"employees"},
}


def test_an_error_names_a_field_as_the_body_does() -> None:
    whole, wrong, seen = described(), [], 0
    shown = whole["components"]["examples"]
    for name, said in operations():
        known = {each["name"] for each in said.get("parameters", ())} | NAMED.get(name, set())
        for content in said.get("requestBody", {}).get("content", {}).values():
            schema = content["schema"].get("$ref", "").rpartition("/")[2]
            known |= set(whole["components"]["schemas"].get(schema, {}).get("properties", ()))
        for answer in said["responses"].values():
            for content in answer.get("content", {}).values():
                keys = set(content.get("examples", ())) & set(shown) - {"field_unknown"}
                for key in sorted(keys):
                    field = str(shown[key]["value"].get("field") or "").partition(".")[0]
                    seen += bool(field)
                    if field and field not in known:
                        wrong.append((name, key, field))
    assert not wrong
    assert seen > 200

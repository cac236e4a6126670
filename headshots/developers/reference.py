"""The reference, read from the OpenAPI document that the API itself gives out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from headshots.lib.api import samples
from headshots.lib.api.methods import METHODS
from headshots.lib.api.sparse import SPARSE
from headshots.lib.markdown import inline

_DEEPEST = 4


@dataclass(frozen=True)
class Field:
    """A field of a body or an answer, or a parameter."""

    name: str
    type: str
    required: bool = False
    says: str = ""
    choices: tuple[str, ...] = ()
    inner: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What comes back with one status."""

    status: str
    says: str
    # Code and sentence of each error that there is.
    errors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    id: str
    method: str
    path: str
    summary: str
    says: str
    scope: str
    place: tuple[Field, ...]
    query: tuple[Field, ...]
    headers: tuple[Field, ...]
    body_type: str
    body: tuple[Field, ...]
    curl: str
    answer: str
    fields: tuple[Field, ...]
    refusals: tuple[Answer, ...]


@dataclass
class Chapter:
    """The operations of one resource."""

    name: str
    slug: str
    operations: list[Operation] = field(default_factory=list)


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    from headshots.api import document as published

    found: dict[str, Any] = json.loads(published())
    return found


@cache
def chapters() -> dict[str, Chapter]:
    """Every resource by its slug, in the order of the document."""
    found: dict[str, Chapter] = {}
    said = document()
    for path, item in said["paths"].items():
        for method in METHODS:
            if method in item:
                name = (item[method].get("tags") or ["Other"])[0]
                chapter = found.setdefault(slugify(name), Chapter(name, slugify(name)))
                chapter.operations.append(_operation(said, path, method, item[method]))
    return dict(sorted(found.items(), key=lambda each: each[1].name))


def _operation(said: dict[str, Any], path: str, method: str, raw: dict[str, Any]) -> Operation:
    parameters = [_resolved(said, each) for each in raw.get("parameters", [])]
    body_type, body_schema, body_example = _content(said, raw.get("requestBody", {}))
    status, good = next(
        (status, answer)
        for status, answer in sorted(raw["responses"].items())
        if status.startswith("2")
    )
    _, schema, example = _content(said, _resolved(said, good))
    return Operation(
        id=raw["operationId"],
        method=method.upper(),
        path=path,
        summary=raw.get("summary", ""),
        says=_said(raw.get("description", "")),
        scope=raw.get("x-scope", ""),
        place=_parameters(said, parameters, "path"),
        query=_parameters(said, parameters, "query"),
        headers=_parameters(said, parameters, "header"),
        body_type=body_type,
        body=_fields(said, body_schema),
        curl=_curl(raw, path, method, body_type, body_example),
        answer=_pretty(status, example),
        fields=_fields(said, schema),
        refusals=tuple(
            Answer(code, _said(_resolved(said, each).get("description", "")), _errors(said, each))
            for code, each in sorted(raw["responses"].items())
            if not code.startswith("2")
        ),
    )


def _errors(said: dict[str, Any], answer: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    found = (
        _resolved(said, example)["value"]
        for content in answer.get("content", {}).values()
        for example in content.get("examples", {}).values()
    )
    return tuple((each["code"], each["detail"]) for each in found)


def _resolved(said: dict[str, Any], part: Any) -> dict[str, Any]:
    """What a reference names; of several alternatives the first."""
    for _ in range(20):
        if "$ref" in part:
            found: Any = said
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            part = {**found, **{key: part[key] for key in part if key != "$ref"}}
        elif len(part.get("allOf", ())) == 1:
            part = {**part["allOf"][0], **{key: part[key] for key in part if key != "allOf"}}
        elif str(part.get("anyOf", [{}])[-1].get("$ref", "")).endswith(SPARSE):
            part = part["anyOf"][0]
        else:
            break
    return dict(part)


def _content(said: dict[str, Any], part: dict[str, Any]) -> tuple[str, dict[str, Any], Any]:
    """The media type, schema and example of a body."""
    for media_type, content in part.get("content", {}).items():
        example = content.get("example")
        for each in (content.get("examples") or {}).values():
            example = each.get("value")
            break
        return media_type, _resolved(said, content.get("schema", {})), example
    return "", {}, None


def _parameters(
    said: dict[str, Any], parameters: list[dict[str, Any]], place: str
) -> tuple[Field, ...]:
    return tuple(
        _field(said, each["name"], each.get("schema", {}), each.get("required", False), 0)
        if not each.get("description")
        else _field(
            said,
            each["name"],
            {**each.get("schema", {}), "description": each["description"]},
            each.get("required", False),
            0,
        )
        for each in parameters
        if each["in"] == place
    )


def _fields(said: dict[str, Any], schema: dict[str, Any], depth: int = 0) -> tuple[Field, ...]:
    """The fields of an object; of a list, those of its items."""
    schema = _resolved(said, schema)
    if schema.get("type") == "array":
        return _fields(said, schema.get("items", {}), depth)
    if depth >= _DEEPEST:
        return ()
    wanted = set(schema.get("required", ()))
    return tuple(
        _field(said, name, part, name in wanted, depth)
        for name, part in schema.get("properties", {}).items()
    )


def _field(said: dict[str, Any], name: str, raw: Any, required: bool, depth: int) -> Field:
    schema = _resolved(said, raw)
    choices: list[str] = []
    for each in (schema, *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        choices += [
            str(one) for one in _resolved(said, each).get("enum", ()) if one not in (None, "")
        ]
    says = " ".join(str(schema.get("description", "")).split())
    if choices:
        # What lists the choices a second time, as the generator does.
        says = says.partition("* `")[0].strip()
    return Field(
        name=name,
        type=_type(said, schema),
        required=required,
        says=_said(says),
        choices=tuple(dict.fromkeys(choices)),
        inner=_fields(said, schema, depth + 1),
    )


def _type(said: dict[str, Any], schema: Mapping[str, Any]) -> str:
    options = [
        _resolved(said, each) for each in (*schema.get("oneOf", ()), *schema.get("anyOf", ()))
    ]
    if options:
        return " or ".join(dict.fromkeys(_type(said, each) for each in options))
    kinds = schema.get("type", "object" if "properties" in schema else "any")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    named = []
    for kind in kinds:
        if kind == "array":
            named.append(f"list of {_type(said, _resolved(said, schema.get('items', {})))}")
        elif kind == "string" and schema.get("format"):
            named.append(str(schema["format"]))
        else:
            named.append(str(kind))
    bounds = [
        f"{word} {schema[key]}"
        for key, word in (
            ("minimum", "from"),
            ("maximum", "to"),
            ("maxLength", "up to"),
            ("maxItems", "at most"),
        )
        if key in schema
    ]
    return " or ".join(named) + (f", {' '.join(bounds)}" if bounds else "")


def _curl(raw: dict[str, Any], path: str, method: str, media_type: str, example: Any) -> str:
    """The request to copy; the document has those that JSON cannot show."""
    for sample in raw.get(samples.SAMPLES, ()):
        return str(sample["source"])
    sent = []
    if media_type:
        body = json.dumps(example if example is not None else {}, ensure_ascii=False, indent=2)
        quoted = body.replace("'", "'\\''")
        sent = [f'-H "Content-Type: {media_type}"', f"-d '{quoted}'"]
    return samples.curl(path, method, sent, secured=bool(raw.get("security")))


def _said(text: str) -> SafeString:
    # Written by us, in the code; what looks like HTML in it is shown.
    return mark_safe(inline(" ".join(text.split())))  # noqa: S308


def _pretty(status: str, example: Any) -> str:
    if example is None:
        return ""
    return json.dumps(example, ensure_ascii=False, indent=2)

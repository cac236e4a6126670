"""What leads from an answer to the next request, for the OpenAPI document: its `links`.

Made from the document itself: what `GET /things/{thing_id}` answers with is a thing, so whoever
was answered with things can go on to every operation that takes a `thing_id`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from headshots.lib.api.methods import METHODS

_LAST = re.compile(r"/\{(\w+_id)\}$")


def add_links(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say of every good answer which operations its identifiers lead to; a hook of
    drf-spectacular."""
    schemas = result["components"]["schemas"]
    operations = list(_operations(result["paths"]))
    takers: dict[str, list[str]] = {}
    for path, said in operations:
        named = re.findall(r"\{(\w+)\}", path)
        if named and named[-1].endswith("_id"):
            takers.setdefault(named[-1], []).append(said["operationId"])
    things = _things(result["paths"], operations, schemas)
    for _path, said in operations:
        for answer in _good(said):
            links = {
                f"{to}_by_{where.rpartition('/')[2]}": {
                    "operationId": to,
                    "parameters": {parameter: f"$response.body#{where}"},
                }
                for where, parameter in _identifiers(answer, schemas, things)
                for to in takers.get(parameter, ())
                if to != said["operationId"]
            }
            if links:
                answer["links"] = links
    return result


def _operations(paths: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in paths.items():
        for method in METHODS:
            if method in item:
                yield path, item[method]


def _good(said: dict[str, Any]) -> list[dict[str, Any]]:
    return [answer for status, answer in said["responses"].items() if status.startswith("2")]


def _things(
    paths: dict[str, Any], operations: list[tuple[str, dict[str, Any]]], schemas: dict[str, Any]
) -> dict[str, str]:
    """The parameter that takes the id of what each schema describes."""
    found: dict[str, str] = {}
    below = {path.rpartition("/")[0]: path for path in paths if _LAST.search(path)}
    for path, said in operations:
        one = _LAST.search(below.get(path, path))
        for answer in _good(said):
            schema, _ = _row(answer, schemas)
            if one and schema:
                found.setdefault(schema, one[1])
    return found


def _row(answer: dict[str, Any], schemas: dict[str, Any]) -> tuple[str, str]:
    """The schema of the thing that an answer tells of, or of the first row of its page, and where
    in the body it stands."""
    said = answer.get("content", {}).get("application/json", {}).get("schema", {})
    name = str(said.get("$ref", "")).rpartition("/")[2]
    fields = schemas.get(name, {}).get("properties", {})
    if "next_cursor" in fields:
        return str(fields["data"]["items"]["$ref"]).rpartition("/")[2], "/data/0"
    return name, ""


def _identifiers(
    answer: dict[str, Any], schemas: dict[str, Any], things: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """Where in an answer identifiers stand, and the parameter that takes each."""
    name, start = _row(answer, schemas)
    for field in schemas.get(name, {}).get("properties", {}):
        if field == "id" and name in things:
            yield f"{start}/id", things[name]
        elif f"{field}_id" in things.values():
            yield f"{start}/{field}", f"{field}_id"

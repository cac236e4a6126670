"""What `fields` leaves of an answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from headshots.lib.api.methods import METHODS

SPARSE = "Sparse"


def add_sparse(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say of every answer that `fields` makes smaller that any of its fields may be missing; a
    hook of drf-spectacular. The whole comes first, so that readers of types find it."""
    schemas = result["components"]["schemas"]
    for item in result["paths"].values():
        for said in (item[method] for method in METHODS if method in item):
            if not any(each.get("name") == "fields" for each in said.get("parameters", ())):
                continue
            for status, answer in said["responses"].items():
                json = answer.get("content", {}).get("application/json")
                if status.startswith("2") and json and "$ref" in json["schema"]:
                    _either(json, "schema", schemas)
    return result


def _either(holder: dict[str, Any], key: str, schemas: dict[str, Any]) -> None:
    """Put “the whole or a part of it” in place of the schema that stands there."""
    if "$ref" not in holder[key]:
        return
    name = str(holder[key]["$ref"]).rpartition("/")[2]
    whole = schemas[name]
    if "next_cursor" in whole["properties"]:
        _either(whole["properties"]["data"], "items", schemas)
        return
    part = {each: said for each, said in whole.items() if each != "required"}
    part["description"] = "Those fields alone that `fields` names."
    schemas[f"{name}{SPARSE}"] = {**part, "minProperties": 1, "additionalProperties": False}
    holder[key] = {
        "anyOf": [
            {"$ref": f"#/components/schemas/{name}"},
            {"$ref": f"#/components/schemas/{name}{SPARSE}"},
        ]
    }

"""How drf-spectacular reads our views."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_basic_type
from drf_spectacular.types import OpenApiTypes

from headshots.lib.api.shapes import Given, Reference, Words


class Schema(AutoSchema):
    """Operations as they are declared; every one with a scope needs a key."""

    def get_auth(self) -> list[dict[str, Any]]:
        method = getattr(self.view, self.method.lower(), None)
        return [{"key": []}] if method is not None and method.operation.scope else []

    def get_override_parameters(self) -> list[Any]:
        return []

    def _map_serializer(
        self, serializer: Any, direction: Any, bypass_extensions: bool = False
    ) -> Any:
        schema = super()._map_serializer(  # type: ignore[no-untyped-call]
            serializer, direction, bypass_extensions
        )
        if isinstance(serializer, Given) and schema.get("type") == "object":
            schema["additionalProperties"] = False
        return schema


class ReferenceExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A reference is an id, or the whole where it is expanded."""

    target_class = Reference

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Any:
        whole = auto_schema.resolve_serializer(self.target.to, direction).ref
        return {"oneOf": [build_basic_type(OpenApiTypes.UUID), whole]}


class WordsExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Words that are known, parted by commas."""

    target_class = Words

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Any:
        word = f"({'|'.join(self.target.known)})"
        return {
            "type": "string",
            "pattern": f"^{word}(,{word})*$",
            "maxLength": self.target.max_length,
        }

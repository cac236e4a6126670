"""What an operation is: declared once, for the view that does it and the reference that tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from inspect import cleandoc
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers

from headshots.lib.api.problems import MEDIA_TYPE
from headshots.lib.api.refusals import OWN, Refused, shared
from headshots.lib.api.samples import SENT
from headshots.lib.api.shapes import Given, Shape, query_of

# Where an operation says the status whose answer has a Location, until the document is whole.
LOCATES = "x-locates"
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Operation:
    """One method of one address. `scope` is what a key needs; empty where no key is needed.
    `calls` has what services call otherwise than the body does: pages have forms of their own."""

    id: str
    scope: str
    status: int
    shape: type[Shape] | None
    many: bool
    query: type[Given]
    body: type[serializers.Serializer[Any]] | None
    limit_bytes: int | None = None
    match: bool = False
    calls: Mapping[str, str] = field(default_factory=dict)

    def field_called(self, name: str | None) -> str | None:
        """The field of the body that a service's problem is about."""
        return self.calls.get(name, name) if name else name


class ProblemShape(Shape):
    """A refusal (RFC 9457)."""

    type = serializers.URLField(help_text="Names the kind of problem; stable.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A sentence that says what to do.")
    code = serializers.CharField(help_text="The last part of `type`.")
    field = serializers.CharField(allow_null=True)
    errors: Any = inline_serializer(
        "ProblemField",
        {
            "field": serializers.CharField(allow_null=True),
            "code": serializers.CharField(),
            "detail": serializers.CharField(),
        },
        many=True,
    )
    request_id = serializers.CharField()


SAYS = {
    304: "As `If-None-Match` knows it.",
    400: "The request cannot be read.",
    401: "No key, or none that counts any more.",
    402: "Credits are missing.",
    403: "The key lacks the scope, or may not be used from this address.",
    404: "There is no such thing, or it is not yours.",
    408: "The body came in too slowly.",
    409: "It has moved on, or the same is being done just now.",
    410: "It is over.",
    412: "It is not what `If-Match` names any more.",
    413: "The body is too large.",
    415: "The body is of another type than this takes.",
    422: "A field is missing or wrong.",
    429: "Too many requests; `Retry-After` says when to go on.",
    500: "Our fault; nothing was done.",
    503: "Away for a moment; nothing was done.",
}


def operation(
    id: str,
    summary: str,
    *,
    tag: str,
    scope: str = "",
    shape: type[Shape] | None = None,
    many: bool = False,
    status: int = 200,
    query: type[Given] | None = None,
    body: type[serializers.Serializer[Any]] | None = None,
    upload: type[serializers.Serializer[Any]] | None = None,
    binary: str | tuple[str, ...] = "",
    raw: str = "",
    sent: tuple[str, ...] = (),
    match: bool = False,
    later: str = "",
    also: tuple[int, ...] = (),
    refuses: tuple[Refused, ...] = (),
    limit_bytes: int | None = None,
    locates: bool | None = None,
    calls: Mapping[str, str] | None = None,
) -> Callable[[F], F]:
    """Declare a method of a view: who may, what it takes, what it answers.

    `upload` is a multipart body, `binary` the media type of an answer that is a file (or several),
    `sent` how curl sends a body that is no JSON, `match` says that If-Match is heard, `later` when
    it answers with 202 instead, `also` adds statuses to those that every operation has, and
    `refuses` tells by example what it refuses beside what others do. `locates` says whether
    Location leads to what was made; where it is not said, it does when that has an id of its own.
    `calls` names the body's fields by what services call them, where that differs.
    """
    taken = query_of(shape, query, many)
    located = locates
    if located is None:
        located = status == 201 and not many and shape is not None and "id" in shape().fields
    declared = Operation(
        id, scope, status, shape, many, taken, body or upload, limit_bytes, match, calls or {}
    )

    def declare(method: F) -> F:
        method.operation = declared  # type: ignore[attr-defined]
        statuses = {400, 422, 500, 503, *also, *(each.status for each in refuses)}
        writes = id.split("_")[-1] not in ("list", "get", "file")
        parameters: list[Any] = [taken] if taken().fields else []
        if scope:
            statuses |= {401, 403, 404, 429}
        if writes:
            statuses |= {404, 408, 409, 413, 415}
        else:
            parameters.append(_header("If-None-Match", "An ETag; 304 where it still stands."))
        if match:
            statuses.add(412)
            parameters.append(_header("If-Match", "An ETag; 412 where it has changed since."))
        if method.__name__ == "post" and scope:
            parameters.append(
                _header(
                    "Idempotency-Key",
                    "The same key does the same once, for a day at least.",
                    minLength=1,
                    maxLength=255,
                )
            )
        answers: dict[Any, Any] = {}
        if binary:
            for kind in (binary,) if isinstance(binary, str) else binary:
                answers[status, kind] = OpenApiTypes.BINARY
        elif shape is None:
            answers[status] = OpenApiResponse(description="Done.")
        else:
            answers[status] = OpenApiResponse(
                _list_of(shape) if many else shape,
                description="The page." if many else "The resource.",
                examples=_examples(shape.example, many),
            )
        if later:
            assert shape is not None
            answers[202] = OpenApiResponse(
                shape, description=later, examples=_examples(shape.example, many)
            )
        if not writes:
            answers[304] = OpenApiResponse(description=SAYS[304])
        for code in sorted(statuses):
            answers[code, MEDIA_TYPE] = OpenApiResponse(ProblemShape, description=SAYS[code])
        request: Any = None
        if upload:
            request = {"multipart/form-data": upload}
        elif raw:
            request = {raw: OpenApiTypes.BINARY}
        elif body:
            request = {"application/json": body}
        examples = [
            OpenApiExample("Body", value=example, request_only=True)
            for example in [getattr(body, "example", None)]
            if example
        ]
        usual = shared(
            key=bool(scope), writes=writes, post=method.__name__ == "post", match=match, many=many,
            photo=limit_bytes is not None, takes=bool(upload or raw), gives=bool(binary),
        )  # fmt: skip
        return extend_schema(
            operation_id=id,
            summary=summary,
            description=f"{cleandoc(method.__doc__ or summary)}\n\n{later}".strip(),
            tags=[tag],
            parameters=parameters,
            request=request,
            responses=answers,
            examples=examples,
            extensions={
                LOCATES: str(status) if located else "",
                OWN: [each for each in (*usual, *refuses) if each.status in statuses],
                **({"x-scope": scope} if scope else {}),
                **({SENT: sent} if sent else {}),
            },
        )(method)

    return declare


def _header(name: str, says: str, **schema: Any) -> OpenApiParameter:
    return OpenApiParameter(
        name, {"type": "string", **schema}, OpenApiParameter.HEADER, description=says
    )


@cache
def _list_of(shape: type[Shape]) -> Any:
    return inline_serializer(
        f"{shape.__name__.removesuffix('Shape')}List",
        {
            "data": shape(many=True),
            "has_more": serializers.BooleanField(),
            "next_cursor": serializers.CharField(allow_null=True),
        },
    )


def _examples(example: dict[str, Any], many: bool) -> list[OpenApiExample]:
    if not example:
        return []
    value = {"data": [example], "has_more": False, "next_cursor": None} if many else example
    return [OpenApiExample("Answer", value=value, response_only=True)]

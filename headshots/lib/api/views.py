"""One way through every operation: who asks, what they may, do it once, answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import IO, Any
from uuid import uuid4

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from headshots.lib.api import chunked, idempotency, matching, pages, problems, shapes, whole
from headshots.lib.api.methods import METHODS
from headshots.lib.api.operations import Operation
from headshots.lib.api.parsing import MOST_BYTES, JSONBodyParser, too_large
from headshots.lib.api.shapes import Given
from headshots.lib.problems import Problem

VERSION = "2026-11-25"
VERSIONS = (VERSION,)
_SAFE = ("get", "head")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
NOWHERE = "There is no such address. The reference lists those there are."
OURS = "Something went wrong on our side. It is logged under the request's id."

log = structlog.get_logger(__name__)


class ApiView(APIView):
    """A resource. Its methods are declared by `operation`; each does one thing and answers."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes: Any = (JSONBodyParser,)

    request: Request
    operation: Operation
    # What the query says, checked; filled before a method runs.
    query: dict[str, Any]
    # Whose GET reads what this one changes; where none is named, it has a GET of its own.
    acts_on: type[ApiView] | None = None

    def enter(self, request: Request, operation: Operation) -> None:
        """Find out who asks and whether they may; raises Problem where not."""

    def needs(self, scope: str) -> None:
        """Raises Problem (403) where whoever asks lacks a scope."""

    def whose(self) -> str:
        """To whom what the address names belongs."""
        return ""

    def everything(self) -> list[Any] | None:
        """All rows of a list that is acted upon as one: its pages are known by the state of all of
        them. None where each row stands for itself."""
        return None

    def store(self) -> idempotency.Store | None:
        """Where answers to Idempotency-Keys are kept; None where none are."""
        return None

    def after_refusal(self, problem: Problem) -> None:
        """What follows of a refusal, once all that its request had done is undone."""

    def after_reading(self) -> None:
        """What follows of a GET that is answered whole: not of a HEAD, nor of a 304."""

    def headers_of_answer(self) -> dict[str, str]:
        """Headers that go with every answer, refusals too."""
        return {}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.args, self.kwargs = args, kwargs
        self.request_id = _request_id()
        response: HttpResponseBase
        try:
            self.request = self.initialize_request(request, *args, **kwargs)
            response = self._respond(self.request)
        except Exception as error:
            response = self._refuse(self._followed(error))
        if getattr(self, "operation", None) is None:
            response["Allow"] = ", ".join(self._methods())
        for name, value in self.headers_of_answer().items():
            response.setdefault(name, value)
        response["Request-Id"] = self.request_id
        response.setdefault("Cache-Control", "private, no-store")
        return response

    def _followed(self, error: Exception) -> Exception:
        if isinstance(error, Problem):
            try:
                self.after_refusal(error)
            except Exception as worse:
                return worse
        return error

    def _methods(self) -> list[str]:
        return [m.upper() for m in METHODS if hasattr(getattr(self, m, None), "operation")]

    def _respond(self, request: Request) -> HttpResponseBase:
        name = (request.method or "").lower()
        method = getattr(self, "get" if name == "head" else name, None)
        found = getattr(method, "operation", None)
        if method is None or found is None:
            self.operation = None  # type: ignore[assignment]
            raise MethodNotAllowed(request.method or "")
        self.operation = found
        self._refuse_large(request)
        self.enter(request, found)
        if name not in _SAFE:
            self._read(request)
        self.query = self._checked(found.query, shapes.said_once(request.query_params))
        for what in ("fields", "expand"):
            if what in self.query and found.shape:
                self.query[what] = shapes.chosen(found.shape, self.query[what], what)
        if found.shape:
            # SECURITY: what is expanded is read like anything else.
            for word in self.query.get("expand", ()):
                self.needs(found.shape.expands[word].scope)
        if name in _SAFE:
            response = self._conditional(method(request, **self.kwargs))
            if name == "get" and response.status_code == HTTPStatus.OK:
                self.after_reading()
            return response
        store = self.store() if name == "post" else None
        # What a request does, it does whole or not at all.
        with transaction.atomic():
            if store is None:
                return self._act(method)
            return idempotency.once(request, store, lambda: self._act(method))

    def _act(self, method: Callable[..., HttpResponse]) -> HttpResponse:
        """Do it, unless If-Match names another state than the resource has now."""
        named = self.request.headers.get("If-Match")
        if self.operation.match and named is not None:
            reads = self.acts_on or type(self)
            matching.take_turns(
                f"{self.whose()} {reads.__qualname__} {sorted(self.kwargs.items())}"
            )
            now = self._state(reads)
            if not matching.names_state(named, now):
                raise problems.Refusal(
                    "It has changed since you read it. Read it again and decide anew.",
                    code="changed",
                    status=412,
                    headers={"ETag": now},
                )
        self._refuse_unheard(self.request)
        return method(self.request, **self.kwargs)

    def _state(self, reads: type[ApiView]) -> str:
        """The ETag that a GET would answer with now."""
        reader = reads()
        reader.__dict__.update(self.__dict__)
        reader.operation = reads.get.operation  # type: ignore[attr-defined]
        reader.query = self._checked(reader.operation.query, {})
        if reader.operation.many:
            return reader.state_of_all()
        return matching.etag(reader.get(self.request, **self.kwargs).content)  # type: ignore[attr-defined]

    def state_of_all(self) -> str:
        """The ETag of a list that is acted upon as one."""
        shape, rows = self.operation.shape, self.everything()
        assert shape is not None and rows is not None  # noqa: PT018
        return matching.etag(_encode(shapes.show(shape, rows, many=True, context={"view": self})))

    def _refuse_large(self, request: Request) -> None:
        """Refuse by the announced length, before a byte of the body is read."""
        most = self.operation.limit_bytes or MOST_BYTES
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length > most:
            # The rest of the body is not read, so the connection is of no use after this.
            raise too_large(most)
        whole.expect(request._request)

    def _read(self, request: Request) -> None:
        """Read the body: of those alone who may, and before a transaction waits for it."""
        chunked.take(request._request, self.operation.limit_bytes or MOST_BYTES)
        if any(issubclass(parser, MultiPartParser) for parser in self.parser_classes):
            _ = request.data
        else:
            _ = request._request.body

    def _refuse_unheard(self, request: Request) -> None:
        """Refuse fields where none are taken: whoever names some of an order's people would else
        cancel all of it."""
        if self.operation.body is not None or JSONBodyParser not in self.parser_classes:
            return
        if request._request.body.strip():
            said = request.data
            Given(data={} if said is None else said).is_valid(raise_exception=True)

    def _refuse(self, error: Exception) -> HttpResponseBase:
        problem = problems.as_problem(error)
        if problem is None:
            log.exception("api_failed", operation=getattr(self.operation, "id", ""))
            problem = problems.Refusal(
                OURS,
                code="internal",
                status=500,
            )
        elif problem.status >= 500:
            log.warning("api_away", problem=problem.code, error=repr(error))
        elif getattr(self, "operation", None) is not None:
            problem.field = self.operation.field_called(problem.field)
        said = problems.document(problem, request_id=self.request_id)
        response = _json(said, problem.status, problems.MEDIA_TYPE)
        for name, value in getattr(problem, "headers", {}).items():
            response[name] = value
        if problem.status == HTTPStatus.UNAUTHORIZED:
            response.setdefault("WWW-Authenticate", 'Bearer error="invalid_token"')
        return response

    def _conditional(self, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code != 200:
            return response
        if isinstance(response, HttpResponse):
            etag = matching.etag(response.content)
            if "ETag" in response.headers and self.operation.many:
                etag = response.headers["ETag"]
            elif not self.operation.many and (self.query.get("fields") or self.query.get("expand")):
                etag = matching.etag_of_part(self._state(type(self)), response.content)
        elif "ETag" in response.headers:
            etag = response.headers["ETag"]
        else:
            return response
        response["ETag"] = etag
        known = self.request.headers.get("If-None-Match", "")
        if known and matching.names(known, etag):
            if isinstance(response, FileResponse) and response.file_to_stream:
                response.file_to_stream.close()
            unchanged = HttpResponse(status=304)
            unchanged["ETag"] = etag
            return unchanged
        return response

    @staticmethod
    def _checked(given: type[Given], said: Any) -> dict[str, Any]:
        serializer = given(data=said, context={"all_text": True})
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def body(self, partial: bool = False) -> dict[str, Any]:
        """What the body says, checked by the operation's own shape."""
        assert self.operation.body is not None
        serializer = self.operation.body(data=self.request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def shown(self, row: Any, *, status: int | None = None, location: str = "") -> HttpResponse:
        """The answer about one thing."""
        shape = self.operation.shape
        assert shape is not None
        data = shapes.show(
            shape,
            row,
            fields=self.query.get("fields", ()),
            expand=self.query.get("expand", ()),
            context={"view": self},
        )
        response = _json(data, status or self.operation.status)
        if not self.query.get("fields") and not self.query.get("expand"):
            response["ETag"] = matching.etag(response.content)
            if once := shape.shown_once:
                state = _encode({name: data[name] for name in data if name not in once})
                response["ETag"] = matching.etag_of_part(matching.etag(state), response.content)
        if location:
            response["Location"] = location
        return response

    def listed(self, rows: QuerySet[Any], *, owner: object, order: str = "-pk") -> HttpResponse:
        """The answer of a list: one page, with what `expand` names fetched along."""
        shape = self.operation.shape
        assert shape is not None
        rows = shapes.expanded(rows, shape, self.query.get("expand", ()))
        place = self.request.path
        return self._paged(pages.page_of(rows, self.query, owner=owner, place=place, order=order))

    def listed_rows(
        self, rows: Sequence[Any], *, owner: object, key: Callable[[Any], str]
    ) -> HttpResponse:
        """The same of rows that are worked out together."""
        place = self.request.path
        page = pages.page_of_rows(rows, self.query, owner=owner, place=place, key=key)
        response = self._paged(page)
        if self.everything() is not None:
            state = self.state_of_all()
            part = page.next_cursor or set(self.query) - {"limit"}
            response["ETag"] = matching.etag_of_part(state, response.content) if part else state
        return response

    def _paged(self, page: pages.Page[Any]) -> HttpResponse:
        shape, place = self.operation.shape, self.request.path
        assert shape is not None
        expand = self.query.get("expand", ())
        self.rows_found(page.rows)
        data = shapes.show(
            shape,
            page.rows,
            many=True,
            fields=self.query.get("fields", ()),
            expand=expand,
            context={"view": self},
        )
        response = _json(page.body(data))
        address = self.request.build_absolute_uri(place)
        for name, value in page.links(address, self.request.query_params.dict()).items():
            response[name] = value
        return response

    def rows_found(self, rows: list[Any]) -> None:
        """Fetch what goes with the rows of a page, for all of them at once."""

    def plain(self, data: dict[str, Any], status: int | None = None) -> HttpResponse:
        """An answer that is data already."""
        if wanted := self.query.get("fields", ()):
            data = {name: value for name, value in data.items() if name in wanted}
        return _json(data, status or self.operation.status)

    def file(self, stored: IO[bytes], *, key: str, name: str, kind: str) -> HttpResponseBase:
        """An answer that is a large file of the vault, which never changes under its `key`."""
        response = FileResponse(stored, as_attachment=True, filename=name, content_type=kind)
        response["ETag"] = matching.etag(key.encode())
        return response

    def done(self) -> HttpResponse:
        """An answer without a body."""
        return HttpResponse(status=204)


class Nowhere(ApiView):
    """Every address below the API that is none."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.request_id = _request_id()
        missing = problems.Refusal(
            NOWHERE,
            code="not_found",
            status=404,
        )
        response = self._refuse(missing)
        response["Request-Id"] = self.request_id
        return response


def _request_id() -> str:
    said = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    return said if _REQUEST_ID.fullmatch(said) else uuid4().hex


def _encode(data: Any) -> bytes:
    text = json.dumps(data, cls=JSONEncoder, ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def _json(data: Any, status: int = 200, media_type: str = "application/json") -> HttpResponse:
    return HttpResponse(_encode(data), status=status, content_type=media_type)


def known_version(headers: Mapping[str, str], pinned: str) -> str:
    """The version that a request asks for, or the one its key is pinned to."""
    wanted = headers.get("Headshots-Version", pinned)
    if wanted not in VERSIONS:
        raise problems.Refusal(
            f"There is no version “{wanted[:20]}”. There are: {', '.join(VERSIONS)}.",
            code="version",
            status=400,
            field="Headshots-Version",
        )
    return wanted

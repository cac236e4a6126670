"""Reading a body without being harmed by it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from headshots.lib.api.problems import Refusal, twice

MOST_BYTES = 5 * 1024 * 1024
DEEPEST = 16
MOST_PARTS = 100_000
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JSONBodyParser(BaseParser):
    """JSON as RFC 8259 has it, of at most MOST_BYTES, nested at most DEEPEST deep, with at most
    MOST_PARTS lists and objects in it."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = stream.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise too_large(MOST_BYTES)
        return loads(raw)


def loads(raw: bytes) -> Any:
    """The value that the bytes say. Raises ParseError with a sentence, and Refusal for an object
    that names a field twice."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ParseError("The body is not UTF-8.") from None
    _refuse_depth(text)
    try:
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        where = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ParseError(f"The body is no JSON{where}.") from None
    if _SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ParseError("The body has half of a surrogate pair, which is no text.") from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counted = Counter(name for name, _value in pairs)
        raise twice(counted.most_common(1)[0][0])
    return found


def _refuse_depth(text: str) -> None:
    # Where there are few brackets, or none is unusual, counting them would be wasted.
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth = parts = 0
    for found in _STRUCTURE.finditer(text):
        sign = found[0]
        if sign in "[{":
            depth += 1
            parts += 1
            if parts > MOST_PARTS:
                raise ParseError(f"The body has more than {MOST_PARTS} lists and objects in it.")
            if depth > DEEPEST:
                raise ParseError(f"The body is nested more than {DEEPEST} deep.")
        elif sign in "]}":
            depth -= 1


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


def too_large(most: int) -> Refusal:
    """The refusal of a body that is larger than so many bytes."""
    return Refusal(
        f"The body is larger than {most / 1024 / 1024:.0f} MB, the most that is taken here.",
        code="too_large",
        status=413,
    )


class BytesParser(BaseParser):
    """A body that is a file; it is read where it is needed."""

    media_type = "*/*"

"""What a request asks, read from Stripe's form encoding and checked against the SDK's types."""

from __future__ import annotations

import importlib
import re
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from stripe._request_options import RequestOptions
from typing_extensions import is_typeddict

from billing.sandbox.errors import Refused

_STEP = re.compile(r"\[([^\]]*)\]")
_OPTIONS = set(RequestOptions.__annotations__)
_TRUTH = {"true": True, "false": False}


def read(encoded: str) -> dict[str, Any]:
    """`a[b]=1&c[]=2&d[0][e]=3` as `{"a": {"b": "1"}, "c": ["2"], "d": [{"e": "3"}]}`."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        head, _, _ = name.partition("[")
        place, last = tree, head
        for step in _STEP.findall(name):
            following = place.setdefault(last, {})
            if not isinstance(following, dict):
                raise Refused("Invalid request: a value and fields of it.", param=name)
            place, last = following, step or str(len(following))
        place[last] = value
    return {name: _listed(value) for name, value in tree.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(part) for name, part in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def checked(given: dict[str, Any], types_name: str) -> dict[str, Any]:
    """The parameters as the SDK's type `module:Class` has them; Refused for any other."""
    return _fields(given, _params(types_name), "")


@cache
def _params(name: str) -> Any:
    module, _, found = name.partition(":")
    return getattr(importlib.import_module(f"stripe.params.{module}"), found)


@cache
def _hints(of: Any) -> Mapping[str, Any]:
    # Options of the SDK's own request stand in the same types; their names are not parameters.
    hints = get_type_hints(of, localns={**vars(typing), "StripeContext": object})
    return {name: hint for name, hint in hints.items() if name not in _OPTIONS}


def _fields(given: dict[str, Any], of: Any, path: str) -> dict[str, Any]:
    hints = _hints(of)
    read = {}
    for name, value in given.items():
        where = f"{path}[{name}]" if path else name
        if name not in hints:
            raise Refused(
                f"Received unknown parameter: {where}", code="parameter_unknown", param=where
            )
        read[name] = _value(value, hints[name], where)
    for name in sorted(of.__required_keys__ & hints.keys() - set(given)):
        where = f"{path}[{name}]" if path else name
        raise Refused(f"Missing required param: {where}.", code="parameter_missing", param=where)
    return read


def _choices(of: Any) -> list[Any]:
    if get_origin(of) in (Union, types.UnionType):
        return [choice for part in get_args(of) for choice in _choices(part)]
    return [of]


def _value(value: Any, of: Any, path: str) -> Any:
    choices = _choices(of)
    if isinstance(value, dict):
        for choice in choices:
            if is_typeddict(choice):
                return _fields(value, choice, path)
        if any(get_origin(choice) is dict for choice in choices):
            return value
        raise Refused(f"Invalid {path}: it has no fields.", param=path)
    if isinstance(value, list):
        for choice in choices:
            if get_origin(choice) is list:
                (inner,) = get_args(choice)
                return [_value(part, inner, f"{path}[{n}]") for n, part in enumerate(value)]
        raise Refused(f"Invalid array: {path} takes one value.", param=path)
    return _scalar(value, choices, path)


def _scalar(value: str, choices: list[Any], path: str) -> Any:
    allowed = [word for c in choices if get_origin(c) is Literal for word in get_args(c)]
    if value in allowed:
        return value
    if value == "" and any(is_typeddict(c) or get_origin(c) in (dict, list) for c in choices):
        return ""
    if int in choices and re.fullmatch(r"-?\d{1,15}", value):
        return int(value)
    if bool in choices and value in _TRUTH:
        return _TRUTH[value]
    if float in choices and re.fullmatch(r"-?\d{1,15}(\.\d+)?", value):
        return float(value)
    # The SDK lets any word through where it lists some, to outlive itself; Stripe does not.
    words = [word for word in allowed if word != ""]
    if words and value != "":
        raise Refused(f"Invalid {path}: must be one of {', '.join(map(str, words))}", param=path)
    if (
        str in choices
        or Any in choices
        or any(getattr(c, "__name__", "") == "Decimal" for c in choices)
    ):
        return value
    wanted = "an integer" if int in choices else "another kind of value"
    raise Refused(f"Invalid {path}: “{value}” is not {wanted}.", param=path)

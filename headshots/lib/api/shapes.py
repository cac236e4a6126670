"""What comes in and goes out: strict bodies and queries, sparse fields, references that expand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from headshots.lib.api import pages
from headshots.lib.api.problems import MOST_ERRORS, Refusal, twice

# An object of names and values in a body has at most so many.
MOST_ENTRIES = 10_000


@dataclass(frozen=True)
class Expand:
    """What `expand` fetches in full: the relation, and the scope by which it is read elsewhere."""

    relation: str
    scope: str


class Shape(serializers.Serializer[Any]):
    """What is answered, field by field. `example` stands in the reference."""

    example: ClassVar[dict[str, Any]] = {}
    # What `expand` may name.
    expands: ClassVar[dict[str, Expand]] = {}
    # Fields that this answer alone has, so that they are no part of the state which its ETag names.
    shown_once: ClassVar[frozenset[str]] = frozenset()


# What JSON has for a kind of field. A number is no text and no truth, whatever Python makes of it.
_KINDS: tuple[tuple[type[Any], tuple[type[Any], ...]], ...] = (
    (serializers.BooleanField, (bool,)),
    (serializers.IntegerField, (int, float)),
    (serializers.FloatField, (int, float)),
    (serializers.CharField, (str,)),
    (serializers.UUIDField, (str,)),
)


def _of_other_kind(field: Any, value: Any) -> bool:
    """Whether a value from JSON is of another kind than the description says of its field."""
    if value is None:
        return False
    if isinstance(field, serializers.ListField):
        return isinstance(value, list) and any(_of_other_kind(field.child, one) for one in value)
    if isinstance(field, serializers.DictField):
        return isinstance(value, dict) and any(
            _of_other_kind(field.child, one) for one in value.values()
        )
    for kind, taken in _KINDS:
        if isinstance(field, kind):
            return not isinstance(value, taken) or (isinstance(value, bool) and bool not in taken)
    return False


class Entries(serializers.DictField):
    """An object of names and values; one with more than `most` is refused unread."""

    def __init__(self, *, most: int, **options: Any) -> None:
        super().__init__(**options)
        self.most = most


class Given(serializers.Serializer[Any]):
    """A body or query that is taken; what it does not know is refused, so that typos are found, and
    so is what JSON has of another kind than the description says."""

    example: ClassVar[dict[str, Any]] = {}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            self._refuse_many(data)
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not isinstance(data, Mapping) or not isinstance(error.detail, dict):
                raise
            raise serializers.ValidationError({**self._other_kinds(data), **error.detail}) from None
        if isinstance(data, QueryDict):
            self._refuse_twice(data)
        if wrong := self._other_kinds(data):
            raise serializers.ValidationError(wrong)
        unknown = sorted(set(data) - set(self.fields))[:MOST_ERRORS]
        if unknown:
            known = ", ".join(self.fields) or "none"
            raise serializers.ValidationError(
                {name[:60]: [f"There is no such field. There are: {known}."] for name in unknown}
            )
        return values

    def _refuse_many(self, data: dict[str, Any]) -> None:
        """Refuse a list or an object with more in it than is taken before each of that is looked
        at: a body has room for a million, and what is wrong with every one of them."""
        for name, field in self.fields.items():
            value, most = data.get(name), None
            if isinstance(field, serializers.ListField) and isinstance(value, list):
                most = field.max_length
            elif isinstance(field, serializers.DictField) and isinstance(value, dict):
                most = getattr(field, "most", MOST_ENTRIES)
            if most is not None and len(value or ()) > most:
                text = str(serializers.ListField.default_error_messages["max_length"])
                problem = ErrorDetail(text.format(max_length=most), "max_length")
                raise serializers.ValidationError({name: [problem]})

    def _refuse_twice(self, form: QueryDict) -> None:
        for name, values in form.lists():
            if len(values) > 1 and not isinstance(self.fields.get(name), serializers.ListField):
                raise twice(name)

    def _other_kinds(self, data: Mapping[str, Any]) -> dict[str, list[str]]:
        """What is said of fields that JSON has of another kind; addresses and forms have nothing
        but text."""
        if self.context.get("all_text") or isinstance(data, QueryDict):
            return {}
        fields = self.fields.items()
        wrong = [name for name, f in fields if name in data and _of_other_kind(f, data[name])]
        return {name: [self._kind(name)] for name in wrong}

    def _kind(self, name: str) -> str:
        field = self.fields[name]
        while isinstance(field, serializers.ListField | serializers.DictField):
            field = field.child
        return str(field.error_messages["invalid"])


def said_once(query: QueryDict) -> dict[str, Any]:
    """What a query says. Raises Refusal for a name that stands there twice, of which one would
    count and the other be lost."""
    for name, values in query.lists():
        if len(values) > 1:
            raise twice(name)
    return dict(query.items())


class Words(serializers.CharField):
    """Several of the words that are known, in one query parameter, parted by commas."""

    def __init__(self, known: Iterable[str], **options: Any) -> None:
        super().__init__(**options)
        self.known = tuple(known)

    def to_internal_value(self, data: Any) -> Any:
        return tuple(dict.fromkeys(word for word in super().to_internal_value(data).split(",")))


def query_of(shape: type[Shape] | None, given: type[Given] | None, many: bool) -> type[Given]:
    """The query that an operation takes: its filters, and what goes with its answer."""
    own: dict[str, Any] = {}
    if many:
        own["limit"] = serializers.IntegerField(
            min_value=1, max_value=pages.MOST, default=pages.USUAL, help_text="Rows a page."
        )
        own["cursor"] = serializers.CharField(
            max_length=1000, required=False, help_text="`next_cursor` of the page before."
        )
    if shape:
        own["fields"] = Words(
            shape().fields,
            required=False,
            max_length=1000,
            help_text="The fields to answer, parted by commas; all of them by default.",
        )
    if shape and shape.expands:
        own["expand"] = Words(
            shape.expands,
            required=False,
            max_length=200,
            help_text="References to answer in full, each with the scope that it needs: "
            + ", ".join(f"{name} (`{each.scope}`)" for name, each in shape.expands.items())
            + ".",
        )
    base = given or Given
    return type(f"{base.__name__}Query", (base,), own)


class Reference(serializers.Field[Any, Any, Any, Any]):
    """Another resource: its id, or the whole where `expand` names it."""

    def __init__(self, to: type[Shape], **options: Any) -> None:
        super().__init__(read_only=True, **options)
        self.to = to

    def get_attribute(self, instance: Any) -> Any:
        *way, last = self.source_attrs
        for step in way:
            instance = getattr(instance, step)
        if self.field_name in self.context.get("expand", ()):
            return getattr(instance, last)
        return getattr(instance, f"{last}_id")

    def to_representation(self, value: Any) -> Any:
        if not isinstance(value, Model):
            return str(value)
        # References of what is expanded stay ids: one step, so that answers stay bounded.
        return self.to(value, context={**self.context, "expand": ()}).data


def chosen(shape: type[Shape], words: Iterable[str], what: str) -> tuple[str, ...]:
    """The words of `fields` or `expand`, checked against what the shape has."""
    known = set(shape().fields) if what == "fields" else set(shape.expands)
    found = tuple(words)
    for word in found:
        if word not in known:
            there = ", ".join(sorted(known)) or "nothing here"
            raise Refusal(f"{what}: “{word[:60]}” is none of {there}.", code="invalid", field=what)
    return found


def show(
    shape: type[Shape],
    rows: Any,
    *,
    many: bool = False,
    fields: tuple[str, ...] = (),
    expand: tuple[str, ...] = (),
    context: dict[str, Any] | None = None,
) -> Any:
    """Rows as plain data; `fields` alone, where some are named."""
    serializer = shape(rows, many=many, context={**(context or {}), "expand": expand})
    if fields:
        one = serializer.child if many else serializer  # type: ignore[attr-defined]
        for name in set(one.fields) - set(fields):
            del one.fields[name]
    return serializer.data


def expanded(rows: QuerySet[Any], shape: type[Shape], expand: tuple[str, ...]) -> QuerySet[Any]:
    """The rows with what `expand` names fetched beside them."""
    if not expand:
        return rows
    return rows.select_related(*(shape.expands[name].relation for name in expand))

"""The roster brought up to date with another system's, many rows at once."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from accounts.api.employees import CALLS, EXAMPLE, TAG, EmployeeFields, own_attributes
from accounts.staff import roster_sync
from accounts.staff.roster_columns import LIMITS
from headshots.lib.api.operations import operation
from headshots.lib.api.problems import flat
from headshots.lib.api.shapes import Given, Shape


class EmployeeRow(EmployeeFields):
    """A row of an upsert: who is meant, and what is known."""

    external_id = serializers.CharField(max_length=roster_sync.LONGEST_ID)
    email = serializers.EmailField(max_length=LIMITS["email"], required=False)
    attributes = own_attributes(
        "They are merged with those that are there, and one that is empty is taken off; "
        "PATCH replaces them all."
    )


@extend_schema_field(EmployeeRow(many=True))
class Rows(serializers.ListField):
    """Rows that are checked one by one, so that a wrong one does not stop the others, be it
    an object or not."""


class UpsertGiven(Given):
    """Rows to bring the roster up to date with."""

    employees = Rows(
        child=serializers.JSONField(allow_null=True),
        min_length=1,
        max_length=roster_sync.MOST_ROWS,
    )

    example = {"employees": [EXAMPLE]}


class RowProblem(Shape):
    """Why a row was refused."""

    code = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    detail = serializers.CharField()


class RowShape(Shape):
    """What became of one row."""

    index = serializers.IntegerField()
    external_id = serializers.CharField()
    result = serializers.ChoiceField(choices=["created", "changed", "unchanged", "refused"])
    employee = serializers.UUIDField(allow_null=True)
    problem = RowProblem(allow_null=True)


class UpsertShape(Shape):
    """Row by row what was done."""

    data: Any = RowShape(many=True)
    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = serializers.IntegerField()

    example = {
        "data": [
            {
                "index": 0,
                "external_id": "hr-1007",
                "result": "created",
                "employee": "019ab1c2-0000-7000-8000-00000000000a",
                "problem": None,
            }
        ],
        "created": 1,
        "changed": 0,
        "unchanged": 0,
        "refused": 0,
    }


class UpsertView(TenantView):
    """Many rows at once."""

    @operation(
        "employees_upsert",
        "Upsert employees by external id",
        tag=TAG,
        scope="employees:write",
        shape=UpsertShape,
        body=UpsertGiven,
        calls=CALLS,
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Up to 1,000 rows; each is told of, and one that is wrong does not stop the others.

        Somebody is recognised by `external_id`. Where nobody has it, the row is about whoever has
        its `email` and has no `external_id` yet, or has left with another one: they get this one,
        and whoever was hired again is back without a word, unless the row says `left`. Somebody on
        the roster under another `external_id` is refused as `email_taken`; PATCH their
        `external_id` where your system calls them otherwise now.

        What a row leaves out stays as it is, and so it is with each of its `attributes`: those that
        it names are set, or taken off where they are empty. PATCH replaces all of them.

        Addresses and employee numbers are compared as all rows leave them, so that two people may
        swap theirs in one call.

        With another `email`, links sent to the one before open nothing any more, and whoever has
        something to do is mailed a new one."""
        rows = self.body()["employees"]
        good: list[tuple[int, dict[str, Any]]] = []
        wrong: dict[int, dict[str, Any]] = {}
        reader = EmployeeRow()
        for index, row in enumerate(rows):
            try:
                good.append((index, dict(reader.run_validation(row))))
            except serializers.ValidationError as error:
                wrong[index] = next(flat(error.detail, ""))
        outcomes = (
            roster_sync.upsert(
                actor=self.actor, organisation=self.organisation, rows=[row for _, row in good]
            )
            if good
            else []
        )
        told: dict[int, dict[str, Any]] = {
            index: {
                "index": index,
                "external_id": outcome.external_id,
                "result": outcome.result,
                "employee": outcome.employee_id,
                "problem": outcome.problem
                and {
                    "code": outcome.problem.code,
                    "field": self.operation.field_called(outcome.problem.field),
                    "detail": str(outcome.problem.sentence),
                },
            }
            for (index, _), outcome in zip(good, outcomes, strict=True)
        }
        for index, problem in wrong.items():
            told[index] = {
                "index": index,
                "external_id": _said_id(rows[index]),
                "result": "refused",
                "employee": None,
                "problem": problem,
            }
        data = [told[index] for index in sorted(told)]
        counts = {
            name: sum(row["result"] == name for row in data)
            for name in ("created", "changed", "unchanged", "refused")
        }
        return self.plain({"data": data, **counts})


def _said_id(row: Any) -> str:
    said = row.get("external_id", "") if isinstance(row, dict) else ""
    return str(said)[: roster_sync.LONGEST_ID]

"""Departments: what the roster says they are."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from accounts import access
from accounts.api.base import TenantView
from accounts.staff import roster_people
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Shape


class DepartmentShape(Shape):
    """A department and how many of the roster are in it."""

    name = serializers.CharField()
    employees = serializers.IntegerField()

    example = {"name": "Research", "employees": 42}


class DepartmentsShape(Shape):
    """Every department."""

    data = DepartmentShape(many=True)  # type: ignore[assignment]

    example = {"data": [DepartmentShape.example]}


class DepartmentsView(TenantView):
    """Departments as a list."""

    @operation(
        "departments_list",
        "List departments",
        tag="Employees",
        scope="employees:read",
        shape=DepartmentsShape,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """By the alphabet, with those alone who have not left. An employee's department is a field
        of theirs: change it there."""
        found = roster_people.departments(access.staff(self.inside))
        return self.plain({"data": [{"name": n, "employees": c} for n, c in found]})

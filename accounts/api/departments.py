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

    name = serializers.CharField(source="department")
    employees = serializers.IntegerField(source="people")

    example = {"name": "Research", "employees": 42}


class DepartmentsView(TenantView):
    """Departments as a list."""

    @operation(
        "departments_list",
        "List departments",
        tag="Employees",
        scope="employees:read",
        shape=DepartmentShape,
        many=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """By the alphabet, with those alone who have not left. An employee's department is a field
        of theirs: change it there."""
        found = roster_people.departments(access.staff(self.inside))
        return self.listed(found, owner=self.organisation.pk, order="department")

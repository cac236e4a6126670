"""What was used, by month and department."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from generation.accounting import usage_report
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Shape


class UsageRowShape(Shape):
    """A department in a month. Work counts in the month in which it was done."""

    month = serializers.DateField(help_text="Its first day.")
    department = serializers.CharField()
    people = serializers.IntegerField(help_text="Ordered for.")
    headshots = serializers.IntegerField(help_text="Approved.")
    credits = serializers.IntegerField(help_text="Taken.")
    images = serializers.IntegerField(help_text="Made.")

    example = {
        "month": "2026-11-01",
        "department": "Research",
        "people": 12,
        "headshots": 11,
        "credits": 11,
        "images": 192,
    }


class UsageView(TenantView):
    """Usage."""

    @operation(
        "usage_get",
        "Read the usage",
        tag="Credits",
        scope="credits:read",
        shape=UsageRowShape,
        many=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Of the last twelve months, this one last, by department; those without any are left
        out."""
        months = usage_report.months(organisation=self.organisation)
        return self.listed_rows(
            [row for month in months for row in month.rows],
            owner=self.organisation.pk,
            key=lambda row: f"{row.month:%Y-%m} {row.department}",
        )

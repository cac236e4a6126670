"""What an organisation has agreed on: its promise, its warnings, its departments' budgets."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from headshots.lib.rows import Row


class Terms(Row):
    """An organisation's own terms; where none are kept, the settings' hold."""

    organisation = models.OneToOneField(Organisation, models.CASCADE, related_name="terms")
    # Hours from photos handed in to pictures to choose from; None: HEADSHOTS_PROMISED_HOURS.
    promised_hours = models.PositiveIntegerField(null=True, blank=True)
    # Mail goes out when fewer credits than this are free; None: never.
    low_balance = models.PositiveIntegerField(null=True, blank=True)
    # Set while the balance is low and that has been told.
    told_low_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"terms of {self.organisation_id}"


class DepartmentBudget(Row):
    """The most credits that a department's people may take in a month, quarter or year."""

    class Period(models.TextChoices):
        MONTH = "month", gettext_lazy("Month")
        QUARTER = "quarter", gettext_lazy("Quarter")
        YEAR = "year", gettext_lazy("Year")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="budgets")
    department = models.CharField(max_length=100)
    period = models.CharField(max_length=8, choices=Period.choices)
    credits = models.PositiveIntegerField()

    class Meta:
        ordering = ["department"]
        constraints = [
            models.UniqueConstraint(
                "organisation", Lower("department"), name="budget_once_a_department"
            ),
            models.CheckConstraint(
                condition=models.Q(period__in=["month", "quarter", "year"]), name="budget_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.department}: {self.credits} a {self.period}"

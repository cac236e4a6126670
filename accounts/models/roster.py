"""The staff roster."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from accounts.models.organisations import Organisation
from headshots.lib.rows import Row


class Employee(Row):
    """A row of the roster; acts through invitation links, without an account."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="employees")
    email = models.EmailField()
    employee_number = models.CharField(max_length=60, blank=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    title = models.CharField(max_length=150, blank=True)
    department = models.CharField(max_length=100, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["last_name", "first_name", "email"]
        constraints = [
            models.UniqueConstraint("organisation", Lower("email"), name="employee_email_once"),
            models.UniqueConstraint(
                fields=["organisation", "employee_number"],
                condition=~models.Q(employee_number=""),
                name="employee_number_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """First and last name, or the e-mail address where neither is known."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

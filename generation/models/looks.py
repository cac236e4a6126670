"""Art direction."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Organisation
from generation import art_direction
from headshots.lib.rows import Row


class Look(Row):
    """How the headshots of an order shall look. Changing one makes its next version."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="looks")
    name = models.CharField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    attire = models.CharField(max_length=40, choices=art_direction.choices("attire"))
    # What an employee may wear instead, if they wish.
    attire_choices = ArrayField(
        models.CharField(max_length=40, choices=art_direction.choices("attire")),
        default=list,
        blank=True,
    )
    backdrop = models.CharField(max_length=40, choices=art_direction.choices("backdrop"))
    expression = models.CharField(max_length=40, choices=art_direction.choices("expression"))
    light = models.CharField(max_length=40, choices=art_direction.choices("light"))
    framing = models.CharField(max_length=40, choices=art_direction.choices("framing"))

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name", "version"], name="look_version_once"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def direction(self) -> art_direction.ArtDirection:
        """What an order freezes of this look."""
        return art_direction.ArtDirection(
            **{field: getattr(self, field) for field in art_direction.FIELDS},
            attire_choices=tuple(self.attire_choices),
        )


class DepartmentLook(Row):
    """The look of a department, by name: orders take its newest version."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="department_looks")
    department = models.CharField(max_length=100)
    look_name = models.CharField(max_length=80)

    class Meta:
        ordering = ["department"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "department"], name="department_look_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.look_name} for {self.department}"
